/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of detection from one run of the daemon to the next, and what the daemon shows of it.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/daemon.h"
#include "daemon/own_addresses.h"

#define BLOCKLIST_AGE_US (7 * US_PER_DAY)

static char *detection_state_path(const struct daemon *daemon)
{
	return xasprintf("%s/detection.state", daemon->config->state_dir);
}

/* Listener of the registry. */
static void detection_state_on_alert(void *context, struct alert *alert,
				     enum registry_change change)
{
	struct daemon *daemon = context;
	int r;

	if (change == REGISTRY_NAMED) {
		/* what is not taken now comes again with the next tick */
		(void)ledger_save_accounts(daemon->ledger, alert);
		return;
	}
	r = ledger_save_alert(daemon->ledger, alert);
	/* Nobody comes back to one that is over, or to any after the last tick. */
	while (r == 0 && alert->n_unsaved > 0 && (!alert->active || daemon->is_ending))
		r = ledger_save_accounts(daemon->ledger, alert);
	if (r < 0) {
		daemon->unsaved_alerts++;
		log_warning_errno(r, "alert %s about %s is not in the ledger", alert->detector,
				  alert->subject);
	}
	if (change == REGISTRY_NOTED)
		return;
	alert_dispatch_send(daemon->alert_dispatch, alert, change == REGISTRY_OVER ? SINK_COURSE : SINK_NEWS);
}

static void detection_state_restore_alert(void *context, struct alert *alert)
{
	struct daemon *daemon = context;

	if (!alert->active) {
		registry_remember(daemon->registry, alert);
		alert_done(alert);
		return;
	}
	alert_dispatch_send(daemon->alert_dispatch, alert, SINK_PRESENT);
	registry_restore(daemon->registry, alert);
}

static void detection_state_load(struct daemon *daemon)
{
	_cleanup_free_ char *path = detection_state_path(daemon);
	/* its name up to version 0.1.0 */
	_cleanup_free_ char *former = xasprintf("%s/judgement.state", daemon->config->state_dir);
	int r = detection_load(daemon->detection, path);

	if (r == -ENOENT && rename(former, path) == 0)
		r = detection_load(daemon->detection, path);
	if (r == -EINVAL)
		log_warning("%s is damaged, or was written with other settings: kept as %s.bad, "
			    "learning starts anew",
			    path, path);
	else if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "cannot read %s, learning starts anew", path);
}

static int detection_state_open_inventory(struct daemon *daemon, int64_t since_us)
{
	const struct inventory_settings settings = {
		.config = daemon->config,
		.roots = &daemon->scope.watch.of[WATCH_MAIL_ROOT],
		.last_logins = &daemon->scope.last_logins,
		.doveadm_commands = &daemon->scope.doveadm_commands,
		.ledger = daemon->ledger,
		.history = engine_history(detection_engine(daemon->detection)),
		.since_us = since_us,
	};
	int r = inventory_open(&settings, daemon->event, &daemon->inventory);

	return r < 0 ? log_error_errno(r, "cannot add to the event loop") : 0;
}

static void detection_state_log_phase(struct daemon *daemon)
{
	json_t *status = daemon_detection_status(daemon);
	double left = json_number_value(json_object_get(status, "learning_seconds_left"));

	if (left > 0)
		log_info("learning what is normal on this host for another %.1f days; detectors "
			 "that "
			 "need no normal raise alerts already",
			 left * US_PER_SECOND / US_PER_DAY);
	json_decref(status);
}

/* When they cannot be read, those of before stay. */
void daemon_refresh_own_addresses(struct daemon *daemon)
{
	struct network_list own;

	if (own_addresses_read(&own) == 0)
		engine_set_own_addresses(detection_engine(daemon->detection), &own);
}

int daemon_open_detection(struct daemon *daemon)
{
	struct history *history;
	int64_t since_us;
	int r;

	daemon->alert_dispatch = alert_dispatch_open(daemon->config);
	daemon->detection = detection_new(daemon->config);
	detection_state_load(daemon);
	daemon_refresh_own_addresses(daemon);
	history = engine_history(detection_engine(daemon->detection));
	since_us = history_now_us(history);
	history_advance(history, time_now_us());
	detection_state_log_phase(daemon);
	daemon->saved_us = time_now_us();
	daemon->registry = registry_new((int64_t)daemon->config->quiet_us, REGISTRY_CAPACITY,
					detection_state_on_alert, daemon);
	r = ledger_each_open_alert(daemon->ledger, detection_state_restore_alert, daemon);
	if (r < 0)
		log_warning_errno(r, "active alerts of the last run are not taken over");
	return detection_state_open_inventory(daemon, since_us);
}

static int detection_state_save(void *context)
{
	const struct daemon *daemon = context;
	_cleanup_free_ char *path = detection_state_path(daemon);

	return detection_save(daemon->detection, path);
}

static void detection_state_note_saved(const struct daemon *daemon, int r)
{
	_cleanup_free_ char *path = detection_state_path(daemon);

	if (r < 0)
		log_warning_errno(r, "cannot write %s", path);
}

void daemon_save_detection_beside(struct daemon *daemon)
{
	int r = background_save_start(&daemon->background_save, detection_state_save, daemon);

	if (r < 0 && r != -EBUSY)
		log_warning_errno(r, "cannot start to write the detection state");
	daemon->saved_us = time_now_us();
}

void daemon_check_saving(struct daemon *daemon)
{
	int r = background_save_check(&daemon->background_save);

	if (r != -EINPROGRESS && r != -ENOENT)
		detection_state_note_saved(daemon, r);
}

void daemon_save_detection(struct daemon *daemon)
{
	background_save_cancel(&daemon->background_save);
	detection_state_note_saved(daemon, detection_state_save(daemon));
	daemon->saved_us = time_now_us();
}

json_t *daemon_blocklist(void *context)
{
	struct daemon *daemon = context;

	return engine_blocklist(detection_engine(daemon->detection), time_now_us(),
				BLOCKLIST_AGE_US);
}

json_t *daemon_detection_status(void *context)
{
	struct daemon *daemon = context;

	return engine_status(detection_engine(daemon->detection), time_now_us());
}

json_t *daemon_stream(void *context, uint64_t number)
{
	struct daemon *daemon = context;

	return stream_read(&daemon->stream, number, time_now_us());
}

json_t *daemon_standing(void *context, enum subject_kind kind, const char *name)
{
	struct daemon *daemon = context;

	return engine_standing(detection_engine(daemon->detection), kind, name, time_now_us());
}

bool daemon_source_evidence(void *context, const char *source, double *ret_sum,
			    double *ret_threshold)
{
	struct daemon *daemon = context;

	return engine_source_evidence(detection_engine(daemon->detection), source, time_now_us(),
				      ret_sum, ret_threshold);
}
