/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session sensor on this kernel: a pretended mail process says CONNECT on a pipe of root's,
 * sends to its client and opens mail, in any order. This program is executed once more as that
 * process.
 */
#include "wire.h"

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OWN "alice@isp1.test"
#define OTHER "bob@isp1.test"
#define CONNECT_OWN "CONNECT\t1\timap/192.0.2.9/" OWN "\n"

static struct sensors *sensors;
static char top[64], self[256], own_message[160], other_message[160];

/* ---- The mail process: each step is an argument ---- */

static void mail_open(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		_exit(1);
	close(fd);
}

/* argv: mail PIPE CLIENT STEP... with "open PATH" as two, "send N", "sendfile N", "say LINE". */
static int be_a_mail_process(int argc, char **argv)
{
	int pipe_fd = atoi(argv[2]), client = atoi(argv[3]);
	static char bytes[4096];

	for (int i = 4; i + 1 < argc; i += 2) {
		size_t len = strlen(argv[i + 1]);

		if (strcmp(argv[i], "open") == 0)
			mail_open(argv[i + 1]);
		else if (strcmp(argv[i], "send") == 0)
			len = write(client, bytes, atoi(argv[i + 1]));
		else if (strcmp(argv[i], "sendfile") == 0)
			len = sendfile(client, open(argv[0], O_RDONLY), NULL, atoi(argv[i + 1]));
		else if (write(pipe_fd, argv[i + 1], len) != (ssize_t)len)
			return 1;
	}
	return 0;
}

/* ---- The test ---- */

static void make_message(char ret_path[160], const char *name)
{
	char folder[140];
	int fd;

	snprintf(folder, sizeof(folder), "%s/isp1.test/%s/cur", top, name);
	for (char *at = folder + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(folder, 0755);
		*at = '/';
	}
	(void)mkdir(folder, 0755);
	snprintf(ret_path, 160, "%s/1.eml:2,", folder);
	fd = open(ret_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, "x\n", 2), 2);
	close(fd);
}

static int start(void **state)
{
	static char root[80];
	static const char *roots[] = {root, NULL}, *programs[] = {self, NULL};
	const struct sensor_settings settings = {
		.mechanism = "auto", .mail_roots = roots, .session_programs = programs};
	char problem[256];

	(void)state;
	snprintf(top, sizeof(top), "/var/tmp/wax-session-%d", getpid());
	snprintf(root, sizeof(root), "%s/%%d/%%n", top);
	make_message(own_message, "alice");
	make_message(other_message, "bob");
	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
	return 0;
}

static int stop(void **state)
{
	char command[128];

	(void)state;
	sensors_close(sensors, /* detach= */ true);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

struct sums {
	uint64_t session_messages, session_bytes, other_messages, foreign_in_session;
};

static void add_up(const char *account, struct sums *ret_sums)
{
	struct snapshot snapshot = {};

	memset(ret_sums, 0, sizeof(*ret_sums));
	assert_int_equal(sensors_collect(sensors, &snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
	for (size_t i = 0; i < snapshot.n_reads; i++) {
		const struct read_row *row = &snapshot.reads[i];

		if (strcmp(row->account, account) != 0)
			continue;
		if (row->reader == READER_SESSION)
			ret_sums->session_messages += row->messages;
		else
			ret_sums->other_messages += row->messages;
		ret_sums->session_bytes += row->bytes_sent;
	}
	assert_int_equal(sensors_take_events(sensors, &snapshot), 0);
	ret_sums->foreign_in_session = snapshot.n_events;
	snapshot_done(&snapshot);
}

/* Runs the mail process with these steps; the pipe is made by root, unless as_nobody. */
static void run(char *const steps[], int n_steps)
{
	int anvil[2], client[2];
	char *argv[32] = {self, "mail"};
	char pipe_text[16], client_text[16];
	char drained[65536];
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
		execv(self, argv);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	(void)recv(client[0], drained, sizeof(drained), MSG_DONTWAIT);
	close(anvil[0]);
	close(anvil[1]);
	close(client[0]);
	close(client[1]);
}

#define RUN(...)                                                                                   \
	do {                                                                                       \
		char *const steps_[] = {__VA_ARGS__};                                              \
		run(steps_, sizeof(steps_) / sizeof(*steps_));                                     \
	} while (0)

static void bytes_and_messages_of_a_session_count_for_its_account(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "send", "100", "open", own_message, "sendfile", "1000", "open",
	    own_message, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n");
	add_up(OWN, &sums);
	assert_int_equal(sums.session_bytes, 1100);
	assert_int_equal(sums.session_messages, 2);
	assert_int_equal(sums.other_messages, 0);
}

static void before_connect_bytes_count_and_messages_are_delivered_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("send", "16", "open", own_message, "open", own_message, "say", CONNECT_OWN, "send", "4",
	    "open", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_bytes, 20);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.other_messages, 0);
	assert_int_equal(sums.foreign_in_session, 0);
}

static void a_mail_program_that_never_says_whose_it_is_reads_as_a_stranger(void **state)
{
	struct sums sums;

	(void)state;
	RUN("open", own_message, "open", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.other_messages, 2);
}

static void another_mailbox_than_the_one_named_is_told(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "open", own_message, "open", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 1);
}

static void a_process_may_serve_one_account_after_the_other(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "send", "10", "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "say",
	    "CONNECT\t1\timap/192.0.2.9/" OTHER "\n", "send", "7", "open", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_bytes, 7);
	assert_int_equal(sums.session_messages, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_messages_of_a_session_count_for_its_account),
		cmocka_unit_test(before_connect_bytes_count_and_messages_are_delivered_to_nobody),
		cmocka_unit_test(a_mail_program_that_never_says_whose_it_is_reads_as_a_stranger),
		cmocka_unit_test(another_mailbox_than_the_one_named_is_told),
		cmocka_unit_test(a_process_may_serve_one_account_after_the_other),
	};

	if (argc > 3 && strcmp(argv[1], "mail") == 0)
		return be_a_mail_process(argc, argv);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, start, stop);
}
