/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts as datagrams of the system log's form, at a socket of the test. */
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

struct system_log {
	char folder[32];
	struct sockaddr_un address;
	int fd;
};

static void system_log_start(struct system_log *system_log)
{
	*system_log = (struct system_log){.folder = "/tmp/waxseal-syslog-XXXXXX",
					  .address.sun_family = AF_UNIX};
	assert_non_null(mkdtemp(system_log->folder));
	snprintf(system_log->address.sun_path, sizeof(system_log->address.sun_path), "%s/log",
		 system_log->folder);
	system_log->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(system_log->fd, (const struct sockaddr *)&system_log->address,
			      sizeof(system_log->address)),
			 0);
}

static void system_log_stop(struct system_log *system_log)
{
	close(system_log->fd);
	unlink(system_log->address.sun_path);
	rmdir(system_log->folder);
}

static void an_alert_is_one_datagram_with_its_priority(void **state)
{
	struct system_log system_log;
	const struct sink_value values[] = {{.text = system_log.address.sun_path}};
	const struct sink_settings settings = {.values = values};
	struct alert alert = sample_alert("17");
	char text[1024], *tag;
	ssize_t length;
	void *sink;

	(void)state;
	setenv("TZ", "UTC", 1);
	system_log_start(&system_log);
	assert_int_equal(syslog_sink.open(&settings, &sink), 0);
	assert_int_equal(syslog_sink.send(sink, &alert), 0);
	length = recv(system_log.fd, text, sizeof(text) - 1, 0);
	assert_true(length > 0);
	text[length] = '\0';
	/* authpriv (10 * 8) and critical (2) */
	assert_memory_equal(text, "<82>Jul  1 12:34:56 waxseald[", 29);
	tag = strstr(text, "]: ");
	assert_non_null(tag);
	assert_string_equal(tag + 3, "critical takeover: ann@example.org was opened by a network "
				     "that guesses. (account ann@example.org, alert 17)");
	(void)syslog_sink.close(sink);
	system_log_stop(&system_log);
}

static void a_log_that_does_not_read_is_not_waited_for(void **state)
{
	struct system_log system_log;
	const struct sink_value values[] = {{.text = system_log.address.sun_path}};
	const struct sink_settings settings = {.values = values};
	struct alert alert = sample_alert("17");
	int r = 0;
	void *sink;

	(void)state;
	system_log_start(&system_log);
	assert_int_equal(syslog_sink.open(&settings, &sink), 0);
	for (int i = 0; i < 100000 && r == 0; i++)
		r = syslog_sink.send(sink, &alert);
	assert_int_equal(r, -EAGAIN);
	(void)syslog_sink.close(sink);
	system_log_stop(&system_log);
}

static void a_log_that_comes_later_is_found(void **state)
{
	struct system_log system_log;
	const struct sink_value values[] = {{.text = system_log.address.sun_path}};
	const struct sink_settings settings = {.values = values};
	struct alert alert = sample_alert("17");
	void *sink;

	(void)state;
	system_log_start(&system_log);
	assert_int_equal(syslog_sink.open(&settings, &sink), 0);
	close(system_log.fd);
	unlink(system_log.address.sun_path);
	assert_int_equal(syslog_sink.send(sink, &alert), -ENOENT);
	system_log.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(system_log.fd, (const struct sockaddr *)&system_log.address,
			      sizeof(system_log.address)),
			 0);
	assert_int_equal(syslog_sink.send(sink, &alert), 0);
	(void)syslog_sink.close(sink);
	system_log_stop(&system_log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_is_one_datagram_with_its_priority),
		cmocka_unit_test(a_log_that_does_not_read_is_not_waited_for),
		cmocka_unit_test(a_log_that_comes_later_is_found),
	};

	return cmocka_run_group_tests_name("alert/syslog", tests, NULL, NULL);
}
