/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mailbox and credential sensors on this kernel: access paths to a file, all taken by a child. */
#include "fixture.h"
#include "child.h"

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#define ACCOUNT "alice@isp1.test"

static char mailbox[128], message[FIXTURE_PATH_BYTES], store[FIXTURE_PATH_BYTES];

static int start(void **state)
{
	static char root[96], boxes[96];
	static const char *roots[] = {root, boxes, NULL}, *stores[] = {store, NULL};

	(void)state;
	make_top("files");
	snprintf(root, sizeof(root), "%s/mail/%%d/%%n", top);
	snprintf(boxes, sizeof(boxes), "mbox:%s/boxes/%%u/mail", top);
	snprintf(mailbox, sizeof(mailbox), "%s/mail/isp1.test/alice", top);
	make_file_below(message, "mail/isp1.test/alice/Maildir/cur/1.eml:2,S", 2);
	make_file_below(store, "boxes/other", 2); /* the folder is watched */
	make_file_below(store, "passwd", 2);
	watch_names(WATCH_MAIL_ROOT, roots);
	watch_names(WATCH_STORE, stores);
	open_sensors();
	return 0;
}

/* Takes the access path in a child; expects that the sensor counts so many messages of ACCOUNT. An access path that
 * the host refuses is skipped alone, and false. */
static bool expect_messages(void (*access_path)(void), const char *name, uint64_t expected)
{
	bool is_taken = child_takes(access_path, name);
	struct snapshot snapshot = {};
	uint64_t messages = 0;

	collect_counts(&snapshot);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		if (strcmp(snapshot.reads[i].account, ACCOUNT) != 0)
			continue;
		messages += snapshot.reads[i].messages;
		assert_int_equal(snapshot.reads[i].reader, READER_OTHER);
		assert_non_null(strstr(snapshot.reads[i].actor, "tests/bpf/files"));
	}
	snapshot_done(&snapshot);
	if (is_taken && messages != expected)
		fail_msg("%s: %llu messages instead of %llu", name, (unsigned long long)messages,
			 (unsigned long long)expected);
	return is_taken;
}
#define EXPECT_MESSAGES(access_path, expected) expect_messages(access_path, #access_path, expected)

static void open_or_give_up(int fd)
{
	if (fd < 0)
		_exit(ACCESS_PATH_REFUSED);
	close(fd);
}

static void by_absolute_path(void)
{
	open_or_give_up(open(message, O_RDONLY));
}

static void by_relative_path(void)
{
	open_or_give_up(chdir(mailbox) == 0 ? open("Maildir/cur/1.eml:2,S", O_RDWR) : -1);
}

static void by_directory_descriptor(void)
{
	int folder = open(mailbox, O_PATH | O_DIRECTORY);

	open_or_give_up(openat(folder, "Maildir/cur/1.eml:2,S", O_RDONLY));
}

static void by_openat2(void)
{
	struct open_how how = {.flags = O_RDONLY};

	open_or_give_up(syscall(SYS_openat2, AT_FDCWD, message, &how, sizeof(how)));
}

static void by_proc_self_fd(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open(message, O_PATH));
	open_or_give_up(open(path, O_RDONLY));
}

static void by_handle(void)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} file = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, mount = open(top, O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, message, &file.handle, &mount_id, 0) < 0)
		_exit(ACCESS_PATH_REFUSED);
	open_or_give_up(open_by_handle_at(mount, &file.handle, O_RDONLY));
}

/* One that is attached nowhere: it needs no namespace, and no root that is a mount point. */
static void by_bind_mount(void)
{
	int tree = open_tree(AT_FDCWD, mailbox, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	open_or_give_up(openat(tree, "Maildir/cur/1.eml:2,S", O_RDONLY));
}

/* open(2) of the 32-bit table, whose number is fstat's in the other one. */
static void by_32_bit_call(void)
{
	char *low = child_low_page();

	strcpy(low, message);
	open_or_give_up(child_call_32_bit(5, (long)low, O_RDONLY, 0));
}

static void by_path_only(void)
{
	open_or_give_up(open(message, O_PATH));
}

static void for_writing(void)
{
	open_or_give_up(open(message, O_WRONLY | O_APPEND));
}

static void a_missing_file(void)
{
	char path[200];

	snprintf(path, sizeof(path), "%s.gone", message);
	(void)open(path, O_RDONLY);
}

static void an_index_file(void)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/Maildir/dovecot.index.cache", mailbox);
	open_or_give_up(open(path, O_CREAT | O_RDWR, 0600));
}

static void every_road_to_a_message_counts_once(void **state)
{
	(void)state;
	EXPECT_MESSAGES(by_absolute_path, 1);
	EXPECT_MESSAGES(by_relative_path, 1);
	EXPECT_MESSAGES(by_directory_descriptor, 1);
	EXPECT_MESSAGES(by_openat2, 1);
	EXPECT_MESSAGES(by_proc_self_fd, 1);
	EXPECT_MESSAGES(by_handle, 1);
	EXPECT_MESSAGES(by_bind_mount, 1);
	EXPECT_MESSAGES(by_32_bit_call, 1);
}

static void what_reads_no_message_counts_nothing(void **state)
{
	(void)state;
	EXPECT_MESSAGES(by_path_only, 0);
	EXPECT_MESSAGES(for_writing, 0);
	EXPECT_MESSAGES(a_missing_file, 0);
}

static char mailbox_file[200];

static void an_mdbox_file(void)
{
	open_or_give_up(open(mailbox_file, O_RDWR));
}

static void a_file_of_many_messages_is_told_apart(void **state)
{
	struct snapshot snapshot = {};
	uint64_t mailbox_files = 0;

	(void)state;
	snprintf(mailbox_file, sizeof(mailbox_file), "%s/mdbox/storage/m.1", mailbox);
	make_file(mailbox_file, 2);
	assert_true(child_takes(an_mdbox_file, mailbox_file));
	collect_counts(&snapshot);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		assert_string_equal(snapshot.reads[i].account, ACCOUNT);
		assert_int_equal(snapshot.reads[i].messages, 0);
		mailbox_files += snapshot.reads[i].mailbox_files;
	}
	assert_int_equal(mailbox_files, 1);
	snapshot_done(&snapshot);
}

/* Anybody can give a message any name: names excuse the mail server's own programs alone. */
static void by_any_name_a_file_counts_for_a_stranger(void **state)
{
	static const char *const names[] = {"Maildir/tmp/1.eml", "Maildir/cur.old/1.eml", "1.eml",
					    "../1.eml", "../../1.eml"};
	struct snapshot snapshot = {};
	uint64_t messages = 0, mailbox_files = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(mailbox_file, sizeof(mailbox_file), "%s/%s", mailbox, names[i]);
		make_file(mailbox_file, 2);
		assert_true(child_takes(an_mdbox_file, mailbox_file));
	}
	assert_true(child_takes(an_index_file, "an index"));
	collect_counts(&snapshot);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		messages += snapshot.reads[i].messages;
		mailbox_files += snapshot.reads[i].mailbox_files;
	}
	/* in the place of an account a file is an mbox */
	assert_int_equal(messages, 4);
	assert_int_equal(mailbox_files, 2);
	snapshot_done(&snapshot);
}

static bool is_counted_in_mbox_folder(const char *name)
{
	struct snapshot snapshot = {};
	uint64_t mailbox_files = 0;

	snprintf(mailbox_file, sizeof(mailbox_file), "%s/boxes/alice@isp1.test/%s", top, name);
	make_file(mailbox_file, 2);
	assert_true(child_takes(an_mdbox_file, mailbox_file));
	collect_counts(&snapshot);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		assert_string_equal(snapshot.reads[i].account, ACCOUNT);
		mailbox_files += snapshot.reads[i].mailbox_files;
	}
	snapshot_done(&snapshot);
	return mailbox_files == 1;
}

static void of_a_folder_of_mboxes_each_file_counts_but_the_server_s_own(void **state)
{
	(void)state;
	assert_true(is_counted_in_mbox_folder("mail/inbox"));
	assert_true(is_counted_in_mbox_folder("mail/2026/dovecot"));
	assert_true(is_counted_in_mbox_folder("mail/lock"));
	assert_false(is_counted_in_mbox_folder("mail/inbox.lock"));
	/* for a stranger an index is a file of many messages: it may be one that was renamed */
	assert_true(is_counted_in_mbox_folder("mail/dovecot.index.log"));
	assert_false(is_counted_in_mbox_folder("mail/.subscriptions"));
	assert_false(is_counted_in_mbox_folder("mail/.imap/inbox"));
	assert_false(is_counted_in_mbox_folder("notes/inbox"));
	assert_false(is_counted_in_mbox_folder("mailbox/inbox"));
}

static void by_uring(void)
{
	struct io_uring_params parameters = {};
	int fd = syscall(SYS_io_uring_setup, 1, &parameters);

	if (fd < 0)
		_exit(ACCESS_PATH_REFUSED);
	close(fd);
}

/* The syscall mechanism cannot follow it, and says so. */
static void an_io_uring_is_told_as_a_blind_spot(void **state)
{
	uint64_t before = wire_lost(sensors, "io_uring_unseen");

	(void)state;
	if (!EXPECT_MESSAGES(by_uring, 0) ||
	    strcmp(sensors_status(sensors, SENSOR_MAILBOX)->mechanism, "syscall") != 0)
		skip();
	assert_int_equal(wire_lost(sensors, "io_uring_unseen"), before + 1);
	sensors_refresh(sensors);
	assert_int_equal(sensors_status(sensors, SENSOR_MAILBOX)->state, SENSOR_DEGRADED);
}

static void read_store(void)
{
	open_or_give_up(open(store, O_RDONLY));
}

/* Opens and event of the store since the last call. */
static uint64_t store_opens(uint64_t *ret_events)
{
	struct snapshot snapshot = {};
	uint64_t opens = 0;

	collect(&snapshot);
	for (size_t i = 0; i < snapshot.n_stores; i++) {
		assert_string_equal(snapshot.stores[i].path, store);
		assert_false(snapshot.stores[i].allowed);
		opens += snapshot.stores[i].opens;
	}
	for (size_t i = 0; i < snapshot.n_events; i++) {
		assert_int_equal(snapshot.events[i].kind, EVENT_CREDENTIAL_READER);
		assert_string_equal(snapshot.events[i].object, store);
		assert_int_equal(snapshot.events[i].parent_pid, getpid());
	}
	*ret_events = snapshot.n_events;
	snapshot_done(&snapshot);
	return opens;
}

static void a_stranger_at_the_store_is_told_at_once_and_counted(void **state)
{
	uint64_t events;

	(void)state;
	EXPECT_MESSAGES(read_store, 0);
	/* the counts are drained; the record waits in the ring */
	(void)store_opens(&events);
	assert_int_equal(events, 1);
	assert_true(child_takes(read_store, store));
	assert_int_equal(store_opens(&events), 1);
	assert_int_equal(events, 1);
}

static void a_store_that_is_replaced_stays_watched(void **state)
{
	char fresh[FIXTURE_PATH_BYTES + 8];
	uint64_t events;

	(void)state;
	snprintf(fresh, sizeof(fresh), "%s.new", store);
	make_file(fresh, 2);
	assert_int_equal(rename(fresh, store), 0);
	sensors_refresh(sensors);
	assert_true(child_takes(read_store, store));
	assert_int_equal(store_opens(&events), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_road_to_a_message_counts_once),
		cmocka_unit_test(what_reads_no_message_counts_nothing),
		cmocka_unit_test(a_file_of_many_messages_is_told_apart),
		cmocka_unit_test(by_any_name_a_file_counts_for_a_stranger),
		cmocka_unit_test(of_a_folder_of_mboxes_each_file_counts_but_the_server_s_own),
		cmocka_unit_test(a_stranger_at_the_store_is_told_at_once_and_counted),
		cmocka_unit_test(a_store_that_is_replaced_stays_watched),
		cmocka_unit_test(an_io_uring_is_told_as_a_blind_spot),
	};
	int failed;

	failed = cmocka_run_group_tests_name("single hooks", tests, start, close_sensors);

	replicate_hooks = true;
	return failed + cmocka_run_group_tests_name("replicas of hooks", tests, start, close_sensors);
}
