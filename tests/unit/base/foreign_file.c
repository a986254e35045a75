/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file must be before it is opened, and whose before it is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"

#define CAP 1000

static char top[64], why[FOREIGN_FILE_WHY_BYTES];

static int make_top(void **state)
{
	(void)state;
	strcpy(top, "/tmp/waxseal-foreign-XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -r '%s'", top);

	(void)state;
	return system(command);
}

static const char *at(const char *name)
{
	static char place[4][128];
	static unsigned int n;
	char *path = place[n++ % ARRAY_LENGTH(place)];

	snprintf(path, sizeof(place[0]), "%s/%s", top, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(at(name), "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int opened(const char *name, enum foreign_trust trust)
{
	int fd = foreign_file_open(at(name), trust, CAP, why);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void a_regular_file_is_read(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t bytes = 0;
	int fd;

	(void)state;
	put("file", "hello");
	fd = foreign_file_open(at("file"), FOREIGN_OF_ROOT, CAP, why);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(foreign_file_read(fd, CAP, &text, &bytes), 0);
	assert_int_equal(bytes, 5);
	assert_string_equal(text, "hello");
	close(fd);
	assert_int_equal(opened("absent", FOREIGN_OF_ANYBODY), -ENOENT);
	assert_string_equal(why, "");
	assert_int_equal(opened("file/below", FOREIGN_OF_ANYBODY), -ENOTDIR);
}

static void what_could_wait_is_never_opened(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	assert_int_equal(opened("fifo", FOREIGN_OF_ANYBODY), -EINVAL);
	assert_non_null(strstr(why, "/fifo is not a regular file"));
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/socket", top);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(opened("socket", FOREIGN_OF_ANYBODY), -EINVAL);
	close(listener);
	assert_int_equal(opened(".", FOREIGN_OF_ANYBODY), -EINVAL);
	assert_int_equal(foreign_file_open("/dev/zero", FOREIGN_OF_ANYBODY, CAP, why), -EINVAL);
}

static void a_lease_does_not_make_us_wait(void **state)
{
	int holder, fd;

	(void)state;
	put("file", "x");
	holder = open(at("file"), O_RDWR | O_CLOEXEC);
	if (fcntl(holder, F_SETLEASE, F_WRLCK) < 0)
		skip();
	signal(SIGIO, SIG_IGN);
	fd = foreign_file_open(at("file"), FOREIGN_OF_ANYBODY, CAP, why);
	assert_int_equal(fd, -EWOULDBLOCK);
	close(holder);
}

static void a_size_that_is_too_large_is_said(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t bytes;
	int fd;

	(void)state;
	put("file", "x");
	assert_int_equal(truncate(at("file"), (off_t)1 << 40), 0);
	assert_int_equal(opened("file", FOREIGN_OF_ANYBODY), -EFBIG);
	assert_non_null(strstr(why, "has 1099511627776 bytes; allowed: 1000"));
	/* one that grows after it was opened */
	assert_int_equal(truncate(at("file"), 1), 0);
	fd = foreign_file_open(at("file"), FOREIGN_OF_ANYBODY, CAP, why);
	assert_int_equal(truncate(at("file"), CAP + 1), 0);
	assert_int_equal(foreign_file_read(fd, CAP, &text, &bytes), -EFBIG);
	close(fd);
}

static void one_that_grows_is_read_whole(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t bytes = 0;
	int fd;

	(void)state;
	put("file", "x");
	fd = foreign_file_open(at("file"), FOREIGN_OF_ANYBODY, CAP, why);
	assert_int_equal(truncate(at("file"), CAP), 0);
	assert_int_equal(foreign_file_read(fd, CAP, &text, &bytes), 0);
	assert_int_equal(bytes, CAP);
	close(fd);
}

static void others_may_not_write_what_is_believed(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at("folder"), 0755), 0);
	put("folder/file", "x");
	assert_int_equal(opened("folder/file", FOREIGN_OF_ROOT), 0);
	assert_int_equal(chmod(at("folder/file"), 0664), 0);
	assert_int_equal(opened("folder/file", FOREIGN_OF_ROOT), -EPERM);
	assert_non_null(strstr(why, "/folder/file belongs to user "));
	assert_non_null(strstr(why, " and has mode 0664; allowed: root's, for nobody else"));
	assert_int_equal(opened("folder/file", FOREIGN_OF_ANYBODY), 0);
	assert_int_equal(chmod(at("folder/file"), 0644), 0);
	assert_int_equal(chmod(at("folder"), 0775), 0);
	assert_int_equal(opened("folder/file", FOREIGN_OF_ROOT), -EPERM);
	assert_non_null(strstr(why, "/folder belongs to user "));
	/* a link to what is believed, where others could have put it */
	put("other", "x");
	assert_int_equal(symlink(at("other"), at("folder/link")), 0);
	assert_int_equal(opened("folder/link", FOREIGN_OF_ROOT), -EPERM);
	assert_int_equal(opened("folder/link", FOREIGN_OF_ANYBODY), -ELOOP);
	assert_non_null(strstr(why, "/folder/link is a link"));
}

static void another_owner_is_not_believed(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(at("folder"), 0755), 0);
	put("folder/file", "x");
	assert_int_equal(chown(at("folder/file"), 8, 8), 0);
	assert_int_equal(opened("folder/file", FOREIGN_OF_ROOT), -EPERM);
	assert_non_null(strstr(why, "belongs to user 8 "));
	assert_int_equal(chown(at("folder/file"), 0, 0), 0);
	assert_int_equal(chown(at("folder"), 8, 8), 0);
	assert_int_equal(opened("folder/file", FOREIGN_OF_ROOT), -EPERM);
	assert_int_equal(opened("folder/file", FOREIGN_OF_ANYBODY), 0);
	assert_int_equal(symlink("file", at("folder/link")), 0);
	assert_int_equal(opened("folder/link", FOREIGN_OF_ANYBODY), -ELOOP);
}

static void a_sticky_folder_leads_to_folders_only(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at("sticky"), 0755), 0);
	assert_int_equal(mkdir(at("sticky/folder"), 0755), 0);
	put("sticky/file", "x");
	put("sticky/folder/file", "x");
	assert_int_equal(symlink("folder/file", at("sticky/link")), 0);
	assert_int_equal(chmod(at("sticky"), 01777), 0);
	assert_int_equal(opened("sticky/folder/file", FOREIGN_OF_ROOT), 0);
	assert_int_equal(opened("sticky/file", FOREIGN_OF_ROOT), -EPERM);
	assert_int_equal(opened("sticky/link", FOREIGN_OF_ROOT), -ELOOP);
}

static void links_of_roots_are_followed(void **state)
{
	char place[128];
	int fd;

	(void)state;
	assert_int_equal(mkdir(at("folder"), 0755), 0);
	put("folder/file", "x");
	assert_int_equal(symlink("folder/./file", at("relative")), 0);
	assert_int_equal(symlink(at("relative"), at("absolute")), 0);
	assert_int_equal(symlink("../relative", at("folder/up")), 0);
	assert_int_equal(opened("folder/up", FOREIGN_OF_ROOT), 0);
	fd = foreign_path_open(at("absolute"), FOREIGN_OF_ROOT, why);
	assert_int_equal(foreign_file_place(fd, place, sizeof(place)), 0);
	assert_string_equal(place, at("folder/file"));
	close(fd);
	assert_int_equal(symlink("circle", at("circle")), 0);
	assert_int_equal(opened("circle", FOREIGN_OF_ROOT), -ELOOP);
	assert_int_equal(symlink("nowhere", at("dangling")), 0);
	assert_int_equal(opened("dangling", FOREIGN_OF_ROOT), -ENOENT);
}

static int appended(const char *name)
{
	int fd = foreign_file_open_end(at(name), 0640);
	ssize_t n = fd < 0 ? 0 : write(fd, "x", 1);

	assert_true(fd < 0 || n == 1);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void nobody_else_chooses_what_is_appended_to(void **state)
{
	struct stat file;

	(void)state;
	assert_int_equal(appended("log"), 0);
	assert_int_equal(appended("log"), 0);
	assert_int_equal(stat(at("log"), &file), 0);
	assert_int_equal(file.st_size, 2);
	assert_int_equal(file.st_mode & 0777, 0640);
	assert_int_equal(symlink("log", at("mine")), 0);
	assert_int_equal(appended("mine"), 0);
	assert_int_equal(mkdir(at("others"), 0755), 0);
	assert_int_equal(chmod(at("others"), 0777), 0);
	assert_int_equal(symlink("../log", at("others/log")), 0);
	assert_int_equal(appended("others/log"), -ELOOP);
	assert_int_equal(symlink("nowhere", at("dangling")), 0);
	assert_int_equal(appended("dangling"), -ENOENT);
	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	assert_int_equal(appended("fifo"), -ENXIO);
	assert_int_equal(stat(at("log"), &file), 0);
	assert_int_equal(file.st_size, 3);
}

static void a_relative_path_begins_here(void **state)
{
	/* by its descriptor: a checkout below /tmp has no path while another file system lies there */
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	put("file", "x");
	assert_int_equal(chdir(top), 0);
	close(foreign_file_open("file", FOREIGN_OF_ROOT, CAP, why));
	assert_string_equal(why, "");
	assert_int_equal(foreign_file_open("", FOREIGN_OF_ROOT, CAP, why), -ENOENT);
	assert_int_equal(fchdir(here), 0);
	close(here);
}

static void a_link_of_proc_leads_to_the_open_file(void **state)
{
	char link[64];
	int fd;

	(void)state;
	put("file", "x");
	fd = open(at("file"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(unlink(at("file")), 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	close(foreign_file_open(link, FOREIGN_OF_ROOT, CAP, why));
	assert_string_equal(why, "");
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_int_equal(foreign_file_open(link, FOREIGN_OF_ROOT, CAP, why), -EPERM);
	close(fd);
}

#define at_top(test) cmocka_unit_test_setup_teardown(test, make_top, remove_top)

int main(void)
{
	const struct CMUnitTest tests[] = {
		at_top(a_regular_file_is_read),
		at_top(what_could_wait_is_never_opened),
		at_top(a_lease_does_not_make_us_wait),
		at_top(a_size_that_is_too_large_is_said),
		at_top(one_that_grows_is_read_whole),
		at_top(others_may_not_write_what_is_believed),
		at_top(another_owner_is_not_believed),
		at_top(a_sticky_folder_leads_to_folders_only),
		at_top(links_of_roots_are_followed),
		at_top(nobody_else_chooses_what_is_appended_to),
		at_top(a_relative_path_begins_here),
		at_top(a_link_of_proc_leads_to_the_open_file),
	};

	umask(022);
	return cmocka_run_group_tests_name("base/foreign_file", tests, NULL, NULL);
}
