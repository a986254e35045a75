/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder with stores in it, a sensor that watches them, and what it counted. */
#ifndef WAX_TESTS_STORE_H
#define WAX_TESTS_STORE_H

#include "fixture.h"
#include "child.h"

#define BYTES 10000

static char buffer[2 * BYTES];

struct sum {
	uint64_t opens, bytes, events, read_events;
};

static inline void watch_stores(const char *const *stores, const char *const *readers)
{
	watch_list_done(&watched);
	watch_names(WATCH_STORE, stores);
	watch_names(WATCH_STORE_READER, readers);
	open_sensors();
}

/* What was counted and told since the last call, of one store. */
static inline struct sum sum_of(const char *store)
{
	struct snapshot snapshot = {};
	struct sum sum = {};

	collect(&snapshot);
	for (size_t i = 0; i < snapshot.n_stores; i++) {
		if (strcmp(snapshot.stores[i].path, store) != 0)
			continue;
		sum.opens += snapshot.stores[i].opens;
		sum.bytes += snapshot.stores[i].bytes;
	}
	for (size_t i = 0; i < snapshot.n_events; i++) {
		if (strcmp(snapshot.events[i].object, store) != 0)
			continue;
		sum.events += snapshot.events[i].was_opened;
		sum.read_events += !snapshot.events[i].was_opened;
	}
	snapshot_done(&snapshot);
	return sum;
}

/* For a child: what does not hold ends it, and is said. */
#define must(holds)                                                                                \
	do {                                                                                       \
		if (holds)                                                                         \
			break;                                                                     \
		fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #holds, strerror(errno));   \
		_exit(1);                                                                          \
	} while (0)

#endif
