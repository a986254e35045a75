/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon saw in a tick goes out as lines and comes back as the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/replay_window.h"
#include "cli/trace.h"
#include "daemon/stream.h"

#define NOW (INT64_C(1782907201) * US_PER_SECOND)

static void fill(struct snapshot *tick)
{
	struct attempt_row *attempt = snapshot_add_attempt(tick);
	struct read_row *read;
	struct store_row *store;

	tick->from_us = NOW - US_PER_SECOND;
	tick->until_us = NOW;
	attempt->account = "ann@example.org";
	attempt->source = "192.0.2.1";
	attempt->service = "imap";
	attempt->mechanism = MECHANISM_PASSWORD;
	attempt->transport = TRANSPORT_CLEARTEXT;
	attempt->count[OUTCOME_SUCCESS] = 2;
	read = snapshot_add_read(tick);
	read->account = "ann@example.org";
	read->actor = "/opt/backup";
	read->reader = READER_HELPER;
	read->unit = "backup.service";
	read->parent = "cron";
	read->uid = 7;
	read->login_uid = UID_NONE;
	read->messages = 3;
	store = snapshot_add_store(tick);
	store->path = "/etc/dovecot/users";
	store->actor = "/opt/audit";
	store->allowed = true;
	store->unit = "";
	store->uid = 8;
	store->login_uid = 1000;
	store->opens = 1;
	store->bytes = 99;
}

static void hear(struct stream *stream)
{
	struct snapshot heard = {0};
	struct event_row *event = snapshot_add_event(&heard);

	event->kind = EVENT_SECOND_ACCOUNT;
	event->actor = "/usr/libexec/dovecot/imap";
	event->account = "eve@example.org";
	event->object = "ann@example.org";
	event->source = "192.0.2.9";
	event->pid = 42;
	stream_hear(stream, &heard);
	snapshot_done(&heard);
}

static void play(const char *lines, struct replay_window *replay_window)
{
	static struct trace trace;
	struct trace_record record;
	char text[8192];
	FILE *file;
	int r;

	(void)snprintf(text, sizeof(text), "#waxseal-trace 1\n%s", lines);
	file = fmemopen(text, strlen(text), "r");
	assert_int_equal(trace_open(&trace, file, "stream"), 0);
	replay_window_begin(replay_window, NOW - 1);
	while ((r = trace_next(&trace, &record)) > 0)
		replay_window_add(replay_window, &record);
	assert_int_equal(r, 0);
	fclose(file);
}

static void check(const struct snapshot *snapshot)
{
	assert_int_equal(snapshot->n_attempts, 1);
	assert_int_equal(snapshot->attempts[0].mechanism, MECHANISM_PASSWORD);
	assert_int_equal(snapshot->attempts[0].transport, TRANSPORT_CLEARTEXT);
	assert_int_equal(snapshot->attempts[0].count[OUTCOME_SUCCESS], 2);
	assert_int_equal(snapshot->n_reads, 1);
	assert_int_equal(snapshot->reads[0].reader, READER_HELPER);
	assert_string_equal(snapshot->reads[0].unit, "backup.service");
	assert_string_equal(snapshot->reads[0].parent, "cron");
	assert_int_equal(snapshot->reads[0].uid, 7);
	assert_int_equal(snapshot->reads[0].login_uid, UID_NONE);
	assert_int_equal(snapshot->n_stores, 1);
	assert_true(snapshot->stores[0].allowed);
	assert_int_equal(snapshot->stores[0].uid, 8);
	assert_int_equal(snapshot->stores[0].login_uid, 1000);
	assert_int_equal(snapshot->n_events, 1);
	assert_int_equal(snapshot->events[0].kind, EVENT_SECOND_ACCOUNT);
	assert_string_equal(snapshot->events[0].account, "eve@example.org");
	assert_string_equal(snapshot->events[0].object, "ann@example.org");
	assert_int_equal(snapshot->events[0].pid, 42);
}

static void a_tick_comes_back_as_it_was(void **state)
{
	struct replay_window replay_window = {0};
	struct snapshot tick = {0};
	struct stream stream = {0};
	json_t *document;

	(void)state;
	json_decref(stream_read(&stream, 0, NOW)); /* somebody listens */
	fill(&tick);
	hear(&stream);
	stream_add(&stream, &tick);
	document = stream_read(&stream, 1, NOW);
	play(json_string_value(json_object_get(document, "lines")), &replay_window);
	check(&replay_window.snapshot);
	json_decref(document);
	replay_window_done(&replay_window);
	stream_done(&stream);
	snapshot_done(&tick);
}

static void nobody_listening_nothing_is_kept(void **state)
{
	struct snapshot tick = {.until_us = NOW};
	struct stream stream = {0};

	(void)state;
	hear(&stream);
	stream_add(&stream, &tick);
	assert_int_equal(stream.heard.n_events, 0);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tick_comes_back_as_it_was),
		cmocka_unit_test(nobody_listening_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
