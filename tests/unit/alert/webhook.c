/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts posted to a web service that is there, away, slow to recover, or does not want them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/mem.h"
#include "receiver.h"

static void *open_at(const char *url)
{
	const struct sink_value values[] = {{.text = (char *)url}};
	const struct sink_settings settings = {.values = values};
	void *sink = NULL;

	assert_int_equal(webhook_sink.open(&settings, &sink), 0);
	return sink;
}

static void send_one(void *sink, const char *id)
{
	struct alert alert = sample_alert(id);

	assert_int_equal(webhook_sink.send(sink, &alert), 0);
}

static void assert_id(const struct receiver *receiver, size_t i, const char *id)
{
	json_t *json = json_loads(receiver->bodies[i], 0, NULL);

	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "id")), id);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "active");
	json_decref(json);
}

static void each_alert_is_posted_in_order(void **state)
{
	struct receiver *receiver = *state;
	uint64_t lost;
	void *sink;

	sink = open_at(receiver->url);
	send_one(sink, "1");
	send_one(sink, "2");
	send_one(sink, "3");
	loop_until(receiver, 3);
	assert_int_equal(receiver->count, 3);
	assert_string_equal(receiver->first_line, "POST /hook HTTP/1.1");
	for (size_t i = 0; i < 3; i++)
		assert_id(receiver, i, (const char *[]){"1", "2", "3"}[i]);
	assert_null(webhook_sink.trouble(sink, &lost));
	assert_int_equal(lost, 0);
	assert_int_equal(webhook_sink.close(sink), 0);
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};
	struct receiver *receiver = *state;
	void *sink;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	sink = open_at(receiver->url);
	send_one(sink, "1");
	loop_until(receiver, 1);
	assert_int_equal(receiver->count, 1);
	assert_string_equal(receiver->first_line, "POST /hook HTTP/1.1");
	assert_int_equal(webhook_sink.close(sink), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		unsetenv(names[i]);
}

static void what_fails_is_tried_again(void **state)
{
	struct receiver *receiver = *state;
	uint64_t lost;
	void *sink;

	receiver_shall(receiver, 1, 200);
	sink = open_at(receiver->url);
	send_one(sink, "1");
	send_one(sink, "2");
	loop_for(300);
	assert_int_equal(receiver_count(receiver), 0);
	assert_string_equal(webhook_sink.trouble(sink, &lost), "HTTP status 503");
	loop_until(receiver, 2);
	assert_int_equal(receiver->count, 2);
	assert_id(receiver, 0, "1");
	assert_null(webhook_sink.trouble(sink, &lost));
	assert_int_equal(lost, 0);
	(void)webhook_sink.close(sink);
}

static void what_is_refused_does_not_block_the_rest(void **state)
{
	struct receiver *receiver = *state;
	uint64_t lost;
	void *sink;

	receiver_shall(receiver, 0, 400);
	sink = open_at(receiver->url);
	send_one(sink, "1");
	for (int i = 0; i < 100 && receiver_asked(receiver) < 1; i++)
		loop_for(20);
	loop_for(100);
	assert_string_equal(webhook_sink.trouble(sink, &lost), "HTTP status 400");
	assert_int_equal(lost, 1);
	receiver_shall(receiver, 0, 204);
	send_one(sink, "2");
	loop_until(receiver, 1);
	assert_int_equal(receiver->count, 1);
	assert_id(receiver, 0, "2");
	(void)webhook_sink.close(sink);
}

static void nobody_there_costs_the_oldest_beyond_the_queue(void **state)
{
	struct receiver *receiver = *state;
	uint64_t lost;
	void *sink;

	receiver_stop(receiver);
	sink = open_at(receiver->url);
	for (int i = 0; i < 1030; i++)
		send_one(sink, "1");
	loop_for(100);
	/* one is being tried, 1,024 wait */
	assert_string_equal(webhook_sink.trouble(sink, &lost), "Couldn't connect to server");
	assert_int_equal(lost, 5);
	assert_int_equal(webhook_sink.close(sink), 1025);
}

static void the_end_waits_a_moment_for_what_is_not_delivered(void **state)
{
	struct receiver *receiver = *state;
	void *sink;

	sink = open_at(receiver->url);
	send_one(sink, "1");
	send_one(sink, "2");
	assert_int_equal(webhook_sink.close(sink), 0);
	assert_int_equal(receiver_count(receiver), 2);
}

static void only_addresses_of_web_services_are_taken(void **state)
{
	const struct sink_value values[] = {{.text = (char *)"file:///etc/passwd"}};
	const struct sink_settings settings = {.values = values};
	void *sink = NULL;

	(void)state;
	assert_int_equal(webhook_sink.open(&settings, &sink), -EINVAL);
	assert_null(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_alert_is_posted_in_order, start_receiver,
						stop_receiver),
		cmocka_unit_test_setup_teardown(a_proxy_of_the_environment_is_not_asked, start_receiver,
						stop_receiver),
		cmocka_unit_test_setup_teardown(what_fails_is_tried_again, start_receiver,
						stop_receiver),
		cmocka_unit_test_setup_teardown(what_is_refused_does_not_block_the_rest,
						start_receiver, stop_receiver),
		cmocka_unit_test_setup_teardown(nobody_there_costs_the_oldest_beyond_the_queue,
						start_receiver, stop_receiver),
		cmocka_unit_test_setup_teardown(the_end_waits_a_moment_for_what_is_not_delivered,
						start_receiver, stop_receiver),
		cmocka_unit_test(only_addresses_of_web_services_are_taken),
	};

	return cmocka_run_group_tests_name("alert/webhook", tests, NULL, NULL);
}
