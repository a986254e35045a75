/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/loss_stage.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

#define AUTH LOSS_BIT(SENSOR_AUTH)
#define SESSION LOSS_BIT(SENSOR_SESSION)
#define MAILBOX LOSS_BIT(SENSOR_MAILBOX)
#define CREDENTIALS LOSS_BIT(SENSOR_CREDENTIALS)
#define CONNECTION LOSS_BIT(SENSOR_CONNECTION)
#define FILES (MAILBOX | CREDENTIALS)
#define EVERY LOSS_OF_EVERY_SENSOR

static const struct loss_stage stages[] = {
	[LOST_ATTEMPTS_FULL] = {"attempts_full", AUTH, false, "the map of login attempts is full"},
	[LOST_READS_FULL] = {"reads_full", SESSION | MAILBOX, false,
			     "the map of mail read is full"},
	[LOST_STORES_FULL] = {"stores_full", CREDENTIALS, false,
			      "the map of credential stores read is full"},
	[LOST_AUTH_CONNECTIONS_FULL] = {"auth_connections_full", AUTH, false,
					"the map of authentication connections is full"},
	[LOST_REQUESTS_FULL] = {"requests_full", AUTH, false,
				"the map of login requests without a verdict is full"},
	[LOST_SESSIONS_FULL] = {"sessions_full", SESSION, false, "the map of sessions is full"},
	[LOST_PROGRAMS_FULL] = {"programs_full", FILES, false,
				"the map of programs is full: the path of one is unknown"},
	[LOST_RECORDS_FULL] = {"records_full", FILES, false,
			       "the ring buffer of immediate records is full"},
	[LOST_LINE_UNDECODABLE] = {"line_undecodable", AUTH, false,
				   "a line on an authentication connection cannot be decoded"},
	[LOST_MEMORY_UNREADABLE] = {"memory_unreadable", AUTH | SESSION, false,
				    "bytes that were sent cannot be read from memory"},
	[LOST_SEND_TOO_LONG] = {"send_too_long", AUTH | SESSION, false,
				"one send is longer than the programs read"},
	[LOST_VERDICT_UNMATCHED] = {"verdict_unmatched", AUTH, false,
				    "a verdict came without its request"},
	[LOST_VERDICT_FORWARDED] = {"verdict_forwarded", AUTH, true,
				    "another server decided a login: this one is a proxy"},
	[LOST_PATH_TOO_DEEP] = {"path_too_deep", FILES, false,
				"a file lies below more folders than the programs follow"},
	[LOST_NAME_CUT] = {"name_cut", MAILBOX, false,
			   "an account's name in a path is longer than the programs read"},
	[LOST_COMPAT_SEND] = {"compat_send", AUTH | SESSION, false,
			      "a 32-bit program sent on an authentication connection"},
	[LOST_URING_UNSEEN] =
		{"io_uring_unseen", FILES, false,
		 "a program uses io_uring, which the mechanism 'syscall' does not see"},
	[LOST_RUNS_SKIPPED] = {"runs_skipped", EVERY, false,
			       "the kernel ran no replica of a hook for an event"},
	[LOST_REPLICAS_FULL] = {"replicas_full", EVERY, false,
				"the map of threads is full: a hook ran without its replicas"},
	[LOST_UNITS_FULL] = {"units_full", EVERY, false,
			     "the map of services is full: the name of one is unknown"},
	[LOST_MASTERS_FULL] = {"masters_full", EVERY, false,
			       "the map of master logins is full: one is taken for the user's own"},
	[LOST_NAME_UNKNOWN] = {"name_unknown", EVERY, false,
			       "a file was opened by its handle and has no name in memory"},
	[LOST_CLIENT_CONNECTIONS_FULL] = {"client_connections_full", CONNECTION, false,
					  "a map of connections to mail ports is full"},
	[LOST_LISTENER_UNSEEN] =
		{"fanotify_unseen", FILES, false,
		 "a program uses fanotify, which the mechanism 'syscall' does not see"},
	[LOST_READS_UNSEEN] = {"reads_unseen", CREDENTIALS, false,
			       "a read may be of a credential store, and its size is unknown"},
	[LOST_MOVED_OUT] = {"moved_out", MAILBOX, false, "a folder was moved out of a mail root"},
	[LOST_MASTERS_UNKNOWN] = {"server_masters_full", SESSION, false,
				  "the map of mail servers' masters is full"},
	[LOST_LOGINS_FULL] = {"logins_full", SESSION, false,
			      "a login that a session may claim had no place: the map is full, or "
			      "the account's share of it"},
	[LOST_OVERLAY_UNSEEN] = {"overlay_unseen", FILES, false,
				 "a file was opened through a user's overlay whose layers are unknown"},
	[LOSS_LEDGER_EVENTS] = {"ledger_events", EVERY, false,
				"the ledger refused counts for too long"},
	/* folded rows are in the sums; the ledger says since when its rows are complete */
	[LOSS_LEDGER_ROWS] = {"ledger_rows", 0, false, "rows beyond [ledger] max_rows were folded"},
	/* reported or shown too late or not at all, but counted */
	[LOSS_ALERTS_CLOSED] = {"alerts_closed", 0, false,
				"too many alerts were active: the oldest was closed"},
	[LOSS_ALERTS_UNSAVED] = {"alerts_unsaved", 0, false, "an alert is not in the ledger"},
	[LOSS_METRIC_SAMPLES] = {"metric_samples", 0, false, "a metric has too many label values"},
	[LOSS_COLLECTS_DELAYED] = {"collects_delayed", 0, false,
				   "the kernel's counts could not be read in time"},
};
static_assert(ARRAY_LENGTH(stages) == LOSS_STAGES, "every stage has a row");

const struct loss_stage *loss_stage(size_t stage)
{
	return stage < LOSS_STAGES ? &stages[stage] : NULL;
}

static const struct loss_stage *loss_stage_find(const char *name)
{
	for (size_t i = 0; i < LOSS_STAGES; i++)
		if (strcmp(stages[i].name, name) == 0)
			return &stages[i];
	return NULL;
}

unsigned int loss_stage_sensors(const char *name)
{
	const struct loss_stage *stage = loss_stage_find(name);

	return stage ? stage->sensors : LOSS_OF_EVERY_SENSOR;
}

bool loss_stage_is_fault_of(const char *name, enum sensor_id sensor)
{
	const struct loss_stage *stage = loss_stage_find(name);

	return stage && stage->sensors != LOSS_OF_EVERY_SENSOR && !stage->is_elsewhere &&
	       stage->sensors & LOSS_BIT(sensor);
}
