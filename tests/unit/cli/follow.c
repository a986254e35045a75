/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which alerts of two answers are news, and how far the next question reaches back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "cli/follow.h"

static void only_new_and_changed_alerts_are_news(void **state)
{
	struct follow follow = {0};
	json_t *alerts =
		json_loads("[{\"id\":\"1\",\"count\":1},{\"id\":\"2\",\"count\":1}]", 0, NULL);
	json_t *news = follow_news(&follow, alerts);

	(void)state;
	assert_int_equal(json_array_size(news), 2);
	json_decref(news);
	news = follow_news(&follow, alerts);
	assert_int_equal(json_array_size(news), 0);
	json_decref(news);
	json_decref(alerts);
	alerts = json_loads("[{\"id\":\"1\",\"count\":1},{\"id\":\"2\",\"count\":5}]", 0, NULL);
	news = follow_news(&follow, alerts);
	assert_int_equal(json_array_size(news), 1);
	json_decref(news);
	json_decref(alerts);
	follow_done(&follow);
}

static void the_next_question_reaches_back_to_what_may_change(void **state)
{
	struct follow follow = {0};
	json_t *alerts = json_loads("[{\"id\":\"1\",\"time\":\"2026-01\",\"state\":\"over\"},"
				    "{\"id\":\"2\",\"time\":\"2026-03\",\"state\":\"active\"},"
				    "{\"id\":\"3\",\"time\":\"2026-02\",\"state\":\"active\"}]",
				    0, NULL);

	(void)state;
	assert_string_equal(follow_since(&follow, "2026-05", NULL), "2026-05");
	json_decref(follow_news(&follow, alerts));
	assert_string_equal(follow_since(&follow, "2026-05", NULL), "2026-02");
	assert_string_equal(follow_since(&follow, "2026-05", "2026-04"), "2026-04");
	json_decref(alerts);
	follow_done(&follow);
}

static void an_alert_without_id_is_ignored(void **state)
{
	struct follow follow = {0};
	json_t *alerts = json_loads("[{\"count\":1},{\"id\":7}]", 0, NULL);
	json_t *news = follow_news(&follow, alerts);

	(void)state;
	assert_int_equal(json_array_size(news), 0);
	json_decref(news);
	json_decref(alerts);
	follow_done(&follow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_new_and_changed_alerts_are_news),
		cmocka_unit_test(the_next_question_reaches_back_to_what_may_change),
		cmocka_unit_test(an_alert_without_id_is_ignored),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
