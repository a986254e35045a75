/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How families and histograms are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "serve/metrics_page.h"

static const struct family_kind kind = {
	.name = "x_seconds", .type = FAMILY_HISTOGRAM, .help = "A \"quoted\" back\\slash."};

static void a_value_on_a_bound_belongs_below_it(void **state)
{
	struct metrics_histogram histogram = {.sum = 0};
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	(void)state;
	metrics_histogram_add(&histogram, 0);
	metrics_histogram_add(&histogram, 0.25);
	metrics_histogram_add(&histogram, 0.2500001);
	metrics_histogram_add(&histogram, 60);
	metrics_page_histogram(page, &kind, &histogram);
	fclose(page);
	assert_non_null(strstr(text, "_bucket{le=\"0.001\"} 1\n"));
	assert_non_null(strstr(text, "_bucket{le=\"0.25\"} 2\n"));
	assert_non_null(strstr(text, "_bucket{le=\"0.5\"} 3\n"));
	assert_non_null(strstr(text, "_bucket{le=\"+Inf\"} 4\n"));
	assert_non_null(strstr(text, "waxseal_x_seconds_count 4\n"));
}

static char *page_of(const struct family *family, enum metrics_format format)
{
	char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	metrics_page_family(page, family, format);
	fclose(page);
	return text;
}

static void quotes_in_help_are_escaped_in_openmetrics_alone(void **state)
{
	struct family_kind counter = kind;
	struct family family = {.kind = &counter};
	_cleanup_free_ char *plain = NULL, *open = NULL;

	(void)state;
	counter.type = FAMILY_COUNTER;
	*family_touch(&family, NULL) = 1;
	plain = page_of(&family, METRICS_PROMETHEUS);
	open = page_of(&family, METRICS_OPENMETRICS);
	assert_string_equal(plain, "# HELP waxseal_x_seconds_total A \"quoted\" back\\\\slash.\n"
				   "# TYPE waxseal_x_seconds_total counter\n"
				   "waxseal_x_seconds_total 1\n");
	assert_string_equal(open, "# HELP waxseal_x_seconds A \\\"quoted\\\" back\\\\slash.\n"
				  "# TYPE waxseal_x_seconds counter\n"
				  "waxseal_x_seconds_total 1\n");
	family_clear(&family);
}

static void a_family_without_samples_is_left_out(void **state)
{
	struct family family = {.kind = &kind};
	_cleanup_free_ char *text = page_of(&family, METRICS_PROMETHEUS);

	(void)state;
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_on_a_bound_belongs_below_it),
		cmocka_unit_test(quotes_in_help_are_escaped_in_openmetrics_alone),
		cmocka_unit_test(a_family_without_samples_is_left_out),
	};

	return cmocka_run_group_tests_name("metrics page", tests, NULL, NULL);
}
