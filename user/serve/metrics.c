/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of metrics, and what one tick adds to them. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "build_info.h"
#include "model/account.h"
#include "serve/family.h"
#include "serve/metrics.h"
#include "serve/metrics_page.h"
#include "serve/label_set.h"

#define TENANTS 200
#define SERVICES 32
#define STORES 200

static const struct family_kind kinds[METRIC_MAX] = {
	[METRIC_AUTH_ATTEMPTS] = {"auth_attempts",
				  FAMILY_COUNTER,
				  "Authentication attempts by outcome.",
				  {"tenant", "service", "mechanism", "transport", "outcome"}},
	[METRIC_SESSION_BYTES_SENT] = {"session_bytes_sent",
				       FAMILY_COUNTER,
				       "Bytes that mail sessions sent to their clients.",
				       {"tenant", "service"}},
	[METRIC_MESSAGES_OPENED] = {"messages_opened",
				    FAMILY_COUNTER,
				    "Message files opened, by who opened them.",
				    {"tenant", "reader"}},
	[METRIC_CREDENTIAL_OPENS] = {"credential_opens",
				     FAMILY_COUNTER,
				     "Opens of credential stores, by listed programs and others.",
				     {"store", "allowed"}},
	[METRIC_TICK_DURATION] = {"tick_duration_seconds",
				  FAMILY_HISTOGRAM,
				  "Time from draining the maps to the end of a tick.",
				  {NULL}},
	[METRIC_CONNECTIONS] = {"connections",
				FAMILY_COUNTER,
				"Connections accepted on mail ports.",
				{"service"}},
	[METRIC_ACCOUNTS_SEEN] = {"accounts_seen", FAMILY_GAUGE, "Accounts in the ledger.", {NULL}},
	[METRIC_SOURCES_SEEN] = {"sources_seen",
				 FAMILY_GAUGE,
				 "Remote addresses in the ledger.",
				 {NULL}},
	[METRIC_ALERTS] = {"alerts",
			   FAMILY_COUNTER,
			   "Alerts raised since the start.",
			   {"detector", "severity"}},
	[METRIC_ALERTS_ACTIVE] = {"alerts_active",
				  FAMILY_GAUGE,
				  "Alerts that are not over.",
				  {"detector"}},
	[METRIC_LOST] = {"lost",
			 FAMILY_COUNTER,
			 "Events that were seen but could not be counted in full.",
			 {"stage"}},
	[METRIC_MAP_ENTRIES] = {"map_entries",
				FAMILY_GAUGE,
				"Entries of a kernel map at the last tick.",
				{"map"}},
	[METRIC_MAP_CAPACITY] = {"map_capacity",
				 FAMILY_GAUGE,
				 "Entries that a kernel map can hold.",
				 {"map"}},
	[METRIC_PROGRAM_RUNS] = {"program_runs",
				 FAMILY_COUNTER,
				 "Runs of a BPF program while kernel statistics are on.",
				 {"program"}},
	[METRIC_PROGRAM_RUN_SECONDS] = {"program_run_seconds",
					FAMILY_COUNTER,
					"Time spent in a BPF program while kernel statistics are"
					" on.",
					{"program"}},
	[METRIC_SENSOR_UP] = {"sensor_up",
			      FAMILY_GAUGE,
			      "1 when the sensor works, by the mechanism in use.",
			      {"sensor", "mechanism"}},
	[METRIC_BUILD_INFO] = {"build_info",
			       FAMILY_GAUGE,
			       "Always 1; the version is in the labels.",
			       {"version", "revision"}},
};

struct metrics {
	struct family families[METRIC_MAX];
	struct metrics_histogram durations;
	struct label_set tenants, services, stores;
};

struct metrics *metrics_new(void)
{
	struct metrics *metrics = xcalloc(1, sizeof(*metrics));

	for (int i = 0; i < METRIC_MAX; i++)
		metrics->families[i].kind = &kinds[i];
	metrics->tenants.cap = TENANTS;
	metrics->services.cap = SERVICES;
	metrics->stores.cap = STORES;
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

static const char *metrics_tenant(struct metrics *metrics, const char *account)
{
	const char *tenant = account_tenant(account);

	return tenant_is_plausible(tenant) ? label_set_admit(&metrics->tenants, tenant)
					   : LABEL_SET_OTHER;
}

static void metrics_observe_attempt(struct metrics *metrics, const struct attempt_row *row)
{
	for (int outcome = 0; outcome < OUTCOME_MAX; outcome++) {
		const char *const labels[] = {
			metrics_tenant(metrics, row->account),
			label_set_admit(&metrics->services, row->service),
			mechanism_to_string(row->mechanism),
			transport_to_string(row->transport),
			outcome_to_string((enum outcome)outcome),
		};

		metrics_add(metrics, METRIC_AUTH_ATTEMPTS, labels, row->count[outcome]);
	}
}

static void metrics_observe_read(struct metrics *metrics, const struct read_row *row)
{
	const char *tenant = metrics_tenant(metrics, row->account);
	const char *const opened[] = {tenant, reader_to_string(row->reader)};

	metrics_add(metrics, METRIC_MESSAGES_OPENED, opened, row->messages);
	if (row->bytes_sent > 0) {
		const char *const sent[] = {tenant,
					    label_set_admit(&metrics->services, row->service)};

		metrics_add(metrics, METRIC_SESSION_BYTES_SENT, sent, row->bytes_sent);
	}
}

static void metrics_observe_store(struct metrics *metrics, const struct store_row *row)
{
	const char *const labels[] = {label_set_admit(&metrics->stores, row->path),
				      row->allowed ? "yes" : "no"};

	metrics_add(metrics, METRIC_CREDENTIAL_OPENS, labels, row->opens);
}

static void metrics_observe_connections(struct metrics *metrics, const struct connection_row *row)
{
	const char *const labels[] = {label_set_admit(&metrics->services, row->service)};

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

	assert(metric >= METRIC_ACCOUNTS_SEEN && metric < METRIC_MAX);
	sample = family_touch(&metrics->families[metric], labels);
	if (sample)
		*sample = value;
}

void metrics_clear_set(struct metrics *metrics)
{
	for (int i = METRIC_ACCOUNTS_SEEN; i < METRIC_BUILD_INFO; i++)
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
		if (i == METRIC_TICK_DURATION)
			metrics_page_histogram(page, &kinds[i], &metrics->durations);
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
