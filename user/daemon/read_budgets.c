/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read budgets: how much listed programs may read of each credential store before the tick ends
 * early. The kernel has one budget for each store, so the least of all its readers counts.
 */
#include <string.h>

#include "base/mem.h"
#include "daemon/daemon.h"

/* The least of what the programs that read it just now, or a new one, may read of a store. */
static uint64_t read_budget_of(const struct daemon *daemon, const char *store)
{
	struct engine *engine = detection_engine(daemon->detection);
	uint64_t least = engine_read_budget(engine, daemon->until_us, store, "");

	for (size_t i = 0; i < daemon->tick.n_stores; i++) {
		const struct store_row *row = &daemon->tick.stores[i];
		uint64_t budget;

		if (!row->allowed || strcmp(row->path, store) != 0)
			continue;
		budget = engine_read_budget(engine, daemon->until_us, store, row->actor);
		least = budget < least ? budget : least;
	}
	return least;
}

void daemon_set_read_budgets(struct daemon *daemon)
{
	const struct watch_entries *stores = &daemon->scope.watch.of[WATCH_STORE];

	if (!daemon->read_budgets)
		daemon->read_budgets = xcalloc(stores->count + 1, sizeof(*daemon->read_budgets));
	for (size_t i = 0; i < stores->count; i++) {
		uint64_t budget = read_budget_of(daemon, stores->items[i].name);

		if (budget == daemon->read_budgets[i])
			continue;
		daemon->read_budgets[i] = budget;
		sensors_set_read_budget(daemon->sensors, (uint32_t)i, budget);
	}
}
