/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the files must be; what they say is the subject of config.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/waxseal-config-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void assert_not_believed(const char *file, const char *what)
{
	char problem[CONFIG_PROBLEM_BYTES];
	struct config config;

	assert_int_equal(config_load(file, true, &config, problem), -EINVAL);
	assert_non_null(strstr(problem, " is not used: "));
	assert_non_null(strstr(problem, what));
	assert_null(strchr(problem, '\n'));
}

/* Of the file, of conf.d and what lies there, and of the folders above. */
static void what_others_may_write_is_refused(void **state)
{
	char file[128], folder_d[132], drop_in[160];
	struct config config;
	char problem[CONFIG_PROBLEM_BYTES];

	(void)state;
	snprintf(file, sizeof(file), "%s/owned.conf", folder);
	snprintf(folder_d, sizeof(folder_d), "%s.d", file);
	snprintf(drop_in, sizeof(drop_in), "%s/10.conf", folder_d);
	fclose(fopen(file, "we"));
	assert_int_equal(chmod(file, 0664), 0);
	assert_not_believed(file, "owned.conf belongs to user ");
	assert_int_equal(chmod(file, 0640), 0);
	assert_int_equal(mkdir(folder_d, 0755), 0);
	assert_int_equal(config_load(file, true, &config, problem), 0);
	config_done(&config);
	assert_int_equal(chmod(folder_d, 0777), 0);
	assert_not_believed(file, "owned.conf.d belongs to user "); /* empty as it is */
	assert_int_equal(chmod(folder_d, 0755), 0);
	assert_int_equal(mkfifo(drop_in, 0600), 0);
	assert_not_believed(file, "10.conf is not a regular file");
	assert_int_equal(unlink(drop_in), 0);
	fclose(fopen(drop_in, "we"));
	assert_int_equal(chmod(drop_in, 0666), 0);
	assert_not_believed(file, "10.conf belongs to user ");
	assert_int_equal(chmod(drop_in, 0644), 0);
	assert_int_equal(chmod(folder, 0770), 0);
	assert_not_believed(file, " and has mode 0770; allowed: ");
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(unlink(drop_in), 0);
	assert_int_equal(rmdir(folder_d), 0);
	assert_int_equal(unlink(file), 0);
}

static void write_lines(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void the_place_of_a_key_is_where_it_was_set_last(void **state)
{
	char file[128], folder_d[132], drop_in[160], expected[192], problem[CONFIG_PROBLEM_BYTES];
	struct config config;

	(void)state;
	snprintf(file, sizeof(file), "%s/placed.conf", folder);
	snprintf(folder_d, sizeof(folder_d), "%s.d", file);
	snprintf(drop_in, sizeof(drop_in), "%s/10.conf", folder_d);
	assert_int_equal(mkdir(folder_d, 0755), 0);
	write_lines(file, "[http]\nadmin_group = adm\n[detect]\nroster = /a\n");
	write_lines(drop_in, "\n[detect]\nroster = /b\n");
	assert_int_equal(config_load(file, true, &config, problem), 0);
	snprintf(expected, sizeof(expected), "%s:2", file);
	assert_string_equal(config_place(&config, "http", "admin_group"), expected);
	snprintf(expected, sizeof(expected), "%s:3", drop_in);
	assert_string_equal(config_place(&config, "detect", "roster"), expected);
	assert_null(config_place(&config, "daemon", "tick"));
	assert_null(config_place(&config, "daemon", "colour"));
	config_done(&config);
	assert_int_equal(unlink(drop_in), 0);
	assert_int_equal(rmdir(folder_d), 0);
	assert_int_equal(unlink(file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_others_may_write_is_refused, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(the_place_of_a_key_is_where_it_was_set_last,
						make_folder, remove_folder),
	};

	umask(022);
	return cmocka_run_group_tests_name("config/config_file", tests, NULL, NULL);
}
