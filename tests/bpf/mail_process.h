/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pretended mail process: it says CONNECT on a pipe, sends to its client and opens mail, in any
 * order. The test's program is executed once more as that process, by a copy of itself that is
 * called as Dovecot's master is.
 */
#ifndef WAX_TESTS_MAIL_PROCESS_H
#define WAX_TESTS_MAIL_PROCESS_H

#include "fixture.h"

#include <sys/sendfile.h>
#include <sys/wait.h>

#define OWN "alice@isp1.test"
#define OTHER "bob@isp1.test"
#define DISCONNECT_OWN "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n"
#define CONNECT_OTHER "CONNECT\t1\timap/192.0.2.9/" OTHER "\n"
#define CONNECT_OWN "CONNECT\t1\timap/192.0.2.9/" OWN "\n"

/* The mail process's connection to the auth service. */
#define CLAIM_FD 60

static char self[256], master[128], own_message[160], other_message[160], renamed[160];
static char other_index[200];
static char hibernate[160];
static char large_message[160], second_message[160], mbox[160], other_mbox[160];

/* ---- The mail process: each step is an argument ---- */

/* bytes: of which it says that it will want them; 0: all, as Dovecot says of a body; -1: nothing,
 * as when it searches. */
static inline void mail_open(const char *path, int bytes)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || (bytes >= 0 && posix_fadvise(fd, 0, bytes, POSIX_FADV_WILLNEED)))
		_exit(1);
	close(fd);
}

/* The rest of the steps is the child's. */
static inline void go_on_in_a_child(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		return;
	waitpid(child, &status, 0);
	_exit(status != 0);
}

/* argv: mail PIPE CLIENT STEP... with "body PATH", "header PATH", "search PATH" as two, "send N",
 * "sendfile N", "say LINE"; "claim LINE" on the auth service's socket, which is open. */
static inline int be_a_mail_process(int argc, char **argv)
{
	int pipe_fd = atoi(argv[2]), client = atoi(argv[3]);
	static char bytes[4096];

	for (int i = 4; i + 1 < argc; i += 2) {
		size_t len = strlen(argv[i + 1]);

		if (strcmp(argv[i], "body") == 0)
			mail_open(argv[i + 1], 0);
		else if (strcmp(argv[i], "header") == 0)
			mail_open(argv[i + 1], 4096);
		else if (strcmp(argv[i], "search") == 0)
			mail_open(argv[i + 1], -1);
		else if (strcmp(argv[i], "send") == 0)
			len = write(client, bytes, atoi(argv[i + 1]));
		else if (strcmp(argv[i], "sendfile") == 0)
			len = sendfile(client, open(argv[0], O_RDONLY), NULL, atoi(argv[i + 1]));
		else if (strcmp(argv[i], "fork") == 0)
			go_on_in_a_child();
		else if (strcmp(argv[i], "claim") == 0)
			len = write(CLAIM_FD, argv[i + 1], len);
		else if (write(pipe_fd, argv[i + 1], len) != (ssize_t)len)
			return 1;
	}
	return 0;
}

static inline int run_child(const char *program, char **argv)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execv(program, argv);
		_exit(1);
	}
	waitpid(child, &status, 0);
	return status != 0;
}

/* argv: master PROGRAM WORD...: executes the program and waits for it. With HIBERNATE in the environment that is
 * executed first: it says that it serves somebody. */
static inline int be_a_master(char **argv)
{
	char *first = getenv("HIBERNATE"), say[] = "say", connect[] = CONNECT_OWN;
	char *words[] = {first, argv[3], argv[4], argv[5], say, connect, NULL};

	if (first && run_child(first, words))
		return 1;
	return run_child(argv[2], argv + 2);
}

/* ---- The test ---- */

static inline void copy_self(const char *path)
{
	char command[512];

	snprintf(command, sizeof(command), "install -D -m 755 %s %s", self, path);
	assert_int_equal(system(command), 0);
}

static inline int start(void **state)
{
	static char root[80], second[80], boxes[96];
	static const char *roots[] = {root, second, boxes, NULL}, *programs[] = {self, NULL};

	(void)state;
	make_top("session");
	snprintf(root, sizeof(root), "%s/%%d/%%n", top);
	snprintf(second, sizeof(second), "%s/more/%%d/%%n", top);
	snprintf(boxes, sizeof(boxes), "mbox:%s/boxes/%%d/%%n/mail", top);
	snprintf(master, sizeof(master), "%s/dovecot", top);
	copy_self(master);
	snprintf(hibernate, sizeof(hibernate), "%s/lib/dovecot/imap-hibernate", top);
	copy_self(hibernate);
	make_file_below(renamed, "isp1.test/alice/dovecot.index.cache", 700);
	make_file_below(own_message, "isp1.test/alice/cur/1.eml:2,", 700);
	make_file_below(large_message, "isp1.test/alice/cur/2.eml:2,", 9000);
	make_file_below(second_message, "more/isp1.test/alice/cur/1.eml:2,", 2);
	make_file_below(other_message, "isp1.test/bob/cur/1.eml:2,", 2);
	snprintf(other_index, sizeof(other_index), "%s/isp1.test/bob/dovecot.index.cache", top);
	make_file_below(mbox, "boxes/isp1.test/alice/mail/office/sent", 2);
	make_file_below(other_mbox, "boxes/isp1.test/bob/mail/sent", 2);
	watch_names(WATCH_MAIL_ROOT, roots);
	watch_names(WATCH_SESSION_PROGRAM, programs);
	open_sensors();
	return 0;
}

struct sums {
	uint64_t session_messages, mailbox_files, scanned, session_bytes, other_messages,
		foreign_in_session;
};

static inline void add_up(const char *account, struct sums *ret_sums)
{
	struct snapshot snapshot = {};

	memset(ret_sums, 0, sizeof(*ret_sums));
	collect(&snapshot);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		const struct read_row *row = &snapshot.reads[i];

		if (strcmp(row->account, account) != 0)
			continue;
		if (row->reader == READER_SESSION)
			ret_sums->session_messages += row->messages;
		else
			ret_sums->other_messages += row->messages;
		ret_sums->session_bytes += row->bytes_sent;
		ret_sums->scanned += row->scanned;
		ret_sums->mailbox_files += row->mailbox_files;
	}
	ret_sums->foreign_in_session = snapshot.n_events;
	snapshot_done(&snapshot);
}

/* Who executes the mail process. */
enum executed_by { BY_MASTER, BY_HIBERNATING_MASTER, BY_NOBODYS_MASTER, BY_ANYBODY };

/* Runs the mail process with these steps. */
static inline void run(enum executed_by by, char *const steps[], int n_steps)
{
	int anvil[2], client[2];
	char *words[40] = {master, "master", self, "mail"}, **argv = words + 2;
	char pipe_text[16], client_text[16];
	char drained[65536];
	int status;
	pid_t child;

	assert_int_equal(pipe(anvil), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
	sprintf(pipe_text, "%d", anvil[1]);
	sprintf(client_text, "%d", client[1]);
	argv[2] = pipe_text;
	argv[3] = client_text;
	memcpy(argv + 4, steps, n_steps * sizeof(*steps));
	child = fork();
	if (child == 0) {
		if ((by == BY_NOBODYS_MASTER && setuid(65534)) ||
		    (by == BY_HIBERNATING_MASTER && setenv("HIBERNATE", hibernate, 1)))
			_exit(1);
		execv(by == BY_ANYBODY ? self : master, by == BY_ANYBODY ? argv : words);
		_exit(1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	(void)recv(client[0], drained, sizeof(drained), MSG_DONTWAIT);
	close(anvil[0]);
	close(anvil[1]);
	close(client[0]);
	close(client[1]);
}

#define RUN_BY(by, ...)                                                                            \
	do {                                                                                       \
		char *const steps_[] = {__VA_ARGS__};                                              \
		run(by, steps_, sizeof(steps_) / sizeof(*steps_));                                 \
	} while (0)
#define RUN(...) RUN_BY(BY_MASTER, __VA_ARGS__)

/* main() of a test. */
static inline int mail_process_main(int argc, char **argv, const struct CMUnitTest *tests, size_t n)
{
	int failed;

	if (argc > 3 && strcmp(argv[1], "mail") == 0)
		return be_a_mail_process(argc, argv);
	if (argc > 3 && strcmp(argv[1], "master") == 0)
		return be_a_master(argv);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	failed = _cmocka_run_group_tests("single hooks", tests, n, start, close_sensors);

	replicate_hooks = true;
	return failed +
	       _cmocka_run_group_tests("replicas of hooks", tests, n, start, close_sensors);
}

#endif
