/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one daemon to the next on this kernel: what is gone on with, and what is not. */
#include "wire.h"

#include <bpf/bpf.h>
#include <signal.h>
#include <sys/wait.h>

#include "abi.h"

static char folder[64];

static struct sensors *begin(uint64_t committed_instance, uint64_t committed_epochs)
{
	static const struct watch_list nothing;
	const struct sensor_settings settings = {.mechanism = "auto",
						 .watch = &nothing,
						 .pin_folder = folder,
						 .committed_instance = committed_instance,
						 .committed_epochs = committed_epochs};
	struct sensors *sensors = NULL;
	char problem[256] = "";

	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
	return sensors;
}

static void login(struct wire *wire, unsigned int id, const char *account)
{
	char line[128];

	sprintf(line, "AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.1\n", id);
	wire_say(wire->client, line);
	sprintf(line, "OK\t%u\tuser=%s\n", id, account);
	wire_say(wire->server, line);
}

/* Successes of an account in one collect that is not released. */
static uint64_t look(struct sensors *sensors, const char *account, uint64_t *ret_instance,
		     uint64_t *ret_epoch)
{
	struct snapshot snapshot = {};
	uint64_t successes = 0;

	assert_int_equal(sensors_collect(sensors, &snapshot), 0);
	for (size_t i = 0; i < snapshot.n_attempts; i++)
		if (strcmp(snapshot.attempts[i].account, account) == 0)
			successes += snapshot.attempts[i].count[OUTCOME_SUCCESS];
	*ret_instance = snapshot.instance;
	*ret_epoch = snapshot.epoch;
	snapshot_done(&snapshot);
	return successes;
}

static uint64_t count(struct sensors *sensors, const char *account)
{
	uint64_t instance, epoch, successes = look(sensors, account, &instance, &epoch);

	assert_int_equal(sensors_release(sensors), 0);
	return successes;
}

static int open_pinned(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

static void counting_goes_on_while_no_daemon_runs(void **state)
{
	struct sensors *sensors = begin(0, 0);
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	login(&wire, 1, "on@take.test");
	sensors_close(sensors, /* detach= */ false);
	login(&wire, 2, "on@take.test");
	sensors = begin(0, 0);
	login(&wire, 3, "on@take.test");
	assert_int_equal(count(sensors, "on@take.test"), 3);
	assert_int_equal(count(sensors, "on@take.test"), 0);
	sensors_close(sensors, /* detach= */ true);
	wire_close(&wire);
}

/* A process that has served keeps its mark; so must what says whether it is to be told of. */
static void what_was_seen_of_logins_outlives_the_daemon(void **state)
{
	const struct login_habits seen = {.are_renamed = 1, .hibernate = 1};
	struct sensors *sensors = begin(0, 0);
	struct login_habits habits = {};
	uint32_t master = getpid();
	int map = open_pinned("map_login_habits");

	(void)state;
	assert_int_equal(bpf_map_update_elem(map, &master, &seen, BPF_ANY), 0);
	close(map);
	sensors_close(sensors, /* detach= */ false);
	sensors = begin(0, 0);
	map = open_pinned("map_login_habits");
	assert_int_equal(bpf_map_lookup_elem(map, &master, &habits), 0);
	assert_memory_equal(&habits, &seen, sizeof(seen));
	close(map);
	sensors_close(sensors, /* detach= */ true);
}

/* Is a line about this process among those for the operator? */
static bool says_gap(struct sensors *sensors, pid_t pid, const char *words)
{
	char process[32];
	const char *gap;

	snprintf(process, sizeof(process), "(process %d)", pid);
	for (size_t i = 0; (gap = sensors_login_gap(sensors, i)); i++)
		if (strstr(gap, process) && strstr(gap, words))
			return true;
	return false;
}

static void what_is_not_compared_is_said_while_its_master_runs(void **state)
{
	const struct login_habits renamed = {.are_renamed = 1}, hibernate = {.hibernate = 1};
	struct sensors *sensors = begin(0, 0);
	int map = open_pinned("map_login_habits");
	uint32_t own = getpid(), master;

	(void)state;
	master = fork();
	if (master == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(bpf_map_update_elem(map, &own, &renamed, BPF_ANY), 0);
	assert_int_equal(bpf_map_update_elem(map, &master, &hibernate, BPF_ANY), 0);
	close(map);
	(void)count(sensors, "nobody");
	assert_true(says_gap(sensors, own, "other names"));
	assert_false(says_gap(sensors, own, "imap-hibernate"));
	assert_true(says_gap(sensors, master, "imap-hibernate"));
	assert_int_equal(kill(master, SIGKILL), 0);
	assert_int_equal(waitpid(master, NULL, 0), master);
	(void)count(sensors, "nobody");
	assert_true(says_gap(sensors, own, "other names"));
	assert_false(says_gap(sensors, master, ""));
	sensors_close(sensors, /* detach= */ true);
}

/* The tick in which it is looked for. */
#define TICKS_UNTIL_FORGOTTEN 3

static void a_login_that_nobody_claims_gives_its_place_back(void **state)
{
	const struct login old = {.pid = 1, .id = 1}, young = {.pid = 1, .id = 2};
	struct login_state login = {.boot_ns = 1, .account_hash = 7};
	struct login_share share = {.waiting = 2};
	struct sensors *sensors = begin(0, 0);
	int logins = open_pinned("map_logins"), shares = open_pinned("map_login_shares");
	struct timespec now;
	uint32_t at = 7;

	(void)state;
	assert_int_equal(bpf_map_update_elem(logins, &old, &login, BPF_ANY), 0);
	clock_gettime(CLOCK_BOOTTIME, &now);
	login.boot_ns = now.tv_sec * 1000000000ULL;
	assert_int_equal(bpf_map_update_elem(logins, &young, &login, BPF_ANY), 0);
	assert_int_equal(bpf_map_update_elem(shares, &at, &share, BPF_ANY), 0);
	for (int i = 0; i < TICKS_UNTIL_FORGOTTEN; i++)
		(void)count(sensors, "nobody");
	assert_int_equal(bpf_map_lookup_elem(logins, &old, &login), -ENOENT);
	assert_int_equal(bpf_map_lookup_elem(logins, &young, &login), 0);
	assert_int_equal(bpf_map_lookup_elem(shares, &at, &share), 0);
	assert_int_equal(share.waiting, 1);
	close(logins);
	close(shares);
	sensors_close(sensors, /* detach= */ true);
}

static void a_line_may_begin_under_one_daemon_and_end_under_the_next(void **state)
{
	struct sensors *sensors = begin(0, 0);
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tserv");
	sensors_close(sensors, /* detach= */ false);
	sensors = begin(0, 0);
	wire_say(wire.client, "ice=imap\trip=192.0.2.1\n");
	wire_say(wire.server, "OK\t1\tuser=half@take.test\n");
	assert_int_equal(count(sensors, "half@take.test"), 1);
	sensors_close(sensors, /* detach= */ true);
	wire_close(&wire);
}

static void a_drain_that_was_not_committed_comes_again(void **state)
{
	struct sensors *sensors = begin(0, 0);
	uint64_t instance, epoch;
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	login(&wire, 1, "again@take.test");
	assert_int_equal(look(sensors, "again@take.test", &instance, &epoch), 1);
	sensors_close(sensors, /* detach= */ false);
	sensors = begin(instance, epoch);
	assert_int_equal(count(sensors, "again@take.test"), 1);
	sensors_close(sensors, /* detach= */ true);
	wire_close(&wire);
}

static void a_drain_that_was_committed_does_not_come_again(void **state)
{
	struct sensors *sensors = begin(0, 0);
	uint64_t instance, epoch;
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	login(&wire, 1, "once@take.test");
	assert_int_equal(look(sensors, "once@take.test", &instance, &epoch), 1);
	sensors_close(sensors, /* detach= */ false);
	login(&wire, 2, "once@take.test");
	sensors = begin(instance, epoch + 1);
	assert_int_equal(count(sensors, "once@take.test"), 1);
	sensors_close(sensors, /* detach= */ true);
	wire_close(&wire);
}

/* Writes what a daemon of another version, or one killed at its start, would have left. */
static void tamper(void (*change)(struct settings *settings))
{
	int fd = open_pinned("map_settings");
	struct settings settings;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &settings), 0);
	change(&settings);
	assert_int_equal(bpf_map_update_elem(fd, &zero, &settings, BPF_ANY), 0);
	close(fd);
}

static void is_unfinished(struct settings *settings)
{
	settings->complete = 0;
}

static void is_of_another_layout(struct settings *settings)
{
	settings->layout_version = 77;
}

static void starts_anew(void (*change)(struct settings *settings))
{
	struct sensors *sensors = begin(0, 0);
	struct wire wire;

	wire_open(&wire, /* greet= */ true);
	login(&wire, 1, "anew@take.test");
	sensors_close(sensors, /* detach= */ false);
	tamper(change);
	sensors = begin(0, 0);
	assert_int_equal(count(sensors, "anew@take.test"), 0);
	wire_close(&wire);
	wire_open(&wire, /* greet= */ true);
	login(&wire, 1, "anew@take.test");
	assert_int_equal(count(sensors, "anew@take.test"), 1);
	sensors_close(sensors, /* detach= */ true);
	wire_close(&wire);
}

static void an_unfinished_start_is_undone(void **state)
{
	(void)state;
	starts_anew(is_unfinished);
}

static void another_layout_is_never_misread(void **state)
{
	(void)state;
	starts_anew(is_of_another_layout);
}

static size_t said;

static void note_name(const char *name)
{
	assert_true(strncmp(name, "map_", 4) == 0 || strncmp(name, "link_", 5) == 0 ||
		    strncmp(name, "hook_", 5) == 0);
	said++;
}

static void detaching_says_each_name_and_leaves_nothing(void **state)
{
	struct sensors *sensors = begin(0, 0);

	(void)state;
	sensors_close(sensors, /* detach= */ false);
	assert_int_equal(access(folder, F_OK), 0);
	assert_true(sensors_detach(folder, note_name) > 10);
	assert_true(said > 10);
	assert_int_equal(access(folder, F_OK), -1);
	assert_int_equal(sensors_detach(folder, note_name), 0);
}

static void an_orderly_end_leaves_no_pin(void **state)
{
	(void)state;
	sensors_close(begin(0, 0), /* detach= */ true);
	assert_int_equal(access(folder, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counting_goes_on_while_no_daemon_runs),
		cmocka_unit_test(what_was_seen_of_logins_outlives_the_daemon),
		cmocka_unit_test(what_is_not_compared_is_said_while_its_master_runs),
		cmocka_unit_test(a_login_that_nobody_claims_gives_its_place_back),
		cmocka_unit_test(a_line_may_begin_under_one_daemon_and_end_under_the_next),
		cmocka_unit_test(a_drain_that_was_not_committed_comes_again),
		cmocka_unit_test(a_drain_that_was_committed_does_not_come_again),
		cmocka_unit_test(an_unfinished_start_is_undone),
		cmocka_unit_test(another_layout_is_never_misread),
		cmocka_unit_test(detaching_says_each_name_and_leaves_nothing),
		cmocka_unit_test(an_orderly_end_leaves_no_pin),
	};

	snprintf(folder, sizeof(folder), "/sys/fs/bpf/wax-takeover-%d", getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
