/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every access path to a message and to a credential store, on each mechanism: what the sensor
 * makes of it, as a table. An access path that cannot be taken on a machine is a row that says why.
 *
 * docs/coverage.md has what it prints; where that page is at hand, each row must be there.
 */
#include "wire.h"
#include "watched.h"

#include <signal.h>

#include "access_paths/strange.h"

#define ACCOUNT "alice@isp1.test"
#define TIMES 3

enum seen { EXACT, FLAGGED, UNSEEN };
static const char *const seen_words[] = {"counted", "flagged", "not seen"};

typedef void road_take(const struct target *to);

struct access_path {
	const char *name;
	road_take *take;
	enum tree tree;
	enum seen mail_syscall, mail_function, store_syscall, store_function;
	const char *program; /* the end of the reader's path, where it is not this test */
};

#define ALWAYS EXACT, EXACT, EXACT, EXACT
#define NEVER UNSEEN, UNSEEN, UNSEEN, UNSEEN

static const struct access_path access_paths[] = {
	{"absolute path", by_absolute_path, TREE_PLAIN, ALWAYS, NULL},
	{"relative path", by_relative_path, TREE_PLAIN, ALWAYS, NULL},
	{"openat, from a folder's descriptor", by_folder_descriptor, TREE_PLAIN, ALWAYS, NULL},
	{"openat2", by_openat2, TREE_PLAIN, ALWAYS, NULL},
	{"symbolic link", by_symbolic_link, TREE_PLAIN, ALWAYS, NULL},
	{"another thread", by_thread, TREE_PLAIN, ALWAYS, NULL},
	{"open_by_handle_at", by_handle, TREE_PLAIN, ALWAYS, NULL},
	{"open_by_handle_at, name not in memory", by_handle_of_a_forgotten_name, TREE_PLAIN, FLAGGED,
	 FLAGGED, EXACT, EXACT, NULL},
	{"hard link in the tree", by_link_beside, TREE_PLAIN, ALWAYS, NULL},
	{"hard link out of the tree", by_link_out_of_the_tree, TREE_PLAIN, ALWAYS, NULL},
	{"hard link out of the tree, name in it not in memory", by_link_out_of_the_tree_forgotten,
	 TREE_PLAIN, UNSEEN, UNSEEN, EXACT, EXACT, NULL},
	{"moved out of the tree", by_moving_out_of_the_tree, TREE_PLAIN, UNSEEN, EXACT, EXACT, EXACT,
	 NULL},
	{"in a folder moved out of the tree", by_moving_its_folder, TREE_PLAIN, UNSEEN, FLAGGED, EXACT,
	 EXACT, NULL},
	{"bind mount", by_bind_mount, TREE_PLAIN, ALWAYS, NULL},
	{"mount attached nowhere (open_tree)", by_detached_mount, TREE_PLAIN, ALWAYS, NULL},
	{"another mount name space", in_another_name_space, TREE_PLAIN, ALWAYS, NULL},
	{"chroot", in_a_chroot, TREE_PLAIN, ALWAYS, NULL},
	{"container: name spaces and pivot_root", in_a_container, TREE_PLAIN, ALWAYS, NULL},
	{"overlay as the root", by_absolute_path, TREE_OVERLAY, ALWAYS, NULL},
	{"overlay as the root, after copy-up", after_copy_up, TREE_OVERLAY, ALWAYS, NULL},
	{"the layer below an overlay that is the root", by_the_layer_below, TREE_OVERLAY, NEVER, NULL},
	{"the root as the layer below an overlay", as_the_layer_of_another, TREE_PLAIN, NEVER, NULL},
	{"the root as the layer below an overlay of a user's", as_the_layer_of_a_user, TREE_PLAIN,
	 ALWAYS, NULL},
	{"btrfs", by_absolute_path, TREE_BTRFS, ALWAYS, NULL},
	{"btrfs, open_by_handle_at", by_handle, TREE_BTRFS, ALWAYS, NULL},
	{"btrfs, hard link out of the tree", by_link_out_of_the_tree, TREE_BTRFS, ALWAYS, NULL},
	{"/proc/PID/root", by_proc_root, TREE_PLAIN, ALWAYS, NULL},
	{"/proc/PID/cwd", by_proc_cwd, TREE_PLAIN, ALWAYS, NULL},
	{"/proc/PID/fd of an O_PATH descriptor", by_proc_fd, TREE_PLAIN, ALWAYS, NULL},
	{"/proc/PID/fd of another process", by_proc_fd_of_another, TREE_PLAIN, ALWAYS, NULL},
	{"mmap", and_mmap, TREE_PLAIN, ALWAYS, NULL},
	{"sendfile", and_sendfile, TREE_PLAIN, ALWAYS, NULL},
	{"splice", and_splice, TREE_PLAIN, ALWAYS, NULL},
	{"copy_file_range", and_copy_file_range, TREE_PLAIN, ALWAYS, NULL},
	{"program of a chroot", by_program_of_a_chroot, TREE_PLAIN, ALWAYS, "/plain/narrow"},
	{"program of a container", by_program_of_a_container, TREE_PLAIN, ALWAYS, "/plain/narrow"},
	{"renamed program", by_renamed_program, TREE_PLAIN, ALWAYS, "/imap"},
	{"deleted program", by_deleted_program, TREE_PLAIN, ALWAYS, "/gone"},
	{"program without a file (memfd)", by_program_without_a_file, TREE_PLAIN, ALWAYS,
	 "/memfd:reader"},
	{"32-bit system call", by_32_bit_call, TREE_PLAIN, ALWAYS, NULL},
	{"32-bit program", by_32_bit_program, TREE_PLAIN, ALWAYS, "/memfd:narrow"},
	{"descriptor passed over a socket, for the opener", by_descriptor_over_a_socket, TREE_PLAIN,
	 ALWAYS, NULL},
	{"descriptor taken by pidfd_getfd, for the opener", by_descriptor_of_another, TREE_PLAIN,
	 ALWAYS, NULL},
	{"descriptor inherited over exec, for the opener", by_descriptor_over_exec, TREE_PLAIN, ALWAYS,
	 NULL},
	{"descriptor from before the sensor", by_descriptor_from_before, TREE_PLAIN, ALWAYS, NULL},
	{"io_uring", by_io_uring, TREE_PLAIN, FLAGGED, EXACT, FLAGGED, EXACT, NULL},
	{"descriptor handed out by fanotify", by_listening, TREE_PLAIN, FLAGGED, EXACT, FLAGGED, EXACT,
	 NULL},
};

/* ---- One access path ---- */

struct result {
	uint64_t opens, flagged;
	bool is_possible, is_named; /* named: the reader is whom it should be */
	char because[128];
};

static uint64_t flags(const struct sensors *sensors)
{
	static const char *const stages[] = {"io_uring_unseen", "name_unknown", "fanotify_unseen",
					     "moved_out"};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		sum += wire_lost((struct sensors *)sensors, stages[i]);
	return sum;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool take(const struct access_path *access_path, const struct target *to,
		 struct result *result)
{
	int status;
	pid_t child;

	because[0] = '\0';
	child = fork();
	if (child == 0) {
		access_path->take(to);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status == 0)
		return true;
	snprintf(result->because, sizeof(result->because), "%s",
		 because[0] ? because : "the program could not be run");
	return false;
}

#define OWN "/tests/bpf/access_paths"

static void collect(struct sensors *sensors, struct snapshot *snapshot)
{
	assert_int_equal(sensors_collect(sensors, snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
}

static void count(const struct snapshot *snapshot, const struct target *to, const char *program,
		  struct result *result)
{
	result->is_named = true;
	for (size_t i = 0; i < snapshot->n_reads; i++) {
		if (strcmp(to->leaf, MESSAGE) != 0 || strcmp(snapshot->reads[i].account, ACCOUNT) != 0)
			continue;
		result->opens += snapshot->reads[i].messages;
		result->is_named &= ends_with(snapshot->reads[i].actor, program);
	}
	for (size_t i = 0; i < snapshot->n_stores; i++) {
		/* a program that only read is not the opener */
		if (strcmp(snapshot->stores[i].path, to->path) != 0 || !snapshot->stores[i].opens)
			continue;
		result->opens += snapshot->stores[i].opens;
		result->is_named &= ends_with(snapshot->stores[i].actor, program);
	}
}

/* ---- What was open before the sensor ---- */

static struct result early[2]; /* message, store */

/* Whoever has both open, three times each; a message of its own, or its name stays in memory. */
static pid_t hold_early(void)
{
	const struct target *mail = &targets[TREE_PLAIN][0], *store = &targets[TREE_PLAIN][1];
	char message[256], byte;
	int ready[2];
	pid_t holder;

	snprintf(message, sizeof(message), "%s/%s", mail->folder, EARLY_MESSAGE);
	if (pipe(ready) < 0)
		return -1;
	holder = fork();
	if (holder == 0) {
		for (int i = 0; i < TIMES; i++)
			(void)(open(message, O_RDONLY) + open(store->path, O_RDONLY));
		(void)!write(ready[1], "", 1);
		pause();
	}
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	close(ready[1]);
	return holder;
}

static void count_early(struct sensors *sensors)
{
	struct snapshot snapshot = {};

	collect(sensors, &snapshot);
	for (int object = 0; object < 2; object++) {
		early[object] = (struct result){.is_possible = true};
		count(&snapshot, &targets[TREE_PLAIN][object], OWN, &early[object]);
	}
	snapshot_done(&snapshot);
}

/* Reading from it later is no open. */
static struct result try_early(struct sensors *sensors, const struct access_path *access_path,
			       int object)
{
	const struct target *to = &targets[access_path->tree][object];
	struct snapshot snapshot = {};
	struct result *result = &early[object];

	result->is_possible = take(access_path, to, result);
	collect(sensors, &snapshot);
	count(&snapshot, to, OWN, result);
	snapshot_done(&snapshot);
	return *result;
}

static struct result try_access_path(struct sensors *sensors,
				     const struct access_path *access_path, int object)
{
	const struct target *to = &targets[access_path->tree][object];
	struct result result = {.is_possible = true};
	uint64_t flagged = flags(sensors);
	struct snapshot snapshot = {};

	if (access_path->take == by_descriptor_from_before)
		return try_early(sensors, access_path, object);
	if (missing[access_path->tree][0]) {
		result.is_possible = false;
		strcpy(result.because, missing[access_path->tree]);
		return result;
	}
	for (int i = 0; i < TIMES && result.is_possible; i++)
		result.is_possible = take(access_path, to, &result);
	collect(sensors, &snapshot);
	count(&snapshot, to, access_path->program ? access_path->program : OWN, &result);
	snapshot_done(&snapshot);
	result.flagged = flags(sensors) - flagged;
	return result;
}

/* ---- The table ---- */

static const char *word_of(const struct result *result, char text[192])
{
	if (!result->is_possible)
		snprintf(text, 192, "impossible here: %s", result->because);
	else if (result->opens == TIMES)
		snprintf(text, 192, "%s%s", seen_words[EXACT], result->is_named ? "" : " for another");
	else if (result->opens)
		snprintf(text, 192, "%d of %d counted", (int)result->opens, TIMES);
	else
		snprintf(text, 192, "%s", seen_words[result->flagged >= TIMES ? FLAGGED : UNSEEN]);
	return text;
}

#define PUBLISHED "docs/coverage.md"

/* Is the row in the published table of the mechanism? */
static bool is_published(const char *mechanism, const char *row)
{
	FILE *page = fopen(PUBLISHED, "re");
	bool is_section = false, found = false;
	char line[512], heading[64];

	if (!page)
		return true; /* not at hand */
	snprintf(heading, sizeof(heading), "By `%s`", mechanism);
	while (!found && fgets(line, sizeof(line), page)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "By `", 4) == 0)
			is_section = strncmp(line, heading, strlen(heading)) == 0;
		found = is_section && strcmp(line, row) == 0;
	}
	fclose(page);
	return found;
}

/* Returns whether it is as it should be. */
static bool print_access_path(struct sensors *sensors, const struct access_path *access_path,
			      const char *mechanism)
{
	bool by_function = strcmp(mechanism, "function") == 0, is_possible = true;
	const enum seen expected[2] = {
		by_function ? access_path->mail_function : access_path->mail_syscall,
		by_function ? access_path->store_function : access_path->store_syscall};
	char text[2][192], row[512];
	bool holds = true;

	for (int object = 0; object < 2; object++) {
		struct result result = try_access_path(sensors, access_path, object);

		word_of(&result, text[object]);
		is_possible &= result.is_possible;
		holds &= !result.is_possible || strcmp(text[object], seen_words[expected[object]]) == 0;
	}
	snprintf(row, sizeof(row), "| %s | %s | %s |", access_path->name, text[0], text[1]);
	printf("%s%s\n", row, holds ? "" : " UNEXPECTED");
	if (!holds || !is_possible || is_published(mechanism, row))
		return holds;
	printf("  this row is not in %s\n", PUBLISHED);
	return false;
}

static struct sensors *watch(const char *mechanism, char *ret_problem, size_t size)
{
	static char root[TREES][128];
	const char *roots[TREES + 1] = {}, *stores[TREES + 1] = {};
	const struct sensor_settings settings = {.mechanism = mechanism, .watch = &watched};
	struct sensors *sensors = NULL;

	for (int i = 0; i < TREES; i++) {
		snprintf(root[i], sizeof(root[i]), "%s/mail/%%d/%%n", targets[i][0].tree);
		roots[i] = root[i];
		stores[i] = targets[i][1].path;
	}
	watch_names(WATCH_MAIL_ROOT, roots);
	watch_names(WATCH_STORE, stores);
	return sensors_open(&settings, &sensors, ret_problem, size) < 0 ? NULL : sensors;
}

/* Returns how many access paths are not as they should be. */
static int print_mechanism(const char *mechanism)
{
	char problem[256] = "";
	pid_t holder = hold_early();
	struct sensors *sensors = watch(mechanism, problem, sizeof(problem));
	const char *used = sensors ? sensors_status(sensors, SENSOR_MAILBOX)->mechanism : NULL;
	int wrong = 0;

	if (used && strcmp(used, mechanism) == 0) {
		count_early(sensors);
		printf("\nBy `%s`:\n\n| access path | mail | credential store |\n|---|---|---|\n", mechanism);
		for (size_t i = 0; i < sizeof(access_paths) / sizeof(access_paths[0]); i++)
			wrong += !print_access_path(sensors, &access_paths[i], mechanism);
	} else {
		printf("\nBy `%s`: impossible here: %s\n", mechanism, problem);
	}
	sensors_close(sensors, /* detach= */ true);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	return wrong;
}

int main(void)
{
	int wrong;

	setvbuf(stdout, NULL, _IOLBF, 0);
	because = mmap(NULL, 128, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	place_make();
	wrong = print_mechanism("syscall");
	wrong += print_mechanism("function");
	place_remove();
	if (wrong)
		printf("\naccess_paths: %d not as they should be\n", wrong);
	return wrong ? 1 : 0;
}
