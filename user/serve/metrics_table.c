/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new metric is one row here and one name in metrics.h; a new label is one row, too. */
#include "serve/metrics_table.h"

const struct family_kind metrics_table[METRIC_MAX] = {
	[METRIC_AUTH_ATTEMPTS] =
		{
			.name = "auth_attempts",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_TICK,
			.help = "Authentication attempts by outcome.",
			.labels = {"tenant", "service", "mechanism", "transport", "outcome"},
		},
	[METRIC_SESSION_BYTES_SENT] =
		{
			.name = "session_bytes_sent",
			.type = FAMILY_COUNTER,
			.unit = "bytes",
			.read = FAMILY_EACH_TICK,
			.help = "Bytes that mail sessions sent to their clients.",
			.labels = {"tenant", "service"},
		},
	[METRIC_MESSAGES_OPENED] =
		{
			.name = "messages_opened",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_TICK,
			.help = "Message files opened, by who opened them.",
			.labels = {"tenant", "reader"},
		},
	[METRIC_CREDENTIAL_OPENS] =
		{
			.name = "credential_opens",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_TICK,
			.help = "Opens of credential stores, by listed programs and others.",
			.labels = {"store", "allowed"},
		},
	[METRIC_CONNECTIONS] =
		{
			.name = "connections",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_TICK,
			.help = "Connections accepted on mail ports.",
			.labels = {"service"},
		},
	[METRIC_TICK_DURATION] =
		{
			.name = "tick_duration_seconds",
			.type = FAMILY_HISTOGRAM,
			.unit = "seconds",
			.read = FAMILY_EACH_TICK,
			.help = "Time from draining the maps to the end of a tick.",
		},
	[METRIC_ACCOUNTS_SEEN] =
		{
			.name = "accounts_seen",
			.type = FAMILY_GAUGE,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Accounts in the ledger.",
		},
	[METRIC_SOURCES_SEEN] =
		{
			.name = "sources_seen",
			.type = FAMILY_GAUGE,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Remote addresses in the ledger.",
		},
	[METRIC_ALERTS] =
		{
			.name = "alerts",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Alerts raised since the start.",
			.labels = {"detector", "severity"},
		},
	[METRIC_ALERTS_ACTIVE] =
		{
			.name = "alerts_active",
			.type = FAMILY_GAUGE,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Alerts that are not over.",
			.labels = {"detector"},
		},
	[METRIC_LOST] =
		{
			.name = "lost",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Events that were seen but could not be counted in full.",
			.labels = {"stage"},
		},
	[METRIC_MAP_ENTRIES] =
		{
			.name = "map_entries",
			.type = FAMILY_GAUGE,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Entries of a kernel map at the last tick.",
			.labels = {"map"},
		},
	[METRIC_MAP_CAPACITY] =
		{
			.name = "map_capacity",
			.type = FAMILY_GAUGE,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Entries that a kernel map can hold.",
			.labels = {"map"},
		},
	[METRIC_PROGRAM_RUNS] =
		{
			.name = "program_runs",
			.type = FAMILY_COUNTER,
			.read = FAMILY_EACH_SCRAPE,
			.help = "Runs of a BPF program while kernel statistics are on.",
			.labels = {"program"},
		},
	[METRIC_PROGRAM_RUN_SECONDS] =
		{
			.name = "program_run_seconds",
			.type = FAMILY_COUNTER,
			.unit = "seconds",
			.read = FAMILY_EACH_SCRAPE,
			.help = "Time spent in a BPF program while kernel statistics are on.",
			.labels = {"program"},
		},
	[METRIC_SENSOR_UP] =
		{
			.name = "sensor_up",
			.type = FAMILY_GAUGE,
			.read = FAMILY_EACH_SCRAPE,
			.help = "1 when the sensor works, by the mechanism in use.",
			.labels = {"sensor", "mechanism"},
		},
	[METRIC_BUILD_INFO] =
		{
			.name = "build_info",
			.type = FAMILY_INFO,
			.read = FAMILY_AT_START,
			.help = "Always 1; the version is in the labels.",
			.labels = {"version", "revision"},
		},
};

const struct metrics_label metrics_labels[] = {
	{"tenant",
	 "Domain of the account; `other` also for what is no plausible domain. A domain whose "
	 "mailboxes are opened takes the place of one that only failed, whose sums go to `other`.",
	 METRICS_TENANTS},
	{"service", "Service as the mail server names it.", METRICS_SERVICES},
	{"mechanism",
	 "Class of the SASL mechanism; of `sensor_up`: the mechanism by which the sensor is"
	 " attached.",
	 0},
	{"transport", "Whether the connection was encrypted.", 0},
	{"outcome",
	 "What became of the attempt; unanswered: the server asked for a verdict and got none.", 0},
	{"reader",
	 "Who opened the message: a mail session, a listed program, or any other program.", 0},
	{"store", "Path of the credential store.", METRICS_STORES},
	{"allowed", "Whether the program is a listed or an accepted reader of the store.", 0},
	{"detector", "Name of the detector.", 0},
	{"severity", "Severity of the alert.", 0},
	{"stage", "Where the event was lost; the stages are listed below.", 0},
	{"map", "Name of the BPF map.", 0},
	{"program", "Name of the BPF program.", 0},
	{"sensor", "Name of the sensor.", 0},
	{"version", "Version of waxseald.", 0},
	{"revision", "Revision of the source it was built from.", 0},
	{0},
};
