/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sink gets which alerts, and what becomes of those that it does not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/alert_dispatch.h"

struct place {
	char folder[48], path[96];
	struct config config;
};

/* Only the file of lines is switched on. */
static void place_init(struct place *place, const char *below, const char *min_severity)
{
	char problem[CONFIG_REFUSAL_BYTES];

	(void)snprintf(place->folder, sizeof(place->folder), "/tmp/waxseal-dispatch-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(place->path, sizeof(place->path), "%s%s/alerts", place->folder, below);
	config_init(&place->config);
	assert_int_equal(config_set(&place->config, "alert journal", "enabled", "no", problem), 0);
	assert_int_equal(config_set(&place->config, "alert jsonl", "enabled", "yes", problem), 0);
	assert_int_equal(config_set(&place->config, "alert jsonl", "path", place->path, problem), 0);
	assert_int_equal(config_set(&place->config, "alert jsonl", "min_severity", min_severity,
				    problem),
			 0);
}

static void place_done(struct place *place)
{
	(void)unlink(place->path);
	(void)rmdir(place->folder);
	config_done(&place->config);
}

static void send_one(struct alert_dispatch *dispatch, enum severity severity)
{
	const struct alert alert = {.id = "1",
				    .detector = "takeover",
				    .severity = severity,
				    .subject = (char *)"ann@example.org",
				    .message = (char *)"said",
				    .active = true};

	alert_dispatch_send(dispatch, &alert, SINK_NEWS);
}

static int count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	int lines = 0, c;

	if (!file)
		return 0;
	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void a_sink_gets_alerts_from_its_severity_on(void **state)
{
	static const char *const words[] = {"notice", "warning", "critical"};

	(void)state;
	for (int least = 0; least < SEVERITY_MAX; least++) {
		struct alert_dispatch *dispatch;
		struct place place;

		place_init(&place, "", words[least]);
		dispatch = alert_dispatch_open(&place.config);
		for (int severity = 0; severity < SEVERITY_MAX; severity++)
			send_one(dispatch, severity);
		assert_int_equal(count_lines(place.path), SEVERITY_MAX - least);
		alert_dispatch_close(dispatch);
		place_done(&place);
	}
}

static void what_is_refused_is_sent_when_it_can_be(void **state)
{
	struct alert_dispatch *dispatch;
	struct place place;
	char below[64];
	uint64_t lost;

	(void)state;
	place_init(&place, "/later", "notice");
	(void)snprintf(below, sizeof(below), "%s/later", place.folder);
	dispatch = alert_dispatch_open(&place.config);
	send_one(dispatch, SEVERITY_NOTICE);
	send_one(dispatch, SEVERITY_CRITICAL);
	alert_dispatch_check(dispatch);
	assert_int_equal(mkdir(below, 0700), 0);
	alert_dispatch_check(dispatch);
	assert_int_equal(count_lines(place.path), 2);
	assert_string_equal(alert_dispatch_lost(dispatch, 0, &lost), "alert_jsonl");
	assert_int_equal(lost, 0);
	alert_dispatch_close(dispatch);
	(void)unlink(place.path);
	(void)rmdir(below);
	place_done(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sink_gets_alerts_from_its_severity_on),
		cmocka_unit_test(what_is_refused_is_sent_when_it_can_be),
	};

	return cmocka_run_group_tests_name("daemon/alert_dispatch", tests, NULL, NULL);
}
