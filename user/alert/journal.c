/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts as journal entries with fields of their own: journalctl WAXSEAL_DETECTOR=takeover. */
#include "alert/sink.h"

/* The location fields would name this file in every alert. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <syslog.h>
#include <systemd/sd-journal.h>

static const int priorities[SEVERITY_MAX] = {
	[SEVERITY_NOTICE] = LOG_NOTICE,
	[SEVERITY_WARNING] = LOG_WARNING,
	[SEVERITY_CRITICAL] = LOG_CRIT,
};

static int journal_open(const struct sink_settings *settings, void **ret_state)
{
	(void)settings;
	*ret_state = NULL;
	return 0;
}

static int journal_send(void *state, const struct alert *alert)
{
	(void)state;
	return sd_journal_send(
		"MESSAGE=%s%s", alert->active ? "" : "Over: ", alert->message, "PRIORITY=%i",
		alert->active ? priorities[alert->severity] : LOG_INFO, "WAXSEAL_ALERT_ID=%s",
		alert->id, "WAXSEAL_DETECTOR=%s", alert->detector, "WAXSEAL_SEVERITY=%s",
		severity_to_string(alert->severity), "WAXSEAL_SUBJECT_KIND=%s",
		subject_kind_to_string(alert->subject_kind), "WAXSEAL_SUBJECT=%s", alert->subject,
		"WAXSEAL_STATE=%s", alert->active ? "active" : "over", NULL);
}

static uint64_t journal_close(void *state)
{
	(void)state;
	return 0;
}

const struct sink journal_sink = {
	.name = "journal",
	.help = "the systemd journal",
	.enabled_by_default = true,
	.open = journal_open,
	.send = journal_send,
	.close = journal_close,
};
