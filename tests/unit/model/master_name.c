/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs are masters of mail servers, by where distributions put them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/master_name.h"

#define HASH "0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p-"

static void masters_of_mail_servers_are_known(void **state)
{
	static const char *const known[] = {
		"/usr/sbin/dovecot", "/dovecot", "/nix/store/" HASH "dovecot-2.3/bin/dovecot",
		"/usr/sbin/couriertcpd", "/usr/sbin/cyrmaster", "/usr/lib/cyrus/bin/cyrus-master",
		"/usr/lib/cyrus/bin/master", "/usr/libexec/cyrus-imapd/master",
		"/nix/store/" HASH "cyrus-imapd-3/bin/master", "/cyrus/master",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		assert_true(master_name_is_known(known[i]));
}

static void others_are_not(void **state)
{
	static const char *const others[] = {
		"", "dovecot", "/usr/sbin/dovecot2", "/usr/sbin/mydovecot", "/usr/sbin/dovecot/imap",
		"/usr/lib/postfix/sbin/master", "/master", "/usr/bin/master",
		"/usr/lib/cyrus/a/b/master", "/usr/lib/mycyrus/bin/master", "/usr/sbin/authdaemond",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
		assert_false(master_name_is_known(others[i]));
}

static void a_folder_tells_two_programs_of_one_name_apart(void **state)
{
	static const struct master_name postfix[] = {{"master", "postfix"}, {}};

	(void)state;
	assert_true(master_names_have(postfix, "/usr/lib/postfix/sbin/master"));
	assert_true(master_names_have(postfix, "/usr/libexec/postfix/master"));
	assert_false(master_names_have(postfix, "/usr/lib/cyrus/bin/master"));
	assert_false(master_names_have(master_names_cyrus, "/usr/lib/postfix/sbin/master"));
	assert_false(master_names_have(postfix, "master"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masters_of_mail_servers_are_known),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(a_folder_tells_two_programs_of_one_name_apart),
	};

	return cmocka_run_group_tests_name("master_name", tests, NULL, NULL);
}
