/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found, told and understood; and what nobody can have found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discover/discovery_answer.h"

static void find(struct discovery *found)
{
	struct mail_server *server;

	*found = (struct discovery){};
	server = discovery_add_server(found, &dovecot_kind, "2.3.19.1");
	mail_server_watch(server, WATCH_AUTH_SOCKET, "/run/dovecot/login/login");
	mail_server_watch(server, WATCH_AUTH_SOCKET, "inet:127.0.0.1:10001");
	mail_server_watch(server, WATCH_MAIL_ROOT, "mbox:/home/%n/mail");
	mail_server_watch(server, WATCH_SESSION_PROGRAM, "/usr/lib/dovecot/imap");
	mail_server_watch(server, WATCH_MAIL_PORT, "imap:1143");
	server = discovery_add_server(found, &cyrus_kind, "");
	mail_server_watch(server, WATCH_MAIL_ROOT, "cyrus:/var/spool/cyrus");
	mail_server_watch(server, WATCH_STATUS_FOLDER, "/run/cyrus/proc");
	strlist_add(&found->last_logins, "/var/lib/dovecot/last-login");
	strlist_add(&found->doveadm_commands, "/usr/bin/doveadm\t/etc/dovecot/dovecot.conf");
	strlist_add(&found->problems, "a problem");
	strlist_add(&found->missing, "a store");
}

static int tell(const struct discovery *found, struct discovery *ret)
{
	struct serializer serializer = {};
	int r;

	discovery_answer_write(found, &serializer);
	r = discovery_answer_read(serializer.bytes, serializer.used, ret);
	serializer_done(&serializer);
	return r;
}

static void what_was_found_is_understood(void **state)
{
	struct discovery found, heard;

	(void)state;
	find(&found);
	assert_int_equal(tell(&found, &heard), 0);
	assert_int_equal(heard.count, 2);
	for (size_t i = 0; i < found.count; i++) {
		assert_ptr_equal(heard.servers[i].kind, found.servers[i].kind);
		assert_string_equal(heard.servers[i].version, found.servers[i].version);
		for (int role = 0; role < WATCH_ROLES; role++) {
			const struct watch_entries *one = &found.servers[i].watch.of[role];
			const struct watch_entries *other = &heard.servers[i].watch.of[role];

			assert_int_equal(other->count, one->count);
			for (size_t k = 0; k < one->count; k++) {
				assert_string_equal(other->items[k].name, one->items[k].name);
				assert_int_equal(other->items[k].protocol, one->items[k].protocol);
			}
		}
	}
	assert_string_equal(heard.last_logins.items[0], found.last_logins.items[0]);
	assert_string_equal(heard.doveadm_commands.items[0], found.doveadm_commands.items[0]);
	assert_string_equal(heard.problems.items[0], "a problem");
	assert_string_equal(heard.missing.items[0], "a store");
	discovery_done(&found);
	discovery_done(&heard);
}

static void what_cannot_be_watched_is_left_out(void **state)
{
	struct discovery found, heard;

	(void)state;
	find(&found);
	watch_list_add(&found.servers[0].watch, WATCH_SESSION_PROGRAM, 0, "imap");
	watch_list_add(&found.servers[0].watch, WATCH_STORE, 0, "/etc/\033[2J");
	watch_list_add(&found.servers[0].watch, WATCH_MAIL_ROOT, 0, "%u");
	strlist_add(&found.doveadm_commands, "doveadm");
	strlist_add(&found.problems, "two\nlines");
	assert_int_equal(tell(&found, &heard), 0);
	assert_int_equal(heard.servers[0].watch.of[WATCH_SESSION_PROGRAM].count, 1);
	assert_int_equal(heard.servers[0].watch.of[WATCH_STORE].count, 0);
	assert_int_equal(heard.servers[0].watch.of[WATCH_MAIL_ROOT].count, 1);
	assert_int_equal(heard.doveadm_commands.count, 1);
	assert_true(strlist_has(&heard.problems, "two?lines"));
	assert_true(strlist_has(&heard.problems, "something that was found has a name that is not "
						 "understood: it is left out"));
	discovery_done(&found);
	discovery_done(&heard);
}

static void another_protocol_is_no_answer(void **state)
{
	struct discovery found, heard;

	(void)state;
	find(&found);
	found.servers[0].watch.of[WATCH_SESSION_PROGRAM].items[0].protocol =
		SESSION_PROTOCOL_ENVIRONMENT;
	assert_int_equal(tell(&found, &heard), -EBADMSG);
	discovery_done(&found);
}

static void a_part_is_no_answer(void **state)
{
	struct serializer serializer = {};
	struct discovery found, heard;

	(void)state;
	find(&found);
	discovery_answer_write(&found, &serializer);
	for (size_t length = 0; length < serializer.used; length++)
		assert_int_equal(discovery_answer_read(serializer.bytes, length, &heard), -EBADMSG);
	/* and one with more behind it */
	serializer_member(&serializer, &(char){'x'}, 1);
	assert_int_equal(discovery_answer_read(serializer.bytes, serializer.used, &heard),
			 -EBADMSG);
	serializer_done(&serializer);
	discovery_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_found_is_understood),
		cmocka_unit_test(what_cannot_be_watched_is_left_out),
		cmocka_unit_test(another_protocol_is_no_answer),
		cmocka_unit_test(a_part_is_no_answer),
	};

	return cmocka_run_group_tests_name("discover/discovery_answer", tests, NULL, NULL);
}
