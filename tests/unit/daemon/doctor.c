/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slip of the pen in the configuration is a problem of the doctor's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/config.h"
#include "daemon/daemon.h"

static const struct {
	const char *section, *name, *value, *problem;
} lines[] = {
	{"auth", "socket", "/nonexistent/auth",
	 "[auth] socket = /nonexistent/auth: /nonexistent/auth does not exist or cannot be opened"},
	{"auth", "socket", "inet:192.0.2.1:12345", NULL},
	{"auth", "socket", "/dev/null", NULL},
	{"mail", "helper", "/usr/bin/no-such-backup",
	 "[mail] helper = /usr/bin/no-such-backup: /usr/bin/no-such-backup does not exist or cannot be "
	 "opened"},
	{"mail", "helper", "/bin/sh", NULL},
	{"mail", "helper", "unit:no-such.service", NULL}, /* it may be started later */
	{"mail", "helper", "script:/nonexistent/a.sh",
	 "[mail] helper = script:/nonexistent/a.sh: /nonexistent/a.sh does not exist or cannot be opened"},
	{"mail", "session", "/nonexistent/imapd",
	 "[mail] session = /nonexistent/imapd: /nonexistent/imapd does not exist or cannot be opened"},
	{"credentials", "allow", "user:root:/nonexistent/b",
	 "[credentials] allow = user:root:/nonexistent/b: /nonexistent/b does not exist or cannot be "
	 "opened"},
	{"credentials", "allow", "user:root:/bin/sh", NULL},
};

static void what_is_named_and_is_not_there_is_a_problem(void **state)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct strlist problems = {};
	struct config config;
	size_t wanted = 0;

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(config_set(&config, lines[i].section, lines[i].name, lines[i].value,
					    problem),
				 0);
	doctor_add_configured(&config, &problems);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!lines[i].problem)
			continue;
		wanted++;
		assert_true(strlist_has(&problems, lines[i].problem));
	}
	assert_int_equal(problems.count, wanted);
	strlist_done(&problems);
	config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_named_and_is_not_there_is_a_problem),
	};

	return cmocka_run_group_tests_name("daemon/doctor", tests, NULL, NULL);
}
