/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of Cyrus on this kernel: a pretended process writes to its status file whom it serves and
 * with what, sends to its client and opens mail, in any order. A copy of this program, called as Cyrus's
 * master is, starts that process.
 */
#include "fixture.h"

#include <netinet/in.h>
#include <sys/wait.h>

#define OWN "alice.x@isp1.test"
#define OTHER "bob@isp1.test"
#define CLIENT "imap\tclient.test [192.0.2.9]\t"
#define SELECTED "\tisp1.test!user.alice\t"

static char status_folder[80], self[256], master[80];
static char numbered[160], large[160], own_named[160], other_named[160], shared[160], cache[160];

/* ---- The process: steps in pairs of words, "say LINE", "send N", "ask N" of a name server, "open
 * PATH" ---- */

static void say(const char *line, bool in_place)
{
	char fresh[136], final[128];
	int fd;

	snprintf(final, sizeof(final), "%s/%d", in_place ? status_folder : top, getpid());
	snprintf(fresh, sizeof(fresh), "%s.new", final);
	fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line) || close(fd) ||
	    rename(fresh, final))
		_exit(1);
}

static void ask(int bytes)
{
	static const char question[512];
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sendto(fd, question, bytes, 0, (struct sockaddr *)&address, sizeof(address)) != bytes)
		_exit(1);
	close(fd);
}

static void open_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || close(fd))
		_exit(1);
}

static void take(const char *const *steps, int client)
{
	static const char bytes[32768];

	for (; *steps; steps += 2) {
		if (strcmp(steps[0], "say") == 0)
			say(steps[1], /* in_place= */ true);
		else if (strcmp(steps[0], "say elsewhere") == 0)
			say(steps[1], /* in_place= */ false);
		else if (strcmp(steps[0], "open") == 0)
			open_file(steps[1]);
		else if (strcmp(steps[0], "ask") == 0)
			ask(atoi(steps[1]));
		else if (write(client, bytes, atoi(steps[1])) != atoi(steps[1]))
			_exit(1);
	}
}

/* argv: master CLIENT TOP STATUS_FOLDER STEP... */
static int be_a_master(char **argv)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		snprintf(top, sizeof(top), "%s", argv[3]);
		snprintf(status_folder, sizeof(status_folder), "%s", argv[4]);
		take((const char *const *)argv + 5, atoi(argv[2]));
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status != 0;
}

/* ---- The test ---- */

static int start(void **state)
{
	static char root[80];
	static const char *roots[] = {root, NULL}, *folders[] = {status_folder, NULL};
	char command[640];

	(void)state;
	make_top("cyrus");
	snprintf(root, sizeof(root), "cyrus:%s/mail", top);
	snprintf(master, sizeof(master), "%s/cyrmaster", top);
	snprintf(command, sizeof(command), "cp %s %s && chmod 755 %s", self, master, master);
	assert_int_equal(system(command), 0);
	snprintf(status_folder, sizeof(status_folder), "%s/proc", top);
	make_file_below(numbered, "mail/uuid/h/4/h4sruy4vh74o19sr/1.", 700);
	make_file_below(large, "mail/uuid/h/4/h4sruy4vh74o19sr/22.", 9000);
	make_file_below(cache, "mail/uuid/h/4/h4sruy4vh74o19sr/cyrus.cache", 700);
	make_file_below(own_named, "mail/domain/i/isp1.test/a/user/alice^x/archive/user/x/3.", 700);
	make_file_below(other_named, "mail/domain/isp1.test/user/bob/3.", 700);
	make_file_below(shared, "mail/a/announce/3.", 700);
	assert_int_equal(mkdir(status_folder, 0755), 0);
	watch_names(WATCH_MAIL_ROOT, roots);
	watch_names(WATCH_STATUS_FOLDER, folders);
	open_sensors();
	return 0;
}

struct sums {
	uint64_t messages, scanned, bytes, by_others, told;
	char source[64];
};

static void run(const char *program, const char *const *steps)
{
	const char *argv[48] = {program, "master", NULL, top, status_folder};
	int client[2], status;
	char client_text[16];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
	snprintf(client_text, sizeof(client_text), "%d", client[1]);
	argv[2] = client_text;
	for (size_t i = 0; steps[i]; i++)
		argv[5 + i] = steps[i];
	child = fork();
	if (child == 0) {
		execv(program, (char *const *)argv);
		_exit(1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	wire_drain(client[0]);
	close(client[0]);
	close(client[1]);
}

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
			ret_sums->messages += row->messages;
		else
			ret_sums->by_others += row->messages;
		ret_sums->bytes += row->bytes_sent;
		ret_sums->scanned += row->scanned;
		snprintf(ret_sums->source, sizeof(ret_sums->source), "%s", row->source);
	}
	ret_sums->told = snapshot.n_events;
	snapshot_done(&snapshot);
}

#define RUN_BY(program, ...) run(program, (const char *const[]){__VA_ARGS__, NULL})
#define RUN(...) RUN_BY(master, __VA_ARGS__)

static void what_is_fetched_counts_for_whom_the_status_names(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CLIENT "\t\t\n", "send", "100", "say", CLIENT "\t\tLogin\n", "send", "20", "say",
	    CLIENT OWN "\t\t\n", "say", CLIENT OWN SELECTED "Fetch\n", "open", cache, "open",
	    numbered, "open", large, "send", "9000", "send", "800", "say", CLIENT OWN SELECTED "\n");
	add_up(OWN, &sums);
	assert_int_equal(sums.messages, 2);
	assert_int_equal(sums.scanned, 0);
	assert_int_equal(sums.bytes, 9920);
	assert_string_equal(sums.source, "192.0.2.9");
	assert_int_equal(sums.told, 0);
}

/* Nobody else can write there as a rule; whoever can is no session by that. */
static void who_was_not_started_by_cyrus_serves_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN_BY(self, "say", CLIENT OWN SELECTED "\n", "send", "100", "open", own_named);
	add_up(OWN, &sums);
	assert_int_equal(sums.messages, 0);
	assert_int_equal(sums.bytes, 0);
	assert_int_equal(sums.by_others, 1);
}

static void what_is_searched_or_stored_is_delivered_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CLIENT OWN SELECTED "Search\n", "open", numbered, "open", large, "send", "20000",
	    "say", CLIENT OWN SELECTED "\n", "say", CLIENT OWN SELECTED "Append\n", "open", numbered,
	    "send", "2000", "say", CLIENT OWN SELECTED "\n");
	add_up(OWN, &sums);
	assert_int_equal(sums.messages, 0);
	assert_int_equal(sums.scanned, 3);
	assert_int_equal(sums.bytes, 22000);
}

static void a_command_that_sent_less_than_it_opened_delivered_nothing(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CLIENT OWN SELECTED "Uid\n", "open", numbered, "open", large, "send", "300",
	    "say", CLIENT OWN SELECTED "\n", "say", CLIENT OWN SELECTED "Noop\n", "send", "20000",
	    "say", CLIENT OWN SELECTED "\n");
	add_up(OWN, &sums);
	assert_int_equal(sums.messages, 0);
	assert_int_equal(sums.scanned, 2);
}

static void under_compression_what_is_fetched_was_delivered(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CLIENT OWN "\t\tCompress\n", "say", CLIENT OWN SELECTED "Fetch\n", "open", large,
	    "send", "300", "say", CLIENT OWN SELECTED "\n", "say", CLIENT OWN SELECTED "Search\n",
	    "open", large, "say", CLIENT OWN SELECTED "\n", "say", CLIENT "\t\t\n", "say",
	    CLIENT OWN SELECTED "Fetch\n", "open", large, "send", "300", "say",
	    CLIENT OWN SELECTED "\n");
	add_up(OWN, &sums);
	assert_int_equal(sums.messages, 1);
	assert_int_equal(sums.scanned, 2);
}

static void serve_both(void)
{
	RUN("say", CLIENT OWN SELECTED "Fetch\n", "open", numbered, "send", "1000", "say",
	    CLIENT OWN SELECTED "\n", "ask", "44", "say", "imaps\t[192.0.2.10]\t\t\t\n", "send", "10",
	    "say", "imaps\t[192.0.2.10]\t" OTHER SELECTED "Fetch\n", "open", numbered, "send", "900",
	    "say", "imaps\t[192.0.2.10]\t" OTHER SELECTED "\n");
}

static void a_process_serves_one_client_after_the_other(void **state)
{
	struct sums own, other;

	(void)state;
	serve_both();
	add_up(OWN, &own);
	serve_both();
	add_up(OTHER, &other);
	assert_int_equal(own.messages, 1);
	assert_int_equal(own.bytes, 1000);
	assert_int_equal(other.messages, 1);
	assert_int_equal(other.bytes, 910);
	assert_string_equal(other.source, "192.0.2.10");
}

static void folders_that_are_named_by_mailbox_say_whose_they_are(void **state)
{
	struct sums own, other;

	(void)state;
	RUN("say", "pop3\t[192.0.2.9]\t" OWN SELECTED "retr\n", "open", own_named, "open", shared);
	add_up(OWN, &own);
	assert_int_equal(own.messages, 2);
	assert_int_equal(own.told, 0);
	RUN("say", "pop3\t[192.0.2.9]\t" OWN SELECTED "retr\n", "open", other_named);
	add_up(OTHER, &other);
	assert_int_equal(other.messages, 1);
	assert_int_equal(other.told, 1);
}

static void a_stranger_is_counted_with_the_account_where_the_path_has_one(void **state)
{
	struct sums sums;

	(void)state;
	RUN("open", own_named);
	add_up(OWN, &sums);
	assert_int_equal(sums.by_others, 1);
	RUN("open", numbered, "open", shared, "open", cache);
	add_up("", &sums);
	assert_int_equal(sums.by_others, 2);
}

static void a_name_that_has_no_password_yet_is_no_session(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", "pop3\t[192.0.2.9]\t" OWN "\t\tpass\n", "send", "100");
	add_up(OWN, &sums);
	assert_int_equal(sums.bytes, 0);
}

static void a_line_in_another_folder_binds_nothing(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say elsewhere", CLIENT OWN SELECTED "Fetch\n", "open", numbered, "send", "1000");
	add_up(OWN, &sums);
	assert_int_equal(sums.messages + sums.bytes, 0);
}

static int run_all(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_fetched_counts_for_whom_the_status_names),
		cmocka_unit_test(who_was_not_started_by_cyrus_serves_nobody),
		cmocka_unit_test(what_is_searched_or_stored_is_delivered_to_nobody),
		cmocka_unit_test(a_command_that_sent_less_than_it_opened_delivered_nothing),
		cmocka_unit_test(under_compression_what_is_fetched_was_delivered),
		cmocka_unit_test(a_process_serves_one_client_after_the_other),
		cmocka_unit_test(folders_that_are_named_by_mailbox_say_whose_they_are),
		cmocka_unit_test(a_stranger_is_counted_with_the_account_where_the_path_has_one),
		cmocka_unit_test(a_name_that_has_no_password_yet_is_no_session),
		cmocka_unit_test(a_line_in_another_folder_binds_nothing),
	};

	return cmocka_run_group_tests_name(name, tests, start, close_sensors);
}

int main(int argc, char **argv)
{
	int failed;

	if (argc > 4 && strcmp(argv[1], "master") == 0)
		return be_a_master(argv);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	failed = run_all("cyrus");

	replicate_hooks = true;
	return failed + run_all("cyrus, replicas of hooks");
}
