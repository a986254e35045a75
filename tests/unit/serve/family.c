/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples by their labels: found again, in order, capped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "serve/family.h"

static const struct family_kind kind = {
	.name = "x", .type = FAMILY_COUNTER, .help = "X.", .labels = {"one", "two"}};

static void the_same_labels_are_the_same_sample(void **state)
{
	struct family family = {.kind = &kind};
	const char *const labels[] = {"a", "b"}, *const others[] = {"a", NULL};

	(void)state;
	*family_touch(&family, labels) += 3;
	*family_touch(&family, others) += 1;
	*family_touch(&family, labels) += 4;
	assert_int_equal(family.count, 2);
	assert_true(*family_touch(&family, labels) == 7);
	family_clear(&family);
	assert_int_equal(family.count, 0);
}

static void samples_are_in_the_order_of_their_text(void **state)
{
	static const char *const words[] = {"m", "z", "a", "k"};
	struct family family = {.kind = &kind};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		const char *const labels[] = {words[i], words[i]};

		*family_touch(&family, labels) = 1;
	}
	for (size_t i = 1; i < family.count; i++)
		assert_true(strcmp(family.samples[i - 1].labels, family.samples[i].labels) < 0);
	assert_string_equal(family.samples[0].labels, "one=\"a\",two=\"a\"");
	family_clear(&family);
}

/* Else a quote in one value could make it look like two labels of another sample. */
static void values_are_told_apart_whatever_they_hold(void **state)
{
	struct family family = {.kind = &kind};
	const char *const one[] = {"a\",two=\"b", ""}, *const other[] = {"a", "b"};

	(void)state;
	*family_touch(&family, one) = 1;
	*family_touch(&family, other) = 2;
	assert_int_equal(family.count, 2);
	family_clear(&family);
}

static void a_full_family_refuses_and_counts(void **state)
{
	struct family family = {.kind = &kind};
	char text[16];
	const char *const labels[] = {text, ""};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "%05d", i);
		assert_non_null(family_touch(&family, labels));
	}
	(void)snprintf(text, sizeof(text), "x");
	assert_null(family_touch(&family, labels));
	assert_int_equal(family.refused, 1);
	(void)snprintf(text, sizeof(text), "00007");
	assert_non_null(family_touch(&family, labels));
	family_clear(&family);
}

static void a_label_is_folded_into_another(void **state)
{
	static const struct family_kind by_tenant = {.name = "x", .labels = {"tenant", "kind"}};
	static const char *const rows[][2] = {{"a", "1"}, {"a", "2"}, {"a.b", "1"}, {"z", "1"}};
	struct family family = {.kind = &by_tenant};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		*family_touch(&family, rows[i]) = (double)(1 << i);
	family_fold(&family, "a", "z");
	family_fold(&family, "unknown", "z");
	assert_int_equal(family.count, 3);
	assert_true(*family_touch(&family, rows[2]) == 4);
	assert_true(*family_touch(&family, rows[3]) == 9);
	assert_true(*family_touch(&family, (const char *const[]){"z", "2"}) == 2);
	assert_int_equal(family.count, 3);
	family_clear(&family);
}

static void check_number(double value, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	family_print_number(page, value);
	fclose(page);
	assert_string_equal(text, expected);
}

static void integers_are_printed_in_full(void **state)
{
	(void)state;
	check_number(0, "0");
	check_number(9007199254740992, "9007199254740992");
	check_number(0.25, "0.25");
	check_number(1e300, "1e+300");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_labels_are_the_same_sample),
		cmocka_unit_test(samples_are_in_the_order_of_their_text),
		cmocka_unit_test(values_are_told_apart_whatever_they_hold),
		cmocka_unit_test(a_full_family_refuses_and_counts),
		cmocka_unit_test(a_label_is_folded_into_another),
		cmocka_unit_test(integers_are_printed_in_full),
	};

	return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
