/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In children, because what is given up does not come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capability.h"

static int status_of_child(void (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void keep_one(void)
{
	uint64_t held = 0;

	if (capability_keep(CAPABILITY_BIT(CAP_DAC_READ_SEARCH)) < 0 || capability_read(&held) < 0)
		_exit(1);
	if (held != (geteuid() == 0 ? CAPABILITY_BIT(CAP_DAC_READ_SEARCH) : 0))
		_exit(2);
	/* what is not held is not asked for */
	if (capability_keep(~UINT64_C(0)) < 0 || capability_keep(0) < 0 ||
	    capability_read(&held) < 0 || held)
		_exit(3);
}

static void what_is_kept_is_all(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(keep_one), 0);
}

/* Of every set, in the program that is executed. */
static void run_a_program(void)
{
	if (capability_renounce() < 0)
		_exit(1);
	execl("/bin/sh", "sh", "-c",
	      "while read -r name value; do case $name in\n"
	      "CapInh:|CapPrm:|CapEff:|CapAmb:) [ $((0x$value)) = 0 ] || exit 2;;\n"
	      "NoNewPrivs:) [ $value = 1 ] || exit 3;;\n"
	      "esac; done </proc/self/status",
	      NULL);
	_exit(4);
}

static void a_program_of_others_gets_none(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(run_a_program), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_is_all),
		cmocka_unit_test(a_program_of_others_gets_none),
	};

	return cmocka_run_group_tests_name("base/capability", tests, NULL, NULL);
}
