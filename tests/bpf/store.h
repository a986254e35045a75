/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder with stores in it, a sensor that watches them, and what it counted. */
#ifndef WAX_TESTS_STORE_H
#define WAX_TESTS_STORE_H

#include "wire.h"
#include "watched.h"

#include "child.h"

#include <sys/stat.h>

#define BYTES 10000

static struct sensors *sensors;
static char top[64];
static char buffer[2 * BYTES];

struct sum {
	uint64_t opens, bytes, events, read_events;
};

static inline void make_file(const char *path, size_t bytes)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	char block[BYTES];

	memset(block, 'x', sizeof(block));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, block, bytes), bytes);
	close(fd);
}

static inline void make_top(void)
{
	snprintf(top, sizeof(top), "/var/tmp/wax-stores-%d", getpid());
	(void)mkdir(top, 0755);
}

static inline int remove_top(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static inline void watch_stores(const char *const *stores, const char *const *readers)
{
	const struct sensor_settings settings = {.mechanism = "auto", .watch = &watched};
	char problem[256];

	watch_list_done(&watched);
	watch_names(WATCH_STORE, stores);
	watch_names(WATCH_STORE_READER, readers);
	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
}

/* What was counted and told since the last call, of one store. */
static inline struct sum sum_of(const char *store)
{
	struct snapshot snapshot = {};
	struct sum sum = {};

	assert_int_equal(sensors_collect(sensors, &snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
	assert_int_equal(sensors_take_events(sensors, &snapshot), 0);
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
