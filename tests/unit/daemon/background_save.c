/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file is written by a child; the parent goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/background_save.h"

static int value = 1;

static int check_until_done(struct background_save *background_save)
{
	int r;

	while ((r = background_save_check(background_save)) == -EINPROGRESS)
		sched_yield();
	return r;
}

/* Waits for the file to be there, which the parent makes later; then writes what it has in memory. */
static int save_later(void *context)
{
	const char *gate = context;
	char path[96];
	FILE *file;

	while (access(gate, F_OK) < 0)
		sched_yield();
	(void)snprintf(path, sizeof(path), "%s.out", gate);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fprintf(file, "%d", value);
	return fclose(file) < 0 ? -errno : 0;
}

static void the_parent_goes_on_and_the_file_is_of_the_moment(void **state)
{
	char folder[] = "/tmp/waxseal-save-XXXXXX", gate[64], path[96], text[8] = "";
	struct background_save background_save = {0};
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(gate, sizeof(gate), "%s/gate", folder);
	(void)snprintf(path, sizeof(path), "%s.out", gate);
	assert_int_equal(background_save_check(&background_save), -ENOENT);
	assert_int_equal(background_save_start(&background_save, save_later, gate), 0);
	value = 2;
	assert_int_equal(background_save_check(&background_save), -EINPROGRESS);
	assert_int_equal(background_save_start(&background_save, save_later, gate), -EBUSY);
	close(open(gate, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(check_until_done(&background_save), 0);
	assert_int_equal(background_save_check(&background_save), -ENOENT);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "1");
	unlink(path);
	unlink(gate);
	rmdir(folder);
}

static int refuse(void *context)
{
	(void)context;
	return -ENOSPC;
}

static int hold(void *context)
{
	(void)context;
	(void)pause();
	return 0;
}

static void what_went_wrong_is_known(void **state)
{
	struct background_save background_save = {0};

	(void)state;
	assert_int_equal(background_save_start(&background_save, refuse, NULL), 0);
	assert_int_equal(check_until_done(&background_save), -ENOSPC);
	assert_int_equal(background_save_start(&background_save, hold, NULL), 0);
	background_save_cancel(&background_save);
	assert_int_equal(background_save_check(&background_save), -ENOENT);
}

/* Or another daemon could not hold the state folder. */
static int count_descriptors(void *context)
{
	(void)context;
	return fcntl(3, F_GETFD) < 0 ? 0 : -EBUSY;
}

static void the_child_has_none_of_our_descriptors(void **state)
{
	struct background_save background_save = {0};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 3);
	assert_int_equal(background_save_start(&background_save, count_descriptors, NULL), 0);
	assert_int_equal(check_until_done(&background_save), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parent_goes_on_and_the_file_is_of_the_moment),
		cmocka_unit_test(what_went_wrong_is_known),
		cmocka_unit_test(the_child_has_none_of_our_descriptors),
	};

	return cmocka_run_group_tests_name("daemon/background_save", tests, NULL, NULL);
}
