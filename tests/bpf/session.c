/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session sensor on this kernel: a pretended mail process says CONNECT on a pipe, sends to its
 * client and opens mail, in any order. This program is executed once more as that process, by a copy of
 * itself that is called as Dovecot's master is.
 */
#include "fixture.h"

#include <sys/sendfile.h>
#include <sys/wait.h>

#define OWN "alice@isp1.test"
#define OTHER "bob@isp1.test"
#define CONNECT_OTHER "CONNECT\t1\timap/192.0.2.9/" OTHER "\n"
#define CONNECT_OWN "CONNECT\t1\timap/192.0.2.9/" OWN "\n"

/* The mail process's connection to the auth service. */
#define CLAIM_FD 60

static char self[256], master[128], own_message[160], other_message[160], renamed[160];
static char large_message[160], second_message[160], mbox[160], other_mbox[160];

/* ---- The mail process: each step is an argument ---- */

/* bytes: of which it says that it will want them; 0: all, as Dovecot says of a body; -1: nothing,
 * as when it searches. */
static void mail_open(const char *path, int bytes)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || (bytes >= 0 && posix_fadvise(fd, 0, bytes, POSIX_FADV_WILLNEED)))
		_exit(1);
	close(fd);
}

/* argv: mail PIPE CLIENT STEP... with "body PATH", "header PATH", "search PATH" as two, "send N",
 * "sendfile N", "say LINE"; "claim LINE" on the auth service's socket, which is open. */
static int be_a_mail_process(int argc, char **argv)
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
		else if (strcmp(argv[i], "claim") == 0)
			len = write(CLAIM_FD, argv[i + 1], len);
		else if (write(pipe_fd, argv[i + 1], len) != (ssize_t)len)
			return 1;
	}
	return 0;
}

/* argv: master PROGRAM WORD...: executes the program and waits for it. */
static int be_a_master(char **argv)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execv(argv[2], argv + 2);
		_exit(1);
	}
	waitpid(child, &status, 0);
	return status != 0;
}

/* ---- The test ---- */

static void copy_self(const char *path)
{
	char command[512];

	snprintf(command, sizeof(command), "cp %s %s && chmod 755 %s", self, path, path);
	assert_int_equal(system(command), 0);
}

static int start(void **state)
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
	make_file_below(renamed, "isp1.test/alice/dovecot.index.cache", 700);
	make_file_below(own_message, "isp1.test/alice/cur/1.eml:2,", 700);
	make_file_below(large_message, "isp1.test/alice/cur/2.eml:2,", 9000);
	make_file_below(second_message, "more/isp1.test/alice/cur/1.eml:2,", 2);
	make_file_below(other_message, "isp1.test/bob/cur/1.eml:2,", 2);
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

static void add_up(const char *account, struct sums *ret_sums)
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
enum executed_by { BY_MASTER, BY_NOBODYS_MASTER, BY_ANYBODY };

/* Runs the mail process with these steps. */
static void run(enum executed_by by, char *const steps[], int n_steps)
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
		if (by == BY_NOBODYS_MASTER && setuid(65534))
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

static void bytes_and_messages_of_a_session_count_for_its_account(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "send", "100", "body", own_message, "sendfile", "1000", "body",
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
	RUN("send", "16", "body", own_message, "body", own_message, "say", CONNECT_OWN, "send", "4",
	    "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_bytes, 20);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 2);
	assert_int_equal(sums.other_messages, 0);
	assert_int_equal(sums.foreign_in_session, 0);
}

static void what_is_searched_is_delivered_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", own_message, "search", large_message, "send", "100",
	    "header", own_message, "send", "100", "body", own_message, "send", "100");
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 3);
	assert_int_equal(sums.session_bytes, 300);
}

static void what_waits_when_the_client_leaves_was_not_delivered(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", own_message, "say",
	    "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "say", CONNECT_OWN, "search", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.scanned, 2);
}

static void a_body_that_went_out_without_a_word_was_delivered(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", large_message, "send", "4096", "sendfile", "4904", "send",
	    "9");
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 0);
}

static void pop3_opens_what_it_sends(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", "CONNECT\t1\tpop3/192.0.2.9/" OWN "\n", "search", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 0);
}

/* INBOX=/var/mail/%u and folders at home, or an ALT storage. */
static void an_account_may_lie_in_two_places(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "body", own_message, "body", second_message, "body", own_message,
	    "body", mbox);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 3);
	assert_int_equal(sums.mailbox_files, 1);
	assert_int_equal(sums.foreign_in_session, 0);
}

static void a_mail_program_that_never_says_whose_it_is_reads_as_a_stranger(void **state)
{
	struct sums sums;

	(void)state;
	RUN("body", own_message, "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.other_messages, 2);
}

static void another_mailbox_than_the_one_named_is_told(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "body", own_message, "body", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 1);
}

static void a_file_of_many_messages_of_another_is_told(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", mbox, "search", other_mbox);
	add_up(OTHER, &sums);
	assert_int_equal(sums.mailbox_files, 1);
	assert_int_equal(sums.foreign_in_session, 1);
}

static void a_process_may_serve_one_account_after_the_other(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "send", "10", "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n",
	    "say", CONNECT_OTHER, "send", "7", "body", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_bytes, 7);
	assert_int_equal(sums.session_messages, 1);
	/* lmtp and imap-hibernate have no logins */
	assert_int_equal(sums.foreign_in_session, 0);
}

/* ---- Who is believed ---- */

/* A login at the auth service; the request has this number. */
static void log_in(struct wire *wire, unsigned int id, const char *account)
{
	char line[128];

	snprintf(line, sizeof(line), "AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.9\n", id);
	wire_say(wire->client, line);
	snprintf(line, sizeof(line), "OK\t%u\tuser=%s\n", id, account);
	wire_say(wire->server, line);
}

static void claim(char ret_line[64], unsigned int id)
{
	snprintf(ret_line, 64, "REQUEST\t1\t%d\t%u\tcookie\n", getpid(), id);
}

static void a_session_serves_the_account_that_logged_in(void **state)
{
	char of_own[64], of_other[64], unknown[64];
	struct wire logins, claims;
	struct sums sums;

	(void)state;
	wire_open(&logins, /* greet= */ true);
	wire_open(&claims, /* greet= */ false);
	assert_int_equal(dup2(claims.client, CLAIM_FD), CLAIM_FD);
	log_in(&logins, 1, OWN);
	log_in(&logins, 2, OWN);
	log_in(&logins, 3, OTHER);
	claim(of_own, 1);
	RUN("claim", of_own, "say", CONNECT_OWN, "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 0);

	claim(of_other, 3);
	RUN("claim", of_other, "say", CONNECT_OWN, "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.foreign_in_session, 1);

	/* one after the other, each with its login */
	log_in(&logins, 4, OTHER);
	claim(of_own, 2);
	claim(of_other, 4);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n",
	    "claim", of_other, "say", CONNECT_OTHER, "body", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 0);

	/* a login is claimed once, and one that nobody made is none */
	claim(unknown, 77);
	log_in(&logins, 5, OWN);
	claim(of_own, 5);
	RUN("claim", of_own, "say", CONNECT_OWN, "claim", unknown, "say", CONNECT_OTHER);
	log_in(&logins, 6, OWN);
	claim(of_own, 6);
	RUN("claim", of_own, "say", CONNECT_OWN, "claim", of_own, "say", CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 2);
	close(CLAIM_FD);
	wire_close(&logins);
	wire_close(&claims);
}

static void who_only_runs_the_program_is_a_stranger(void **state)
{
	const enum executed_by all[] = {BY_NOBODYS_MASTER, BY_ANYBODY};
	struct sums sums;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		RUN_BY(all[i], "say", CONNECT_OWN, "send", "100", "body", own_message, "body",
		       own_message, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "body",
		       own_message);
		add_up(OWN, &sums);
		assert_int_equal(sums.session_bytes, 0);
		assert_int_equal(sums.session_messages, 0);
		assert_int_equal(sums.scanned, 0);
		assert_int_equal(sums.other_messages, 3);
	}
}

static void disconnect_takes_nothing_back(void **state)
{
	struct sums sums;

	(void)state;
	RUN("body", own_message, "body", own_message, "say",
	    "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.other_messages, 3);
}

/* autoexpunge, with a plugin that logs what is expunged */
static void what_is_opened_after_the_client_left_went_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "search",
	    own_message, "header", large_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.scanned, 2);
	assert_int_equal(sums.other_messages, 0);
	assert_int_equal(sums.foreign_in_session, 0);
	RUN("say", CONNECT_OWN, "body", own_message, "say",
	    "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "search", own_message, "search",
	    other_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 1);
}

static void after_the_client_left_another_mailbox_is_a_strangers(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "search",
	    other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.scanned, 0);
	assert_int_equal(sums.other_messages, 1);
}

static void a_name_excuses_only_the_mail_servers_own_programs(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", renamed);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages + sums.scanned + sums.other_messages, 0);
	assert_int_equal(sums.mailbox_files, 0);
	RUN_BY(BY_ANYBODY, "search", renamed);
	add_up(OWN, &sums);
	assert_int_equal(sums.mailbox_files, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_messages_of_a_session_count_for_its_account),
		cmocka_unit_test(before_connect_bytes_count_and_messages_are_delivered_to_nobody),
		cmocka_unit_test(what_is_searched_is_delivered_to_nobody),
		cmocka_unit_test(what_waits_when_the_client_leaves_was_not_delivered),
		cmocka_unit_test(a_body_that_went_out_without_a_word_was_delivered),
		cmocka_unit_test(pop3_opens_what_it_sends),
		cmocka_unit_test(an_account_may_lie_in_two_places),
		cmocka_unit_test(a_file_of_many_messages_of_another_is_told),
		cmocka_unit_test(a_mail_program_that_never_says_whose_it_is_reads_as_a_stranger),
		cmocka_unit_test(another_mailbox_than_the_one_named_is_told),
		cmocka_unit_test(a_process_may_serve_one_account_after_the_other),
		cmocka_unit_test(a_session_serves_the_account_that_logged_in),
		cmocka_unit_test(who_only_runs_the_program_is_a_stranger),
		cmocka_unit_test(disconnect_takes_nothing_back),
		cmocka_unit_test(what_is_opened_after_the_client_left_went_to_nobody),
		cmocka_unit_test(after_the_client_left_another_mailbox_is_a_strangers),
		cmocka_unit_test(a_name_excuses_only_the_mail_servers_own_programs),
	};
	int failed;

	if (argc > 3 && strcmp(argv[1], "mail") == 0)
		return be_a_mail_process(argc, argv);
	if (argc > 3 && strcmp(argv[1], "master") == 0)
		return be_a_master(argv);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	failed = cmocka_run_group_tests_name("single hooks", tests, start, close_sensors);

	replicate_hooks = true;
	return failed + cmocka_run_group_tests_name("replicas of hooks", tests, start, close_sensors);
}
