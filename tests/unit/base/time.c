/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as text, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"

/* 2026-07-01T12:34:56.789Z */
#define SAMPLE_US INT64_C(1782909296789000)

static void a_time_is_written_in_utc_with_milliseconds(void **state)
{
	char text[TIME_TEXT_BYTES];

	(void)state;
	time_format(SAMPLE_US + 999, text);
	assert_string_equal(text, "2026-07-01T12:34:56.789Z");
	time_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	time_format(INT64_MAX, text);
	time_format(INT64_MIN, text);
}

static void what_was_written_is_read_back(void **state)
{
	int64_t us = 0;

	(void)state;
	assert_int_equal(time_parse("2026-07-01T12:34:56.789Z", 0, &us), 0);
	assert_true(us == SAMPLE_US);
	assert_int_equal(time_parse("2026-07-01T12:34:56Z", 0, &us), 0);
	assert_true(us == SAMPLE_US - 789000);
	assert_int_equal(time_parse("2026-07-01", 0, &us), 0);
	assert_true(us == INT64_C(1782864000000000));
	assert_int_equal(time_parse("@1782909296", 0, &us), 0);
	assert_true(us == SAMPLE_US - 789000);
}

static void an_offset_is_taken_off(void **state)
{
	int64_t us = 0;

	(void)state;
	assert_int_equal(time_parse("2026-07-01T21:34:56.789+09:00", 0, &us), 0);
	assert_true(us == SAMPLE_US);
	assert_int_equal(time_parse("2026-07-01T09:04:56.789-03:30", 0, &us), 0);
	assert_true(us == SAMPLE_US);
	assert_int_equal(time_parse("2026-07-01T12:34:56+0900", 0, &us), -EINVAL);
	assert_int_equal(time_parse("2026-07-01T12:34:56+09:60", 0, &us), -EINVAL);
	assert_int_equal(time_parse("2026-07-01T12:34:56+24:00", 0, &us), -EINVAL);
	assert_int_equal(time_parse("2026-07-01T12:34:56+09:00x", 0, &us), -EINVAL);
	us = -1;
	assert_int_equal(time_parse("1970-01-01T00:00:00+09:00", 0, &us), -ERANGE);
	assert_int_equal(time_parse("9999-12-31T23:59:59.3-23:51", 0, &us), -ERANGE);
	assert_int_equal(us, -1);
}

static void a_tables_time_is_local(void **state)
{
	int64_t us = 0;

	(void)state;
	assert_int_equal(setenv("TZ", "WAX-9", 1), 0); /* nine hours before UTC */
	tzset();
	assert_int_equal(time_parse_local("2026-07-01 21:34:56", &us), 0);
	assert_true(us == SAMPLE_US - 789000);
	assert_int_equal(time_parse_local("2026-06-31 00:00:00", &us), -ERANGE);
	assert_int_equal(time_parse_local("2026-07-01 21:34", &us), -EINVAL);
	assert_int_equal(time_parse_local("2026-07-01T21:34:56", &us), -EINVAL);
	assert_int_equal(time_parse_local("2026-07-01 21:34:56Z", &us), -EINVAL);
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void relative_times_go_back_from_now(void **state)
{
	int64_t us = 0;

	(void)state;
	assert_int_equal(time_parse("-15m", SAMPLE_US, &us), 0);
	assert_true(us == SAMPLE_US - 15 * US_PER_MINUTE);
	assert_int_equal(time_parse("-2h", SAMPLE_US, &us), 0);
	assert_true(us == SAMPLE_US - 2 * US_PER_HOUR);
	assert_int_equal(time_parse("-7d", SAMPLE_US, &us), 0);
	assert_true(us == SAMPLE_US - 7 * US_PER_DAY);
	assert_int_equal(time_parse("-7d", US_PER_DAY, &us), -ERANGE);
}

static void other_forms_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"now",
		"2026-07-01T12:34:56",
		"2026-07-01T12:34:56.Z",
		"2026-07-01 12:34:56Z",
		"2026-07-01T12:34:56.1234567Z",
		"2026-7-1",
		"2026-07-01Z",
		"@",
		"@-1",
		"@1.5",
		"-",
		"-5",
		"5m",
		"2026-07-01T12:34:56.789Z ",
	};
	static const char *const impossible[] = {
		"2026-06-31", "2026-13-01", "2026-00-01", "2026-07-01T24:00:00Z", "1969-12-31",
	};
	int64_t us = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(time_parse(wrong[i], SAMPLE_US, &us), -EINVAL);
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		assert_int_equal(time_parse(impossible[i], SAMPLE_US, &us), -ERANGE);
	assert_int_equal(us, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_written_in_utc_with_milliseconds),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(an_offset_is_taken_off),
		cmocka_unit_test(a_tables_time_is_local),
		cmocka_unit_test(relative_times_go_back_from_now),
		cmocka_unit_test(other_forms_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
