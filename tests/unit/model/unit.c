/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services by the names of control groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "model/unit.h"

static void expect(const char *path, const char *unit)
{
	char text[128];

	unit_of_group(path, text, sizeof(text));
	assert_string_equal(text, unit);
}

static void the_first_group_that_is_no_slice_is_the_unit(void **state)
{
	(void)state;
	expect("/system.slice/dovecot.service", "dovecot.service");
	expect("/system.slice/system-postfix.slice/postfix@-.service", "postfix@-.service");
	expect("/user.slice/user-1000.slice/session-5.scope", "session-5.scope");
	expect("/init.scope", "init.scope");
	expect("/system.slice/docker-0a1b2c.scope/init", "docker-0a1b2c.scope");
}

static void what_a_unit_makes_below_itself_is_that_unit(void **state)
{
	(void)state;
	expect("/system.slice/cron.service/made.scope", "cron.service");
	expect("/system.slice/a.service/system.slice/b.service", "a.service");
}

static void a_users_manager_is_named_with_its_unit(void **state)
{
	(void)state;
	expect("/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service",
	       "user@1000.service/sync.service");
	expect("/user.slice/user-1000.slice/user@1000.service/init.scope",
	       "user@1000.service/init.scope");
	expect("/user.slice/user-1000.slice/user@1000.service", "user@1000.service");
}

static void without_systemd_the_path_is_the_name(void **state)
{
	(void)state;
	expect("/docker/0a1b", "/docker/0a1b");
	expect("/lxc.payload.mail/system.slice/dovecot.service",
	       "/lxc.payload.mail/system.slice/dovecot.service");
	expect("/system.slice", "/system.slice");
}

static void the_root_is_no_service(void **state)
{
	(void)state;
	expect("/", "");
	expect("", "");
}

static void a_long_name_is_cut(void **state)
{
	char text[8];

	(void)state;
	unit_of_group("/system.slice/dovecot.service", text, sizeof(text));
	assert_string_equal(text, "dovecot");
}

static void units_of_everybody_are_shared(void **state)
{
	static const char *const shared[] = {
		"cron.service", "crond.service", "cronie.service", "atd.service", "ssh.service",
		"sshd.service", "ssh@7-192.0.2.1:22-192.0.2.2:4711.service", "user@1000.service",
		"user@1000.service/backup.service", "session-5.scope", "session-c12.scope", "init.scope",
		"getty@tty1.service", "openbsd-inetd.service", "xinetd.service",
	};
	static const char *const own[] = {
		"", "borgmatic.service", "cron-backup.service", "sshd-keygen.service", "dovecot.service",
		"docker-0a1b.scope", "crond.scope", "at", ".service", "/docker/0a1b", "borg@cron.service",
		"ssh-backup@host.service",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(shared); i++)
		assert_true(unit_is_shared(shared[i]));
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
		assert_false(unit_is_shared(own[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_group_that_is_no_slice_is_the_unit),
		cmocka_unit_test(what_a_unit_makes_below_itself_is_that_unit),
		cmocka_unit_test(a_users_manager_is_named_with_its_unit),
		cmocka_unit_test(without_systemd_the_path_is_the_name),
		cmocka_unit_test(the_root_is_no_service),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(units_of_everybody_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
