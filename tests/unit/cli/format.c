/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and times in tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/format.h"

static void numbers_read_well(void **state)
{
	char text[FORMAT_BYTES];

	(void)state;
	assert_string_equal(format_count(0, text), "0");
	assert_string_equal(format_count(999, text), "999");
	assert_string_equal(format_count(14200000, text), "14,200,000");
	assert_string_equal(format_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
	assert_string_equal(format_size(1023, text), "1023 B");
	assert_string_equal(format_size(1536, text), "1.5 KiB");
	assert_string_equal(format_size(UINT64_MAX, text), "15.9 EiB");
	assert_string_equal(format_duration(59, text), "59 s");
	assert_string_equal(format_duration(90061, text), "1 d 1 h");
}

static void times_are_near_or_dated(void **state)
{
	const int64_t now = INT64_C(1782907200000000);
	char text[FORMAT_BYTES];

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_string_equal(format_time(now - 5000000, now, text), "5 s ago");
	assert_string_equal(format_time(now - INT64_C(7200000000), now, text), "2 h ago");
	assert_string_equal(format_time(now - INT64_C(86400000000), now, text),
			    "2026-06-30 12:00:00");
	assert_string_equal(format_time(now + 1000000, now, text), "2026-07-01 12:00:01");
}

static void durations_have_two_units(void **state)
{
	char text[FORMAT_BYTES];

	(void)state;
	assert_string_equal(format_duration(0, text), "0 s");
	assert_string_equal(format_duration(59, text), "59 s");
	assert_string_equal(format_duration(60, text), "1 min 0 s");
	assert_string_equal(format_duration(3 * 3600 + 20 * 60 + 59, text), "3 h 20 min");
	assert_string_equal(format_duration(86400, text), "1 d 0 h");
}

static void the_largest_numbers_fit(void **state)
{
	char text[FORMAT_BYTES];

	(void)state;
	assert_string_equal(format_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
	assert_string_equal(format_size(UINT64_MAX, text), "15.9 EiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(times_are_near_or_dated),
		cmocka_unit_test(durations_have_two_units),
		cmocka_unit_test(the_largest_numbers_fit),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
