/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tick: drain the kernel's counts, run the detectors, write the ledger, raise alerts. A ledger that
 * refuses delays the writing, never the detectors.
 */
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "daemon/daemon.h"
#include "daemon/coverage_recorder.h"

#define REFRESH_US (10 * US_PER_SECOND)
#define SAVE_US US_PER_HOUR

static double tick_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void tick_collect(struct daemon *daemon, int64_t now_us)
{
	int r;

	snapshot_reset(&daemon->tick);
	daemon->tick.from_us = daemon->until_us;
	r = sensors_collect(daemon->sensors, &daemon->tick);
	if (r < 0) {
		/* the same counts come again with the next tick */
		snapshot_reset(&daemon->tick);
		daemon->failed_collects++;
	}
	(void)sensors_take_events(daemon->sensors, &daemon->tick);
	if (r < 0 && daemon->is_collecting)
		log_warning_errno(r, "kernel counts are not read, they wait in the kernel");
	if (r == 0 && !daemon->is_collecting)
		log_info("kernel counts are read again");
	daemon->is_collecting = r == 0;
	daemon->tick.from_us = daemon->until_us;
	daemon->tick.until_us = now_us;
	daemon->until_us = now_us;
}

static void tick_save(struct daemon *daemon)
{
	int r;

	coverage_recorder_note(daemon);
	r = backlog_write(&daemon->backlog, daemon->ledger, &daemon->tick);
	if (r < 0 && daemon->is_saving)
		log_warning_errno(r, "the ledger does not take counts, they are kept for %d ticks",
				  BACKLOG_TICKS_CAP);
	if (r == 0 && !daemon->is_saving)
		log_info("the ledger takes counts again");
	daemon->is_saving = r == 0;
	/* in the ledger or in the backlog: the kernel need not keep them */
	r = sensors_release(daemon->sensors);
	if (r < 0)
		log_warning_errno(r, "drained counts stay in the kernel");
}

void daemon_tick(struct daemon *daemon)
{
	struct finding_list findings = {};
	double start_ms = tick_clock_ms();
	int64_t now_us = time_now_us();

	if (now_us - daemon->refreshed_us >= REFRESH_US || now_us < daemon->refreshed_us) {
		sensors_refresh(daemon->sensors);
		inventory_tick(daemon->inventory, now_us);
		daemon_refresh_own_addresses(daemon);
		daemon_name_acceptances(daemon);
		daemon->refreshed_us = now_us;
	}
	tick_collect(daemon, now_us);
	metrics_observe(daemon->metrics, &daemon->tick);
	inventory_observe(daemon->inventory, &daemon->tick);
	coverage_recorder_report(daemon, &daemon->tick);
	detection_observe(daemon->detection, &daemon->tick, &findings);
	daemon_set_read_budgets(daemon);
	stream_add(&daemon->stream, &daemon->tick);
	/* Counts first, so that whoever hears of an alert finds its accounts in the ledger. */
	tick_save(daemon);
	daemon_apply_findings(daemon, &findings, now_us);
	registry_expire(daemon->registry, now_us);
	alert_dispatch_check(daemon->alert_dispatch);
	finding_list_done(&findings);
	if (now_us - daemon->saved_us >= SAVE_US || now_us < daemon->saved_us)
		daemon_save_detection_beside(daemon);
	daemon_check_saving(daemon);
	daemon->tick_ms = tick_clock_ms() - start_ms;
	daemon->ticks++;
	metrics_observe_duration(daemon->metrics, daemon->tick_ms / 1e3);
}

void daemon_tick_early(struct daemon *daemon)
{
	while (sensors_is_due(daemon->sensors) && daemon->early_ticks < ENGINE_EARLY_TICKS) {
		daemon->early_ticks++;
		daemon_tick(daemon);
	}
}

void daemon_take_events(struct daemon *daemon)
{
	struct finding_list findings = {};
	int64_t now_us = time_now_us();

	snapshot_reset(&daemon->events);
	if (sensors_take_events(daemon->sensors, &daemon->events) < 0 ||
	    daemon->events.n_events == 0)
		return;
	daemon->events.from_us = now_us;
	daemon->events.until_us = now_us;
	stream_hear(&daemon->stream, &daemon->events);
	detection_observe(daemon->detection, &daemon->events, &findings);
	daemon_apply_findings(daemon, &findings, now_us);
	finding_list_done(&findings);
}
