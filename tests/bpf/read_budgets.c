/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a listed program may read of a store before the daemon looks at once, on this kernel: the
 * program is this one, its children read.
 */
#include "store.h"

#define BUDGET 5000

static char file[96];

static void read_by_child(int bytes)
{
	pid_t child = fork();
	int fd, status;

	if (child == 0) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		must(fd >= 0 && pread(fd, buffer, (size_t)bytes, 0) == bytes);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int start(void **state)
{
	static char self[256];
	const char *const stores[] = {file, NULL}, *const readers[] = {self, NULL};

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	make_top("stores");
	snprintf(file, sizeof(file), "%s/passwd", top);
	make_file(file, BYTES);
	watch_stores(stores, readers);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return remove_top();
}

static bool is_due(void)
{
	struct snapshot events = {};

	assert_int_equal(sensors_take_events(sensors, &events), 0);
	assert_int_equal(events.n_events, 0);
	snapshot_done(&events);
	return sensors_is_due(sensors);
}

static void give(uint64_t bytes)
{
	(void)sum_of(file);
	sensors_set_read_budget(sensors, 0, bytes);
}

static void who_used_up_the_budget_is_reported_at_once(void **state)
{
	(void)state;
	give(BUDGET);
	read_by_child(BUDGET - 1);
	assert_false(is_due());
	read_by_child(1);
	assert_true(is_due());
	assert_int_equal(sum_of(file).bytes, BUDGET);
	assert_false(is_due());
}

static void the_budget_is_full_again_after_each_collect(void **state)
{
	(void)state;
	give(BUDGET);
	for (int i = 0; i < 3; i++) {
		read_by_child(BUDGET - 1);
		(void)sum_of(file);
		assert_false(is_due());
	}
	read_by_child(2 * BUDGET - 1);
	assert_true(is_due());
}

static void without_a_limit_nobody_is_reported(void **state)
{
	(void)state;
	give(0);
	read_by_child(BYTES);
	assert_false(is_due());
	give(UINT64_MAX);
	read_by_child(BYTES);
	assert_false(is_due());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_used_up_the_budget_is_reported_at_once),
		cmocka_unit_test(the_budget_is_full_again_after_each_collect),
		cmocka_unit_test(without_a_limit_nobody_is_reported),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
