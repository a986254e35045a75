/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the Alertmanager is told; tests/e2e/sinks.py asks a real one what it understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "receiver.h"

static void *open_at(struct receiver *receiver)
{
	const struct sink_value values[] = {{.text = receiver->url}};
	const struct sink_settings settings = {.values = values};
	void *sink = NULL;

	*strstr(receiver->url, "/hook") = '\0';
	assert_int_equal(alertmanager_sink.open(&settings, &sink), 0);
	return sink;
}

/* The last body, as a list; decref it. */
static json_t *told(struct receiver *receiver)
{
	json_t *list = json_loads(receiver->bodies[receiver->count - 1], 0, NULL);

	assert_true(json_is_array(list));
	return list;
}

static const char *label(const json_t *alert, const char *name)
{
	return json_string_value(json_object_get(json_object_get(alert, "labels"), name));
}

static const char *end(const json_t *alert)
{
	return json_string_value(json_object_get(alert, "endsAt"));
}

static void an_active_alert_ends_in_the_future(void **state)
{
	struct receiver *receiver = *state;
	struct alert alert = sample_alert("1");
	json_t *list;
	void *sink;

	sink = open_at(receiver);
	assert_int_equal(alertmanager_sink.send(sink, &alert), 0);
	loop_until(receiver, 1);
	assert_int_equal(receiver->count, 1);
	assert_string_equal(receiver->first_line, "POST /api/v2/alerts HTTP/1.1");
	list = told(receiver);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(label(json_array_get(list, 0), "alertname"), "takeover");
	assert_string_equal(label(json_array_get(list, 0), "severity"), "critical");
	assert_string_equal(label(json_array_get(list, 0), "subject"), "ann@example.org");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "startsAt")),
			    "2026-07-01T12:34:56.000Z");
	assert_true(strcmp(end(json_array_get(list, 0)), "2026-07-01T12:34:56.000Z") > 0);
	json_decref(list);
	assert_int_equal(alertmanager_sink.close(sink), 0);
}

static void one_that_is_over_is_told_until_it_was_taken(void **state)
{
	struct receiver *receiver = *state;
	struct alert first = sample_alert("1"), second = sample_alert("2");
	json_t *list;
	void *sink;

	sink = open_at(receiver);
	assert_int_equal(alertmanager_sink.send(sink, &first), 0);
	loop_until(receiver, 1);
	receiver_shall(receiver, 1, 200);
	first.active = false;
	assert_int_equal(alertmanager_sink.send(sink, &first), 0);
	loop_until(receiver, 2);
	list = told(receiver);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	/* now it was taken, and is told no more */
	assert_int_equal(alertmanager_sink.send(sink, &second), 0);
	loop_until(receiver, 3);
	list = told(receiver);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(json_array_get(list, 0), "annotations"), "id")),
			    "2");
	json_decref(list);
	assert_int_equal(alertmanager_sink.close(sink), 0);
}

static void a_graver_one_replaces_the_lesser(void **state)
{
	struct receiver *receiver = *state;
	struct alert alert = sample_alert("1");
	json_t *list;
	void *sink;

	sink = open_at(receiver);
	alert.severity = SEVERITY_WARNING;
	assert_int_equal(alertmanager_sink.send(sink, &alert), 0);
	loop_until(receiver, 1);
	alert.severity = SEVERITY_CRITICAL;
	assert_int_equal(alertmanager_sink.send(sink, &alert), 0);
	loop_until(receiver, 2);
	list = told(receiver);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(label(json_array_get(list, 0), "severity"), "warning");
	assert_string_equal(label(json_array_get(list, 1), "severity"), "critical");
	assert_true(strcmp(end(json_array_get(list, 0)), end(json_array_get(list, 1))) < 0);
	json_decref(list);
	assert_int_equal(alertmanager_sink.close(sink), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_active_alert_ends_in_the_future, start_receiver,
						stop_receiver),
		cmocka_unit_test_setup_teardown(one_that_is_over_is_told_until_it_was_taken,
						start_receiver, stop_receiver),
		cmocka_unit_test_setup_teardown(a_graver_one_replaces_the_lesser, start_receiver,
						stop_receiver),
	};

	return cmocka_run_group_tests_name("alert/alertmanager", tests, NULL, NULL);
}
