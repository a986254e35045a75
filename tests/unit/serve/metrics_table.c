/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of metrics, and docs/metrics.md, which is made from it:
 *
 *     build/tests/unit/serve/metrics_table --write
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "detect/detector.h"
#include "model/alert.h"
#include "model/attempt.h"
#include "model/loss_stage.h"
#include "serve/metrics_table.h"

#define PAGE "docs/metrics.md"

static const char *const types[] = {
	[FAMILY_COUNTER] = "counter",
	[FAMILY_GAUGE] = "gauge",
	[FAMILY_HISTOGRAM] = "histogram",
	[FAMILY_INFO] = "info",
};

static const char *const reads[] = {
	[FAMILY_AT_START] = "at the start",
	[FAMILY_EACH_TICK] = "each tick",
	[FAMILY_EACH_SCRAPE] = "each scrape",
};

static void print_metric(FILE *page, const struct family_kind *kind)
{
	fprintf(page, "| `waxseal_%s%s` | %s | ", kind->name,
		kind->type == FAMILY_COUNTER ? "_total" : "", types[kind->type]);
	for (size_t i = 0; kind->labels[i]; i++)
		fprintf(page, "%s`%s`", i ? ", " : "", kind->labels[i]);
	fprintf(page, "%s | %s | %s | %s |\n", kind->labels[0] ? "" : "-",
		kind->unit ? kind->unit : "-", reads[kind->read], kind->help);
}

static void print_words(FILE *page, const char *(*word)(int), int count)
{
	for (int i = 0; i < count; i++)
		fprintf(page, "%s`%s`", i ? ", " : "", word(i));
}

static const char *outcome(int i)
{
	return outcome_to_string((enum outcome)i);
}

static const char *mechanism(int i)
{
	return mechanism_to_string((enum mechanism)i);
}

static const char *transport(int i)
{
	return transport_to_string((enum transport)i);
}

static const char *reader(int i)
{
	return reader_to_string((enum reader)i);
}

static const char *severity(int i)
{
	return severity_to_string((enum severity)i);
}

static const char *detector_name(int i)
{
	return detectors[i]->name;
}

static void print_values(FILE *page, const struct metrics_label *label)
{
	int n_detectors = 0;

	while (detectors[n_detectors])
		n_detectors++;
	if (label->cap)
		fprintf(page, "the first %u, then `other`", label->cap);
	else if (strcmp(label->name, "outcome") == 0)
		print_words(page, outcome, OUTCOME_MAX);
	else if (strcmp(label->name, "mechanism") == 0)
		print_words(page, mechanism, MECHANISM_MAX);
	else if (strcmp(label->name, "transport") == 0)
		print_words(page, transport, TRANSPORT_MAX);
	else if (strcmp(label->name, "reader") == 0)
		print_words(page, reader, READER_MAX);
	else if (strcmp(label->name, "severity") == 0)
		print_words(page, severity, SEVERITY_MAX);
	else if (strcmp(label->name, "detector") == 0)
		print_words(page, detector_name, n_detectors);
	else if (strcmp(label->name, "allowed") == 0)
		fputs("`yes`, `no`", page);
	else if (strcmp(label->name, "stage") == 0)
		fputs("those below", page);
	else
		fputs("-", page);
}

static char *make_page(void)
{
	char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	assert_non_null(page);
	fputs("# Metrics\n\n"
	      "`waxseald` serves them at `/metrics`, on its Unix socket and, with `[http] listen`, on"
	      " TCP, in the\nformats of Prometheus and OpenMetrics. No account and no address ever"
	      " becomes a label.\n\n"
	      "A metric read at *each tick* grows by what the tick counted, since the start of the"
	      " daemon. A\ncounter among them has no series before its first event. A metric read"
	      " at *each scrape* is\nmeasured when somebody asks.\n\n"
	      "| metric | type | labels | unit | read | meaning |\n"
	      "|---|---|---|---|---|---|\n",
	      page);
	for (int i = 0; i < METRIC_MAX; i++)
		print_metric(page, &metrics_table[i]);
	fputs("\n## Labels\n\n| label | meaning | values |\n|---|---|---|\n", page);
	for (const struct metrics_label *label = metrics_labels; label->name; label++) {
		fprintf(page, "| `%s` | %s | ", label->name, label->help);
		print_values(page, label);
		fputs(" |\n", page);
	}
	fputs("\n## Stages of waxseal_lost_total\n\n| stage | meaning |\n|---|---|\n", page);
	for (size_t i = 0; i < LOSS_STAGES; i++)
		fprintf(page, "| `%s` | %s |\n", loss_stage(i)->name, loss_stage(i)->meaning);
	fputs("\nThis page is made from `user/serve/metrics_table.c` and `user/model/loss_stage.c`."
	      " After a change there:\n\n"
	      "    make build/tests/unit/serve/metrics_table\n"
	      "    build/tests/unit/serve/metrics_table --write\n",
	      page);
	fclose(page);
	return text;
}

static void the_page_is_that_of_the_table(void **state)
{
	_cleanup_free_ char *wanted = make_page();
	_cleanup_free_ char *written = xcalloc(1, 65536);
	FILE *page = fopen(PAGE, "re");

	(void)state;
	assert_non_null(page);
	assert_true(fread(written, 1, 65535, page) > 0);
	fclose(page);
	if (strcmp(wanted, written) != 0)
		fail_msg(PAGE " differs; make it anew: build/tests/unit/serve/metrics_table --write");
}

static void every_metric_says_all_of_itself(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_MAX; i++) {
		const struct family_kind *kind = &metrics_table[i];

		assert_non_null(kind->name);
		assert_non_null(kind->help);
		/* the conventions of OpenMetrics */
		if (kind->type == FAMILY_INFO)
			assert_string_equal(kind->name + strlen(kind->name) - 5, "_info");
		assert_null(strstr(kind->name, "_total"));
		assert_true(kind->help[strlen(kind->help) - 1] == '.');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(metrics_table[j].name, kind->name);
	}
}

static bool label_is_used(const char *name)
{
	for (int i = 0; i < METRIC_MAX; i++)
		for (size_t j = 0; metrics_table[i].labels[j]; j++)
			if (strcmp(metrics_table[i].labels[j], name) == 0)
				return true;
	return false;
}

static bool label_is_explained(const char *name)
{
	for (const struct metrics_label *label = metrics_labels; label->name; label++)
		if (strcmp(label->name, name) == 0)
			return true;
	return false;
}

static void every_label_is_explained_and_used(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_MAX; i++)
		for (size_t j = 0; metrics_table[i].labels[j]; j++)
			assert_true(label_is_explained(metrics_table[i].labels[j]));
	for (const struct metrics_label *label = metrics_labels; label->name; label++)
		assert_true(label_is_used(label->name));
}

static int write_page(void)
{
	_cleanup_free_ char *text = make_page();
	FILE *page = fopen(PAGE, "we");

	if (!page)
		return 1;
	fputs(text, page);
	return fclose(page) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_that_of_the_table),
		cmocka_unit_test(every_metric_says_all_of_itself),
		cmocka_unit_test(every_label_is_explained_and_used),
	};

	if (argc == 2 && strcmp(argv[1], "--write") == 0)
		return write_page();
	return cmocka_run_group_tests_name("metrics table", tests, NULL, NULL);
}
