/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intervals begin and grow here. A new one begins with each daemon, with each change of state, and
 * where losses begin and end, so that a lost line spoils minutes of certainty and not a year.
 */
#include "ledger/coverage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "ledger/intervals.h"

/* Losses belong together up to this distance: no sensor that loses something every minute makes an
 * interval of each. */
#define CALM_US (10 * US_PER_MINUTE)
#define INTERVALS_CAP 10000
#define UNATTENDED "counted by the kernel while no daemon ran"

/* ---- Losses of one tick ---- */

struct tick_losses {
	int64_t count[COVERAGE_LOSSES];
	unsigned int sensors; /* that lost something */
};

static int coverage_compare_losses(struct ledger *ledger, struct tick_losses *ret)
{
	const struct coverage *coverage = ledger->coverage;
	struct tick_losses losses = {};

	for (size_t i = 0; i < coverage->n_losses; i++) {
		const struct coverage_loss *loss = &coverage->losses[i];
		int64_t seen = 0, now = loss->count > INT64_MAX ? INT64_MAX : (int64_t)loss->count;
		int r = handle_run(ledger, STATEMENT_STAGE_SEEN, &seen, "t", loss->stage);

		if (r < 0 && r != -ENOENT)
			return r;
		if (now == seen)
			continue;
		/* a counter that went back began anew */
		losses.count[i] = now > seen ? now - seen : now;
		if (losses.count[i] > 0)
			losses.sensors |= loss->sensors;
		r = handle_run(ledger, STATEMENT_STAGE_SAVE, NULL, "ti", loss->stage, now);
		if (r < 0)
			return r;
	}
	*ret = losses;
	return 0;
}

static int coverage_add_losses(struct ledger *ledger, int64_t interval, size_t sensor,
			       const struct tick_losses *losses)
{
	const struct coverage *coverage = ledger->coverage;
	int r = 0;

	for (size_t i = 0; i < coverage->n_losses && r == 0; i++)
		if (losses->count[i] > 0 && (coverage->losses[i].sensors >> sensor & 1))
			r = handle_run(ledger, STATEMENT_COVERAGE_LOSS_ADD, NULL, "iti", interval,
				       coverage->losses[i].stage, losses->count[i]);
	return r;
}

/* ---- Intervals ---- */

static int coverage_open(struct ledger *ledger, const struct coverage_sensor *sensor,
			 int64_t now_us, int64_t epochs, bool is_lossy, int64_t *ret_id)
{
	return handle_run(ledger, STATEMENT_COVERAGE_ADD, ret_id, "titttiii", sensor->name,
			  ledger->run, ledger->boot, sensor->state, sensor->reason, now_us, epochs,
			  is_lossy ? now_us : (int64_t)0);
}

static int coverage_extend(struct ledger *ledger, size_t i, const struct snapshot *snapshot,
			   const struct tick_losses *losses)
{
	const struct coverage_sensor *sensor = &ledger->coverage->sensors[i];
	int64_t epochs = snapshot->instance ? (int64_t)snapshot->epoch + 1 : 0;
	int64_t until_us = snapshot->until_us;
	bool is_lossy = losses->sensors >> i & 1;
	int64_t id;
	int r;

	r = handle_run(ledger, STATEMENT_COVERAGE_CURRENT, &id, "tiiiitt", sensor->name,
		       ledger->run, (int64_t)ledger->is_joining, (int64_t)is_lossy,
		       until_us - CALM_US, sensor->state, sensor->reason);
	if (r == 0)
		r = handle_run(ledger, STATEMENT_COVERAGE_EXTEND, NULL, "iiii", id, until_us,
			       epochs, (int64_t)is_lossy);
	else if (r == -ENOENT)
		r = coverage_open(ledger, sensor, until_us, epochs, is_lossy, &id);
	if (r == 0 && is_lossy)
		r = coverage_add_losses(ledger, id, i, losses);
	return r;
}

int intervals_extend(struct ledger *ledger, const struct snapshot *snapshot)
{
	struct tick_losses losses;
	int r = coverage_compare_losses(ledger, &losses);

	for (size_t i = 0; i < ledger->coverage->n_sensors && r == 0; i++)
		r = coverage_extend(ledger, i, snapshot, &losses);
	return r;
}

int intervals_evict(struct ledger *ledger, int64_t now_us, uint64_t *budget, int64_t *evicted)
{
	int64_t oldest_us = ledger->max_age_us ? now_us - ledger->max_age_us : 0, until_us;
	uint64_t rows;
	int r = handle_rows(ledger, "coverage", &rows);

	while (r == 0 && *budget > 0) {
		bool is_full = rows > INTERVALS_CAP;

		r = handle_run(ledger, STATEMENT_COVERAGE_FORGET, &until_us, "i",
			       is_full ? INT64_MAX : oldest_us);
		if (r < 0)
			break;
		r = handle_run(ledger, STATEMENT_COVERAGE_NOTE, NULL, "i", until_us);
		(*budget)--;
		*evicted += is_full;
		rows--;
	}
	return r == -ENOENT ? 0 : r;
}

/* ---- Begin and end of a daemon ---- */

/* -ENOENT: there is nothing to go on with. */
static int coverage_go_on(struct ledger *ledger, const char *sensor,
			  const struct coverage_start *start)
{
	int64_t last, id;
	int r = handle_run(ledger, STATEMENT_COVERAGE_LAST, &last, "t", sensor);

	if (r < 0)
		return r;
	return handle_run(ledger, STATEMENT_COVERAGE_GO_ON, &id, "iitit", last, ledger->run,
			  UNATTENDED, start->now_us, start->boot);
}

static int coverage_begin_sensor(struct ledger *ledger, const struct coverage_sensor *sensor,
				 const struct coverage_start *start)
{
	int64_t id;
	int r = -ENOENT;

	if (start->goes_on)
		r = coverage_go_on(ledger, sensor->name, start);
	if (r == 0)
		ledger->is_joining = true;
	if (r == -ENOENT)
		r = coverage_open(ledger, sensor, start->now_us, 0, false, &id);
	return r;
}

/* Counters in the kernel go on with the programs; ours begin anew. */
static int coverage_begin_losses(struct ledger *ledger, const struct coverage *coverage,
				 bool goes_on)
{
	int r = goes_on ? 0 : handle_run(ledger, STATEMENT_STAGE_FORGET, NULL, "");

	for (size_t i = 0; i < coverage->n_losses && r == 0; i++)
		r = handle_run(ledger, STATEMENT_STAGE_SAVE, NULL, "ti", coverage->losses[i].stage,
			       (int64_t)coverage->losses[i].count);
	return r;
}

int coverage_begin(struct ledger *ledger, const struct coverage *coverage,
		   const struct coverage_start *start)
{
	int r;

	(void)snprintf(ledger->boot, sizeof(ledger->boot), "%s", start->boot);
	r = handle_begin(ledger);
	if (r < 0)
		return r;
	r = handle_run(ledger, STATEMENT_RUN_ADD, &ledger->run, "");
	if (r == 0)
		r = coverage_begin_losses(ledger, coverage, start->goes_on);
	for (size_t i = 0; i < coverage->n_sensors && r == 0; i++)
		r = coverage_begin_sensor(ledger, &coverage->sensors[i], start);
	return handle_end(ledger, r);
}

void coverage_note(struct ledger *ledger, const struct coverage *coverage)
{
	if (!coverage) {
		free(take_ptr(ledger->coverage));
		return;
	}
	if (!ledger->coverage)
		ledger->coverage = xmalloc(sizeof(*ledger->coverage));
	*ledger->coverage = *coverage;
}

int coverage_end(struct ledger *ledger, const char *ending)
{
	return handle_run(ledger, STATEMENT_COVERAGE_END, NULL, "t", ending);
}
