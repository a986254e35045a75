/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doveconf gets to read when it may not read the files themselves. */
#include "unit/discover/host.h"

#include <errno.h>

#include "base/foreign_file.h"
#include "discover/dovecot/config_copy.h"

#define CONFIG "/etc/dovecot/dovecot.conf"

static int copy_open(void)
{
	_cleanup_free_ char *place = xasprintf("%s" CONFIG, host);

	return config_copy_open(place, /* of_root= */ false);
}

/* As doveconf will read it: from its beginning, by another open(2). */
static void assert_copy(const char *expected)
{
	_cleanup_close_ int fd = copy_open(), again = -1;
	_cleanup_free_ char *text = NULL;
	char link[64];
	size_t bytes;

	assert_true(fd >= 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = foreign_file_open(link, FOREIGN_OF_ROOT, 1 << 20, NULL);
	assert_int_equal(foreign_file_read(again, 1 << 20, &text, &bytes), 0);
	assert_string_equal(text, expected);
}

static void hide(const char *path, mode_t mode)
{
	_cleanup_free_ char *place = xasprintf("%s%s", host, path);

	assert_int_equal(chmod(place, mode), 0);
}

static void what_all_can_read_is_not_copied(void **state)
{
	(void)state;
	assert_int_equal(copy_open(), -ENODATA); /* there is none */
	hide("", 0755);
	put_file(CONFIG, "a = b\n!include_try local.conf\n!include conf.d/*.conf\n");
	put_file("/etc/dovecot/conf.d/10.conf", "c = d\n");
	assert_int_equal(copy_open(), -ENODATA);
}

static void included_files_take_the_place_of_their_line(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip(); /* reads what its owner cannot */
	put_file(CONFIG, "a = b\n"
			 "  !include conf.d/*.conf\n"
			 "!include_try absent/*.conf\n"
			 "long = \\\n!include no.conf\n"
			 "# !include no.conf\n"
			 "!include \"quoted name.conf\"\n"
			 "!include absent.conf\n"
			 "!included = no\n"
			 "end = here");
	put_file("/etc/dovecot/conf.d/20.conf", "e = f\n!include ../deeper.conf\n");
	put_file("/etc/dovecot/conf.d/10.conf", "c = d\n");
	put_file("/etc/dovecot/deeper.conf", "g = h\n");
	put_file("/etc/dovecot/quoted name.conf", "i = j\n");
	hide("/etc/dovecot/conf.d/10.conf", 0);
	assert_copy("a = b\nc = d\ne = f\ng = h\nlong = \\\n!include no.conf\n# !include no.conf\n"
		    "i = j\n!include absent.conf\n!included = no\nend = here\n");
}

static void a_folder_that_is_closed_hides_its_files(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put_file(CONFIG, "a = b\n");
	hide("/etc/dovecot", 0);
	assert_copy("a = b\n");
}

static void what_others_can_write_is_not_copied(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put_file(CONFIG, "!include /etc/shadow\n");
	hide(CONFIG, 0060);
	assert_int_equal(copy_open(), -EPERM);
}

static void a_circle_ends(void **state)
{
	(void)state;
	put_file(CONFIG, "!include dovecot.conf\n!include dovecot.conf\n");
	assert_int_equal(copy_open(), -ELOOP);
}

static void a_copy_has_an_end(void **state)
{
	_cleanup_free_ char *place = xasprintf("%s" CONFIG, host);

	(void)state;
	put_file(CONFIG, "");
	assert_int_equal(truncate(place, (off_t)1 << 40), 0);
	assert_int_equal(copy_open(), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(what_all_can_read_is_not_copied),
		on_host(included_files_take_the_place_of_their_line),
		on_host(a_folder_that_is_closed_hides_its_files),
		on_host(what_others_can_write_is_not_copied),
		on_host(a_circle_ends),
		on_host(a_copy_has_an_end),
	};

	return cmocka_run_group_tests_name("discover/dovecot/config_copy", tests, NULL, NULL);
}
