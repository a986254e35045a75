/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts as entries in journald's native protocol, at a socket of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "receiver.h"

struct journald {
	char folder[32];
	struct sockaddr_un address;
	int fd;
};

static void journald_start(struct journald *journald)
{
	*journald = (struct journald){.folder = "/tmp/waxseal-journal-XXXXXX",
					  .address.sun_family = AF_UNIX};
	assert_non_null(mkdtemp(journald->folder));
	snprintf(journald->address.sun_path, sizeof(journald->address.sun_path), "%s/socket",
		 journald->folder);
	journald->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(journald->fd, (const struct sockaddr *)&journald->address,
			      sizeof(journald->address)),
			 0);
}

static void journald_stop(struct journald *journald)
{
	close(journald->fd);
	unlink(journald->address.sun_path);
	rmdir(journald->folder);
}

static void an_alert_is_one_entry_with_fields(void **state)
{
	static const char fields[] = "PRIORITY=2\nSYSLOG_IDENTIFIER=waxseald\n"
				     "WAXSEAL_ALERT_ID\n\x02\0\0\0\0\0\0\0" "17\n"
				     "WAXSEAL_DETECTOR\n\x08\0\0\0\0\0\0\0takeover\n";
	struct journald journald;
	const struct sink_value values[] = {{.text = journald.address.sun_path}};
	const struct sink_settings settings = {.values = values};
	struct alert alert = sample_alert("17");
	char entry[4096];
	ssize_t length;
	void *sink;

	(void)state;
	alert.message = (char *)"two\nlines";
	journald_start(&journald);
	assert_int_equal(journal_sink.open(&settings, &sink), 0);
	assert_int_equal(journal_sink.send(sink, &alert), 0);
	length = recv(journald.fd, entry, sizeof(entry), 0);
	assert_true(length > 0);
	assert_memory_equal(entry, "MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\n", 26);
	assert_memory_equal(entry + 26, fields, sizeof(fields) - 1);
	assert_non_null(memmem(entry, (size_t)length, "ann@example.org", 15));
	(void)journal_sink.close(sink);
	journald_stop(&journald);
}

static void a_journald_that_hangs_is_not_waited_for(void **state)
{
	struct journald journald;
	const struct sink_value values[] = {{.text = journald.address.sun_path}};
	const struct sink_settings settings = {.values = values};
	struct alert alert = sample_alert("17");
	int r = 0;
	void *sink;

	(void)state;
	journald_start(&journald);
	assert_int_equal(journal_sink.open(&settings, &sink), 0);
	for (int i = 0; i < 100000 && r == 0; i++)
		r = journal_sink.send(sink, &alert);
	assert_int_equal(r, -EAGAIN);
	(void)journal_sink.close(sink);
	journald_stop(&journald);
}

/* Then there is no journal, and nobody misses it. */
static void a_host_without_journald_is_no_trouble(void **state)
{
	const struct sink_value values[] = {{.text = (char *)"/nonexistent/socket"}};
	const struct sink_settings settings = {.values = values};
	struct alert alert = sample_alert("17");
	void *sink;

	(void)state;
	assert_int_equal(journal_sink.open(&settings, &sink), 0);
	assert_int_equal(journal_sink.send(sink, &alert), 0);
	(void)journal_sink.close(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_is_one_entry_with_fields),
		cmocka_unit_test(a_journald_that_hangs_is_not_waited_for),
		cmocka_unit_test(a_host_without_journald_is_no_trouble),
	};

	return cmocka_run_group_tests_name("alert/journal", tests, NULL, NULL);
}
