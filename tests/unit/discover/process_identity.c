/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real processes: one that rests, one that becomes another all the time, one whose program is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/process_identity.h"

static pid_t spawn(const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(argv[0], (char **)argv);
		_exit(1);
	}
	assert_true(pid > 0);
	usleep(200000);
	return pid;
}

static int look(pid_t pid, struct process_identity *ret)
{
	_cleanup_close_ int fd = -1;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return process_identity_take(fd, ret);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_process_that_rests_is_seen(void **state)
{
	const char *argv[] = {"/bin/sleep", "60", NULL};
	pid_t pid = spawn(argv);
	struct process_identity identity;

	(void)state;
	assert_int_equal(look(pid, &identity), 0);
	assert_non_null(strstr(identity.place, "/bin/sleep"));
	assert_false(identity.is_gone);
	assert_string_equal(identity.arguments[0], "/bin/sleep");
	assert_string_equal(identity.arguments[1], "60");
	assert_null(identity.arguments[2]);
	assert_int_equal(identity.state.real, geteuid());
	assert_true(process_identity_is_roots_or_ours(&identity));
	assert_true(process_identity_has_roots_program(&identity));
	end(pid);
	/* of one that has ended nothing is known */
	pid = fork();
	if (pid == 0)
		_exit(0);
	usleep(50000);
	assert_true(look(pid, &identity) < 0);
	waitpid(pid, NULL, 0);
}

/* Two shells that become each other all the time, each with a script of its own. */
static void program_and_arguments_belong_together(void **state)
{
	char folder[] = "/tmp/waxseal-identity-XXXXXX";
	_cleanup_free_ char *make = NULL, *clean = NULL, *first = NULL, *script = NULL;
	const char *argv[] = {NULL, NULL, NULL};
	struct process_identity identity;
	int seen = 0;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	make = xasprintf("cd %s; for n in 1 2; do cp /bin/sh sh$n; echo exec $PWD/sh$((3-n)) "
			 "$PWD/script$((3-n)) >script$n; done",
			 folder);
	clean = xasprintf("rm -r %s", folder);
	assert_int_equal(system(make), 0);
	argv[0] = first = xasprintf("%s/sh1", folder);
	argv[1] = script = xasprintf("%s/script1", folder);
	pid = spawn(argv);
	for (int i = 0; i < 100; i++) {
		if (look(pid, &identity) < 0)
			continue;
		seen++;
		assert_int_equal(identity.place[strlen(identity.place) - 1],
				 identity.arguments[1][strlen(identity.arguments[1]) - 1]);
	}
	print_message("seen %d times\n", seen);
	end(pid);
	assert_int_equal(system(clean), 0);
}

static void a_program_that_was_replaced_is_judged_by_its_folder(void **state)
{
	char folder[] = "/tmp/waxseal-identity-XXXXXX";
	_cleanup_free_ char *program = NULL, *copy = NULL;
	const char *argv[] = {NULL, "60", NULL};
	struct process_identity identity;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	program = xasprintf("%s/sleep", folder);
	copy = xasprintf("cp /bin/sleep %s && chmod 755 %s", program, program);
	assert_int_equal(system(copy), 0);
	argv[0] = program;
	pid = spawn(argv);
	assert_int_equal(unlink(program), 0);
	assert_int_equal(look(pid, &identity), 0);
	assert_string_equal(identity.place, program);
	assert_true(identity.is_gone);
	assert_true(process_identity_has_roots_program(&identity));
	assert_int_equal(chmod(folder, 0777), 0);
	assert_false(process_identity_has_roots_program(&identity));
	/* what has its name now says nothing of it */
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(symlink("/bin/true", program), 0);
	assert_true(process_identity_has_roots_program(&identity));
	assert_int_equal(unlink(program), 0);
	assert_int_equal(rmdir(folder), 0);
	end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_that_rests_is_seen),
		cmocka_unit_test(program_and_arguments_belong_together),
		cmocka_unit_test(a_program_that_was_replaced_is_judged_by_its_folder),
	};

	umask(022);
	return cmocka_run_group_tests_name("discover/identity", tests, NULL, NULL);
}
