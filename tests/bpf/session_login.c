/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session serves the account that logged in for it; whoever takes its process over says so
 * himself. */
#include "mail_process.h"

#include <sched.h>

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

/* Runs the function in a pid name space of its own, as its first process. */
static void in_a_container(void (*server)(struct wire *), struct wire *wire)
{
	int status = 1;
	pid_t outside = fork();

	if (outside == 0) {
		pid_t inside;

		if (unshare(CLONE_NEWPID))
			_exit(2);
		inside = fork();
		if (inside == 0) {
			if (getpid() == 1)
				server(wire);
			_exit(getpid() != 1);
		}
		waitpid(inside, &status, 0);
		_exit(status != 0);
	}
	waitpid(outside, &status, 0);
	assert_int_equal(status, 0);
}

struct logins {
	struct wire wire, claims;
};

static void logins_open(struct logins *logins)
{
	wire_open(&logins->wire, /* greet= */ true);
	wire_open(&logins->claims, /* greet= */ false);
	assert_int_equal(dup2(logins->claims.client, CLAIM_FD), CLAIM_FD);
}

static void logins_close(struct logins *logins)
{
	close(CLAIM_FD);
	wire_close(&logins->wire);
	wire_close(&logins->claims);
}

static void a_session_serves_the_account_that_logged_in(void **state)
{
	char of_own[64], of_other[64], unknown[64];
	struct logins logins;
	struct sums sums;

	(void)state;
	logins_open(&logins);
	log_in(&logins.wire, 1, OWN);
	log_in(&logins.wire, 2, OWN);
	log_in(&logins.wire, 3, OTHER);
	claim(of_own, 1);
	RUN("claim", of_own, "say", CONNECT_OWN, "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 0);

	log_in(&logins.wire, 12, OWN);
	claim(of_own, 12);
	claim(of_other, 3);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_other, "say",
	    CONNECT_OWN, "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.foreign_in_session, 1);

	/* one after the other, each with its login */
	log_in(&logins.wire, 4, OTHER);
	claim(of_own, 2);
	claim(of_other, 4);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_other, "say",
	    CONNECT_OTHER, "body", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 0);

	/* a login is claimed once, and one that nobody made is none */
	claim(unknown, 77);
	log_in(&logins.wire, 5, OWN);
	claim(of_own, 5);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", unknown, "say",
	    CONNECT_OTHER);
	log_in(&logins.wire, 6, OWN);
	claim(of_own, 6);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_own, "say",
	    CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 2);
	logins_close(&logins);
}

static void a_name_excuses_a_session_in_its_own_mailbox_only(void **state)
{
	struct logins logins;
	char of_own[64];
	struct sums sums;

	(void)state;
	logins_open(&logins);
	assert_int_equal(rename(other_message, other_index), 0);
	log_in(&logins.wire, 7, OWN);
	claim(of_own, 7);
	RUN("claim", of_own, "say", CONNECT_OWN, "search", renamed, "search", other_index);
	add_up(OTHER, &sums);
	assert_int_equal(sums.mailbox_files, 1);
	assert_int_equal(sums.foreign_in_session, 1);
	log_in(&logins.wire, 8, OWN);
	claim(of_own, 8);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "search", other_index);
	add_up(OTHER, &sums);
	assert_int_equal(sums.other_messages, 1);
	log_in(&logins.wire, 9, OWN);
	claim(of_own, 9);
	RUN("claim", of_own, "say", CONNECT_OWN, "search", renamed);
	add_up(OWN, &sums);
	assert_int_equal(sums.mailbox_files + sums.other_messages + sums.scanned, 0);
	assert_int_equal(rename(other_index, other_message), 0);
	logins_close(&logins);
}

static void who_has_served_keeps_the_mark(void **state)
{
	struct logins logins;
	char of_own[64];
	struct sums sums;

	(void)state;
	logins_open(&logins);
	/* saying CONNECT for nobody, or in a child, changes nothing */
	log_in(&logins.wire, 10, OWN);
	claim(of_own, 10);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", "CONNECT\t1\timap/192.0.2.9/\n", "say",
	    CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	log_in(&logins.wire, 11, OWN);
	claim(of_own, 11);
	RUN("claim", of_own, "say", CONNECT_OWN, "fork", "", "say", CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	logins_close(&logins);
}

static void a_container_serves_its_own(struct wire *wire)
{
	char of_own[64], of_other[64];

	log_in(wire, 30, OWN);
	log_in(wire, 31, OTHER);
	claim(of_own, 30);
	claim(of_other, 31);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_other, "say",
	    CONNECT_OTHER, "body", other_message);
}

static void a_container_serves_another(struct wire *wire)
{
	char of_own[64], of_second[64];

	log_in(wire, 32, OWN);
	log_in(wire, 33, OWN);
	claim(of_own, 32);
	claim(of_second, 33);
	RUN("claim", of_own, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_second, "say",
	    CONNECT_OTHER);
}

static void a_container_logs_in(struct wire *wire)
{
	log_in(wire, 34, OWN);
	log_in(wire, 35, OTHER);
}

/* The numbers are those of the logins in the first container. */
static void a_container_claims_what_is_not_its_own(struct wire *wire)
{
	char of_own[64], of_second[64];

	log_in(wire, 36, OTHER);
	claim(of_own, 36);
	claim(of_second, 34);
	RUN("claim", of_own, "say", CONNECT_OTHER, "say", DISCONNECT_OWN, "claim", of_second, "say",
	    CONNECT_OWN);
}

/* A process has another number there than on the host, and the next container has the same ones. */
static void a_container_has_pids_of_its_own(void **state)
{
	struct logins logins;
	struct sums sums;

	(void)state;
	logins_open(&logins);
	in_a_container(a_container_serves_its_own, &logins.wire);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 0);
	in_a_container(a_container_serves_another, &logins.wire);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	in_a_container(a_container_logs_in, &logins.wire);
	in_a_container(a_container_claims_what_is_not_its_own, &logins.wire);
	add_up(OWN, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	logins_close(&logins);
}

static void a_user_database_may_rename_accounts(void **state)
{
	char of_first[64], of_second[64];
	struct logins logins;
	struct sums sums;

	(void)state;
	logins_open(&logins);
	log_in(&logins.wire, 20, OTHER);
	log_in(&logins.wire, 21, OTHER);
	claim(of_first, 20);
	claim(of_second, 21);
	RUN("claim", of_first, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_second, "say",
	    CONNECT_OWN);
	add_up(OWN, &sums);
	assert_int_equal(sums.foreign_in_session, 0);
	/* another Dovecot of the host has another database */
	log_in(&logins.wire, 22, OWN);
	log_in(&logins.wire, 23, OTHER);
	claim(of_first, 22);
	claim(of_second, 23);
	RUN("claim", of_first, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "claim", of_second, "say",
	    CONNECT_OWN);
	add_up(OWN, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	logins_close(&logins);
}

static void clients_of_one_dovecot_may_hibernate(void **state)
{
	char line[64], second[64];
	struct logins logins;
	struct sums sums;

	(void)state;
	logins_open(&logins);
	log_in(&logins.wire, 40, OWN);
	claim(line, 40);
	RUN_BY(BY_HIBERNATING_MASTER, "claim", line, "say", CONNECT_OWN, "say", DISCONNECT_OWN,
	       "say", CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 0);
	/* with a login it is that account's, all the same */
	log_in(&logins.wire, 41, OWN);
	log_in(&logins.wire, 42, OWN);
	claim(line, 41);
	claim(second, 42);
	RUN_BY(BY_HIBERNATING_MASTER, "claim", line, "say", CONNECT_OWN, "say", DISCONNECT_OWN,
	       "claim", second, "say", CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	log_in(&logins.wire, 43, OWN);
	claim(line, 43);
	RUN("claim", line, "say", CONNECT_OWN, "say", DISCONNECT_OWN, "say", CONNECT_OTHER);
	add_up(OTHER, &sums);
	assert_int_equal(sums.foreign_in_session, 1);
	logins_close(&logins);
}

/* More than an account has room for. */
#define MANY_LOGINS (LOGIN_SHARE + 100)

static void log_in_many(struct wire *wire, unsigned int from, const char *request, const char *verdict)
{
	char line[128];

	for (unsigned int id = from; id < from + MANY_LOGINS; id++) {
		snprintf(line, sizeof(line), "AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.9%s\n", id,
			 request);
		wire_say(wire->client, line);
		snprintf(line, sizeof(line), "OK\t%u\tuser=" OWN "%s\n", id, verdict);
		wire_say(wire->server, line);
		wire_drain(wire->client);
		wire_drain(wire->server);
	}
}

/* A process that serves OWN, then somebody without a login: is it told of? */
static uint64_t told_of_no_login(struct wire *wire, unsigned int id, const char *connect)
{
	struct sums sums;
	char line[64];

	log_in(wire, id, OTHER);
	claim(line, id);
	RUN("claim", line, "say", CONNECT_OTHER, "say", DISCONNECT_OWN, "say", (char *)connect);
	add_up(OTHER, &sums);
	return sums.foreign_in_session;
}

static void what_is_never_claimed_takes_no_place(void **state)
{
	const uint64_t before = wire_lost(sensors, "logins_full");
	struct logins logins;

	(void)state;
	logins_open(&logins);
	log_in_many(&logins.wire, 1000, "", "\tproxy\thost=192.0.2.1");
	log_in_many(&logins.wire, 2000, "", "\tnologin\treason=moved");
	log_in_many(&logins.wire, 3000, "", "\tnologin=y");
	/* who only asks whether a password is right says so at once */
	log_in_many(&logins.wire, 4000, "\tnologin", "");
	assert_int_equal(told_of_no_login(&logins.wire, 60, CONNECT_OWN), 1);
	assert_int_equal(wire_lost(sensors, "logins_full"), before);
	logins_close(&logins);
}

/* The last test: from then on a login of that account may be unknown. */
static void an_account_takes_no_place_of_others(void **state)
{
	const uint64_t before = wire_lost(sensors, "logins_full");
	struct logins logins;

	(void)state;
	logins_open(&logins);
	log_in_many(&logins.wire, 5000, "", "");
	assert_int_equal(told_of_no_login(&logins.wire, 61, CONNECT_OTHER), 1);
	assert_int_equal(told_of_no_login(&logins.wire, 62, CONNECT_OWN), 0);
	assert_in_range(wire_lost(sensors, "logins_full"), before + 100, before + 120);
	/* a number that is used again takes the place of its first login */
	log_in_many(&logins.wire, 5000, "", "");
	log_in_many(&logins.wire, 5000, "", "");
	assert_in_range(wire_lost(sensors, "logins_full"), before + 100, before + 320);
	logins_close(&logins);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_serves_the_account_that_logged_in),
		cmocka_unit_test(a_name_excuses_a_session_in_its_own_mailbox_only),
		cmocka_unit_test(who_has_served_keeps_the_mark),
		cmocka_unit_test(a_container_has_pids_of_its_own),
		cmocka_unit_test(what_is_never_claimed_takes_no_place),
		cmocka_unit_test(a_user_database_may_rename_accounts),
		cmocka_unit_test(clients_of_one_dovecot_may_hibernate),
		cmocka_unit_test(an_account_takes_no_place_of_others),
	};

	return mail_process_main(argc, argv, tests, sizeof(tests) / sizeof(*tests));
}
