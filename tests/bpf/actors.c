/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who reads: the user who logged in, the service and the parent, beside program and user. */
#include "fixture.h"

#include <sys/vfs.h>
#include <sys/wait.h>

#include <linux/magic.h>

#define ACCOUNT "alice@isp1.test"
#define LOGIN_UID 54321

static char message[FIXTURE_PATH_BYTES], store[FIXTURE_PATH_BYTES], group[160];

/* Where the unified hierarchy is: beside the older ones, or alone. */
static const char *groups_folder(void)
{
	static const char *const places[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	struct statfs info;

	for (size_t i = 0; i < 2; i++)
		if (statfs(places[i], &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static int start(void **state)
{
	static char root[96];
	static const char *roots[] = {root, NULL}, *stores[] = {store, NULL};

	(void)state;
	make_top("actors");
	snprintf(root, sizeof(root), "%s/mail/%%d/%%n", top);
	snprintf(group, sizeof(group), "%s/wax-actors-%d.slice", groups_folder(), getpid());
	make_file_below(message, "mail/isp1.test/alice/cur/1.eml:2,S", 0);
	make_file_below(store, "passwd", 0);
	assert_int_equal(mkdir(group, 0755), 0);
	watch_names(WATCH_MAIL_ROOT, roots);
	watch_names(WATCH_STORE, stores);
	open_sensors();
	return 0;
}

static int stop(void **state)
{
	(void)rmdir(group);
	return close_sensors(state);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(77);
	close(fd);
}

static void open_both(void)
{
	if (open(message, O_RDONLY | O_CLOEXEC) < 0 || open(store, O_RDONLY | O_CLOEXEC) < 0)
		_exit(77);
}

/* In a process that is gone afterwards, in a group of this name that is gone, too. */
static void read_within(const char *name, bool logged_in)
{
	char folder[256], procs[300], login[16];
	int status;
	pid_t child;

	snprintf(folder, sizeof(folder), "%s/%s", group, name);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", folder);
	snprintf(login, sizeof(login), "%d", LOGIN_UID);
	assert_int_equal(mkdir(folder, 0755), 0);
	child = fork();
	if (child == 0) {
		write_text(procs, "0");
		if (logged_in)
			write_text("/proc/self/loginuid", login);
		open_both();
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(status, 0);
}

static void a_reader_is_named_by_login_service_and_parent(void **state)
{
	struct snapshot snapshot = {};

	(void)state;
	read_within("wax.service", /* logged_in= */ true);
	collect(&snapshot);
	assert_int_equal(snapshot.n_reads, 1);
	assert_string_equal(snapshot.reads[0].account, ACCOUNT);
	assert_string_equal(snapshot.reads[0].unit, "wax.service");
	assert_string_equal(snapshot.reads[0].parent, "actors");
	assert_int_equal(snapshot.reads[0].login_uid, LOGIN_UID);
	assert_int_equal(snapshot.n_stores, 1);
	assert_string_equal(snapshot.stores[0].unit, "wax.service");
	assert_int_equal(snapshot.stores[0].login_uid, LOGIN_UID);
	assert_int_equal(snapshot.n_events, 1);
	assert_string_equal(snapshot.events[0].unit, "wax.service");
	assert_string_equal(snapshot.events[0].parent, "actors");
	assert_int_equal(snapshot.events[0].login_uid, LOGIN_UID);
	snapshot_done(&snapshot);
}

static void each_login_and_each_service_is_a_reader_of_its_own(void **state)
{
	struct snapshot snapshot = {};
	unsigned int logged_in = 0;

	(void)state;
	read_within("one.service", /* logged_in= */ true);
	read_within("one.service", /* logged_in= */ false);
	read_within("session-5.scope", /* logged_in= */ false);
	collect(&snapshot);
	assert_int_equal(snapshot.n_reads, 3);
	assert_int_equal(snapshot.n_stores, 3);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		assert_int_equal(snapshot.reads[i].messages, 1);
		logged_in += snapshot.reads[i].login_uid == LOGIN_UID;
	}
	assert_int_equal(logged_in, 1);
	snapshot_done(&snapshot);
}

/* The kernel's table holds 512 groups; the daemon takes them over. */
static void names_do_not_run_out(void **state)
{
	(void)state;
	for (int i = 0; i < 700; i += 20) {
		struct snapshot snapshot = {};

		for (int j = i; j < i + 20; j++) {
			char name[48];

			snprintf(name, sizeof(name), "session-%d.scope", j);
			read_within(name, /* logged_in= */ false);
		}
		collect(&snapshot);
		assert_int_equal(snapshot.n_reads, 20);
		for (size_t j = 0; j < snapshot.n_reads; j++)
			assert_memory_equal(snapshot.reads[j].unit, "session-", 8);
		snapshot_done(&snapshot);
	}
	assert_int_equal(wire_lost(sensors, "units_full"), 0);
}

static void a_name_that_is_too_long_is_cut(void **state)
{
	struct snapshot snapshot = {};
	char name[120] = {};

	(void)state;
	memset(name, 'x', 110);
	read_within(name, /* logged_in= */ false);
	collect(&snapshot);
	assert_int_equal(snapshot.n_reads, 1);
	name[96] = '\0';
	assert_non_null(strstr(snapshot.reads[0].unit, name));
	snapshot_done(&snapshot);
}

/* Opens the store as a program of its own. */
static void read_as_copy(int number)
{
	char path[FIXTURE_PATH_BYTES];
	int from = open("/bin/cat", O_RDONLY | O_CLOEXEC), to, status, nowhere;
	pid_t child;

	snprintf(path, sizeof(path), "%s/copy-%d", top, number);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(from >= 0 && to >= 0);
	while (copy_file_range(from, NULL, to, NULL, 1 << 20, 0) > 0)
		;
	close(from);
	close(to);
	child = fork();
	if (child == 0) {
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(nowhere, 1);
		execl(path, "cat", store, NULL);
		_exit(77);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static bool is_named(const struct snapshot *snapshot, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "/copy-%d", number);
	for (size_t i = 0; i < snapshot->n_stores; i++) {
		size_t length = strlen(snapshot->stores[i].actor);

		if (length > strlen(name) && snapshot->stores[i].actor[0] == '/' &&
		    strcmp(snapshot->stores[i].actor + length - strlen(name), name) == 0)
			return true;
	}
	return false;
}

/* The kernel's table holds 1,024 programs: somebody fills it in one tick, and in the next it is
 * empty. */
static void a_full_table_of_programs_is_emptied(void **state)
{
	struct snapshot snapshot = {};

	(void)state;
	for (int i = 0; i < 1100; i++)
		read_as_copy(i);
	collect(&snapshot);
	assert_true(wire_lost(sensors, "programs_full") > 0);
	snapshot_reset(&snapshot);
	read_as_copy(2000);
	read_as_copy(0);
	collect(&snapshot);
	assert_true(is_named(&snapshot, 2000));
	assert_true(is_named(&snapshot, 0));
	snapshot_done(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_is_named_by_login_service_and_parent),
		cmocka_unit_test(each_login_and_each_service_is_a_reader_of_its_own),
		cmocka_unit_test(names_do_not_run_out),
		cmocka_unit_test(a_name_that_is_too_long_is_cut),
		cmocka_unit_test(a_full_table_of_programs_is_emptied),
	};

	if (!groups_folder()) {
		puts("actors: no unified hierarchy of control groups here");
		return 0;
	}
	return cmocka_run_group_tests(tests, start, stop);
}
