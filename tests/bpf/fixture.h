/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of the test's own, sensors that watch what lies there, and what they counted. */
#ifndef WAX_TESTS_FIXTURE_H
#define WAX_TESTS_FIXTURE_H

#include "wire.h"
#include "watched.h"

#include <sys/stat.h>

static struct sensors *sensors;
static char top[64]; /* the folder */

/* Some kernels need replicas of each hook, bpf/hooks/replica.bpf.h: no event may count twice there.
 */
static bool replicate_hooks;

static inline void make_top(const char *name)
{
	snprintf(top, sizeof(top), "/var/tmp/wax-%s-%d", name, getpid());
	(void)mkdir(top, 0755);
}

static inline int remove_top(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

/* The folders above a path. */
static inline void make_folders(const char *path)
{
	char part[256];

	for (const char *at = path + 1; (at = strchr(at, '/')); at++) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		(void)mkdir(part, 0755);
	}
}

/* With the folders above it; what was there is replaced. */
static inline void make_file(const char *path, size_t bytes)
{
	char block[16384];
	int fd;

	make_folders(path);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	memset(block, 'x', sizeof(block));
	assert_true(fd >= 0 && bytes <= sizeof(block));
	assert_int_equal(write(fd, block, bytes), bytes);
	close(fd);
}

#define FIXTURE_PATH_BYTES 160

/* The same below the test's folder. */
static inline void make_file_below(char ret_path[FIXTURE_PATH_BYTES], const char *path,
				   size_t bytes)
{
	snprintf(ret_path, FIXTURE_PATH_BYTES, "%s/%s", top, path);
	make_file(ret_path, bytes);
}

/* Sensors for all names that the test watches. */
static inline void open_sensors(void)
{
	const struct sensor_settings settings = {
		.mechanism = "auto", .replicate_hooks = replicate_hooks, .watch = &watched};
	char problem[256];

	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
}

/* The end of a group of tests. */
static inline int close_sensors(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return remove_top();
}

/* What was counted since the last call; records wait in the ring. */
static inline void collect_counts(struct snapshot *snapshot)
{
	assert_int_equal(sensors_collect(sensors, snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
}

/* What was counted and reported since the last call. */
static inline void collect(struct snapshot *snapshot)
{
	collect_counts(snapshot);
	assert_int_equal(sensors_take_events(sensors, snapshot), 0);
}

#endif
