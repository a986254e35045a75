/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State and runtime folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "daemon/folders.h"

static char top[64];

static int make_top(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/waxseal-folders-XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -r '%s'", top);

	(void)state;
	return system(command);
}

static void missing_folders_are_made_with_their_mode(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/a/b", top);
	struct stat status;

	(void)state;
	assert_int_equal(folder_prepare(path, 0750), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
	assert_int_equal(folder_prepare(path, 0755), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750); /* what was there stays */
}

static void what_is_no_folder_is_refused(void **state)
{
	(void)state;
	assert_int_equal(folder_prepare("/dev/null", 0750), -ENOTDIR);
	assert_true(folder_prepare("/proc/waxseal", 0750) < 0);
}

static void a_folder_is_held_by_one(void **state)
{
	int first = folder_hold(top), second;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(folder_hold(top), -EBUSY);
	close(first);
	second = folder_hold(top);
	assert_true(second >= 0);
	close(second);
	assert_int_equal(chmod(top, 0770), 0);
	assert_int_equal(folder_hold(top), -EPERM);
	assert_int_equal(chmod(top, 0700), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_folders_are_made_with_their_mode),
		cmocka_unit_test(what_is_no_folder_is_refused),
		cmocka_unit_test(a_folder_is_held_by_one),
	};

	return cmocka_run_group_tests_name("daemon/folders", tests, make_top, remove_top);
}
