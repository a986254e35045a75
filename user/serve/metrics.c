/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The samples of all metrics, and what one tick adds to them. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "build_info.h"
#include "model/account.h"
#include "serve/family.h"
#include "serve/label_set.h"
#include "serve/metrics.h"
#include "serve/metrics_page.h"
#include "serve/metrics_table.h"

struct metrics {
	struct family families[METRIC_MAX];
	struct metrics_histogram durations;
	struct label_set tenants, services, stores;
};

struct metrics *metrics_new(void)
{
	struct metrics *metrics = xcalloc(1, sizeof(*metrics));

	for (int i = 0; i < METRIC_MAX; i++)
		metrics->families[i].kind = &metrics_table[i];
	metrics->tenants.cap = METRICS_TENANTS;
	metrics->services.cap = METRICS_SERVICES;
	metrics->stores.cap = METRICS_STORES;
	metrics_set(metrics, METRIC_BUILD_INFO, WAXSEAL_VERSION, WAXSEAL_REVISION, 1);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (int i = 0; i < METRIC_MAX; i++)
		family_clear(&metrics->families[i]);
	label_set_done(&metrics->tenants);
	label_set_done(&metrics->services);
	label_set_done(&metrics->stores);
	free(metrics);
}

static void metrics_add(struct metrics *metrics, enum metric metric, const char *const *labels,
			uint64_t count)
{
	double *value;

	/* No series for what never happened. */
	if (count == 0)
		return;
	value = family_touch(&metrics->families[metric], labels);
	if (value)
		*value += (double)count;
}

/* Whoever has opened a mailbox is of this host, and keeps a series of its own: names that only ever
 * failed, which anybody can invent, make room and are counted as "other" from then on. */
static const char *metrics_tenant(struct metrics *metrics, const char *account, bool was_opened)
{
	const char *tenant = account_tenant(account);
	_cleanup_free_ char *gone = NULL;

	if (!tenant_is_plausible(tenant))
		return LABEL_SET_OTHER;
	tenant = label_set_admit(&metrics->tenants, tenant, was_opened, &gone);
	for (int i = 0; gone && i < METRIC_MAX; i++)
		if (metrics_table[i].labels[0] && strcmp(metrics_table[i].labels[0], "tenant") == 0)
			family_fold(&metrics->families[i], gone, LABEL_SET_OTHER);
	return tenant;
}

/* No client chooses such a word. */
static const char *metrics_word(struct label_set *words, const char *word)
{
	char *gone;

	return label_set_admit(words, word, /* lasts= */ true, &gone);
}

static void metrics_observe_attempt(struct metrics *metrics, const struct attempt_row *row)
{
	const char *tenant =
		metrics_tenant(metrics, row->account, row->count[OUTCOME_SUCCESS] > 0);

	for (int outcome = 0; outcome < OUTCOME_MAX; outcome++) {
		const char *const labels[] = {
			tenant,
			metrics_word(&metrics->services, row->service),
			mechanism_to_string(row->mechanism),
			transport_to_string(row->transport),
			outcome_to_string((enum outcome)outcome),
		};

		metrics_add(metrics, METRIC_AUTH_ATTEMPTS, labels, row->count[outcome]);
	}
}

static void metrics_observe_read(struct metrics *metrics, const struct read_row *row)
{
	const char *tenant = metrics_tenant(metrics, row->account, /* was_opened= */ true);
	const char *const opened[] = {tenant, reader_to_string(row->reader)};

	metrics_add(metrics, METRIC_MESSAGES_OPENED, opened, row->messages);
	if (row->bytes_sent > 0) {
		const char *const sent[] = {tenant, metrics_word(&metrics->services, row->service)};

		metrics_add(metrics, METRIC_SESSION_BYTES_SENT, sent, row->bytes_sent);
	}
}

static void metrics_observe_store(struct metrics *metrics, const struct store_row *row)
{
	const char *const labels[] = {metrics_word(&metrics->stores, row->path),
				      row->allowed ? "yes" : "no"};

	metrics_add(metrics, METRIC_CREDENTIAL_OPENS, labels, row->opens);
}

static void metrics_observe_connections(struct metrics *metrics, const struct connection_row *row)
{
	const char *const labels[] = {metrics_word(&metrics->services, row->service)};

	metrics_add(metrics, METRIC_CONNECTIONS, labels, row->accepted);
}

void metrics_observe(struct metrics *metrics, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_attempts; i++)
		metrics_observe_attempt(metrics, &snapshot->attempts[i]);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		metrics_observe_read(metrics, &snapshot->reads[i]);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		metrics_observe_store(metrics, &snapshot->stores[i]);
	for (size_t i = 0; i < snapshot->n_connections; i++)
		metrics_observe_connections(metrics, &snapshot->connections[i]);
}

void metrics_observe_duration(struct metrics *metrics, double seconds)
{
	metrics_histogram_add(&metrics->durations, seconds);
}

void metrics_set(struct metrics *metrics, enum metric metric, const char *label1,
		 const char *label2, double value)
{
	const char *const labels[FAMILY_LABELS] = {label1, label2};
	double *sample;

	assert(metrics_table[metric].read != FAMILY_EACH_TICK);
	sample = family_touch(&metrics->families[metric], labels);
	if (sample)
		*sample = value;
}

void metrics_begin_scrape(struct metrics *metrics)
{
	for (int i = 0; i < METRIC_MAX; i++)
		if (metrics_table[i].read == FAMILY_EACH_SCRAPE)
			family_clear(&metrics->families[i]);
}

uint64_t metrics_refused(const struct metrics *metrics)
{
	uint64_t refused = 0;

	for (int i = 0; i < METRIC_MAX; i++)
		refused += metrics->families[i].refused;
	return refused;
}

char *metrics_print(const struct metrics *metrics, enum metrics_format format, size_t *ret_length)
{
	char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	if (!page)
		abort();
	for (int i = 0; i < METRIC_MAX; i++) {
		if (metrics_table[i].type == FAMILY_HISTOGRAM)
			metrics_page_histogram(page, &metrics_table[i], &metrics->durations);
		else
			metrics_page_family(page, &metrics->families[i], format);
	}
	if (format == METRICS_OPENMETRICS)
		(void)fputs("# EOF\n", page);
	(void)fclose(page);
	if (ret_length)
		*ret_length = length;
	return text;
}
