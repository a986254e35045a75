/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the detectors remember, from one run to the next, and what they show. */
#include <errno.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/daemon.h"

#define ACTIVE_ALERTS_CAP 4096
#define BLOCKLIST_AGE_US (7 * US_PER_DAY)

static char *judging_path(const struct daemon *daemon)
{
	return xasprintf("%s/judgement.state", daemon->config->state_dir);
}

static void judging_restore_alert(void *context, struct alert *alert)
{
	struct daemon *daemon = context;

	outlets_send(daemon->outlets, alert, SINK_PRESENT);
	registry_restore(daemon->registry, alert);
}

static void judging_load(struct daemon *daemon)
{
	_cleanup_free_ char *path = judging_path(daemon);
	int r = detection_load(daemon->detection, path);

	if (r == -EINVAL)
		log_warning("%s is damaged or laid out for other settings: kept as %s.bad, "
			    "learning starts anew",
			    path, path);
	else if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "cannot read %s, learning starts anew", path);
}

static int judging_open_census(struct daemon *daemon, int64_t since_us)
{
	const struct census_settings settings = {
		.config = daemon->config,
		.roots = &daemon->scope.roots,
		.last_logins = &daemon->scope.last_logins,
		.listings = &daemon->scope.listings,
		.ledger = daemon->ledger,
		.memory = judgement_memory(detection_judgement(daemon->detection)),
		.since_us = since_us,
	};
	int r = census_open(&settings, daemon->event, &daemon->census);

	return r < 0 ? log_error_errno(r, "cannot add to the event loop") : 0;
}

static void judging_tell_phase(struct daemon *daemon)
{
	json_t *status = daemon_judgement(daemon);
	double left = json_number_value(json_object_get(status, "learning_seconds_left"));

	if (left > 0)
		log_info("the normal of this host is learnt for another %.1f days; what needs no "
			 "normal is judged at once",
			 left * US_PER_SECOND / US_PER_DAY);
	json_decref(status);
}

int daemon_open_judgement(struct daemon *daemon)
{
	struct memory *memory;
	int64_t since_us;
	int r;

	daemon->outlets = outlets_open(daemon->config);
	daemon->detection = detection_new(daemon->config);
	judging_load(daemon);
	memory = judgement_memory(detection_judgement(daemon->detection));
	since_us = memory_now_us(memory);
	memory_advance(memory, time_now_us());
	judging_tell_phase(daemon);
	daemon->saved_us = time_now_us();
	daemon->registry = registry_new((int64_t)daemon->config->quiet_us, ACTIVE_ALERTS_CAP,
					daemon_on_alert, daemon);
	r = ledger_each_active_alert(daemon->ledger, judging_restore_alert, daemon);
	if (r < 0)
		log_warning_errno(r, "active alerts of the last run are not taken over");
	return judging_open_census(daemon, since_us);
}

void daemon_save_judgement(struct daemon *daemon)
{
	_cleanup_free_ char *path = judging_path(daemon);
	int r = detection_save(daemon->detection, path);

	if (r < 0)
		log_warning_errno(r, "cannot write %s", path);
	daemon->saved_us = time_now_us();
}

json_t *daemon_blocklist(void *context)
{
	struct daemon *daemon = context;

	return judgement_blocklist(detection_judgement(daemon->detection), time_now_us(),
				   BLOCKLIST_AGE_US);
}

json_t *daemon_judgement(void *context)
{
	struct daemon *daemon = context;

	return judgement_status(detection_judgement(daemon->detection), time_now_us());
}

json_t *daemon_stream(void *context, uint64_t number)
{
	struct daemon *daemon = context;

	return stream_read(&daemon->stream, number, time_now_us());
}
