/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict parsers: what they take, what they refuse, and that a refusal changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/parse.h"

static void numbers_are_digits_within_the_range(void **state)
{
	uint64_t value = 99;

	(void)state;
	assert_int_equal(parse_u64("17", 1, 20, &value), 0);
	assert_int_equal(value, 17);
	assert_int_equal(parse_u64("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	value = 99;
	assert_int_equal(parse_u64("18446744073709551616", 0, UINT64_MAX, &value), -ERANGE);
	assert_int_equal(parse_u64("21", 1, 20, &value), -ERANGE);
	assert_int_equal(parse_u64("0", 1, 20, &value), -ERANGE);
	assert_int_equal(parse_u64("", 0, 20, &value), -EINVAL);
	assert_int_equal(parse_u64(" 1", 0, 20, &value), -EINVAL);
	assert_int_equal(parse_u64("+1", 0, 20, &value), -EINVAL);
	assert_int_equal(parse_u64("-1", 0, 20, &value), -EINVAL);
	assert_int_equal(parse_u64("0x10", 0, 20, &value), -EINVAL);
	assert_int_equal(parse_u64("1 ", 0, 20, &value), -EINVAL);
	assert_int_equal(value, 99);
}

static void doubles_are_finite_decimals(void **state)
{
	double value = 9;

	(void)state;
	assert_int_equal(parse_double("0.1", 0, 1, &value), 0);
	assert_true(value == 0.1);
	assert_int_equal(parse_double("1e-3", 0, 1, &value), 0);
	value = 9;
	assert_int_equal(parse_double("nan", 0, 1, &value), -EINVAL);
	assert_int_equal(parse_double("inf", 0, 1, &value), -EINVAL);
	assert_int_equal(parse_double("0x1p0", 0, 1, &value), -EINVAL);
	assert_int_equal(parse_double("1.0.0", 0, 1, &value), -EINVAL);
	assert_int_equal(parse_double("", 0, 1, &value), -EINVAL);
	assert_int_equal(parse_double("-", 0, 1, &value), -EINVAL);
	assert_int_equal(parse_double("1e999", 0, 1, &value), -ERANGE);
	assert_int_equal(parse_double("1.1", 0, 1, &value), -ERANGE);
	assert_true(value == 9);
}

static void booleans_are_eight_words(void **state)
{
	bool value = false;

	(void)state;
	assert_int_equal(parse_bool("yes", &value), 0);
	assert_true(value);
	assert_int_equal(parse_bool("off", &value), 0);
	assert_false(value);
	assert_int_equal(parse_bool("1", &value), 0);
	assert_true(value);
	assert_int_equal(parse_bool("Yes", &value), -EINVAL);
	assert_int_equal(parse_bool("", &value), -EINVAL);
}

static void durations_need_a_unit(void **state)
{
	uint64_t us = 0;

	(void)state;
	assert_int_equal(parse_duration("500ms", 0, UINT64_MAX, &us), 0);
	assert_int_equal(us, 500000);
	assert_int_equal(parse_duration("10min", 0, UINT64_MAX, &us), 0);
	assert_int_equal(us, 600000000);
	assert_int_equal(parse_duration("7d", 0, UINT64_MAX, &us), 0);
	assert_true(us == UINT64_C(604800000000));
	assert_int_equal(parse_duration("0", 0, 1, &us), 0);
	assert_int_equal(us, 0);
	assert_int_equal(parse_duration("1", 0, UINT64_MAX, &us), -EINVAL);
	assert_int_equal(parse_duration("1x", 0, UINT64_MAX, &us), -EINVAL);
	assert_int_equal(parse_duration("s", 0, UINT64_MAX, &us), -EINVAL);
	assert_int_equal(parse_duration("1.5s", 0, UINT64_MAX, &us), -EINVAL);
	assert_int_equal(parse_duration("99999999999999d", 0, UINT64_MAX, &us), -ERANGE);
	assert_int_equal(parse_duration("2s", 0, 1000000, &us), -ERANGE);
}

static void sizes_are_powers_of_1024(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(parse_size("64K", 0, UINT64_MAX, &bytes), 0);
	assert_int_equal(bytes, 65536);
	assert_int_equal(parse_size("32M", 0, UINT64_MAX, &bytes), 0);
	assert_int_equal(bytes, 33554432);
	assert_int_equal(parse_size("4096", 0, UINT64_MAX, &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(parse_size("1k", 0, UINT64_MAX, &bytes), -EINVAL);
	assert_int_equal(parse_size("K", 0, UINT64_MAX, &bytes), -EINVAL);
	assert_int_equal(parse_size("99999999999G", 0, UINT64_MAX, &bytes), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_within_the_range),
		cmocka_unit_test(doubles_are_finite_decimals),
		cmocka_unit_test(booleans_are_eight_words),
		cmocka_unit_test(durations_need_a_unit),
		cmocka_unit_test(sizes_are_powers_of_1024),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
