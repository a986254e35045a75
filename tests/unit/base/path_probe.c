/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system that does not answer: FUSE without a server, which only root can mount here. */
#include "base/path_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/mem.h"

static char top[] = "/tmp/waxseal-probe-XXXXXX";

static char *at(const char *name)
{
	return xasprintf("%s/%s", top, name);
}

static void close_new(struct probed_path *path)
{
	if (path->fd >= 0)
		close(path->fd);
	if (path->folder_fd >= 0)
		close(path->folder_fd);
	free(path->place);
}

static void what_answers_is_told_apart(void **state)
{
	_cleanup_free_ char *file = at("file"), *none = at("none");
	struct probed_path paths[] = {{.path = file, .with_folder = true}, {.path = none}, {.path = top}};
	int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	path_probe(paths, 3);
	assert_int_equal(paths[0].answer, PATH_NEW);
	assert_string_equal(paths[0].place, file);
	assert_true(paths[0].folder_fd >= 0 && S_ISDIR(paths[0].folder.st_mode));
	assert_int_equal(paths[1].answer, PATH_ABSENT);
	assert_int_equal(paths[2].answer, PATH_NEW);
	for (size_t i = 0; i < 3; i++)
		close_new(&paths[i]);
	paths[0].device = paths[0].file.st_dev;
	paths[0].inode = paths[0].file.st_ino;
	path_probe(paths, 1);
	assert_int_equal(paths[0].answer, PATH_SAME);
	assert_int_equal(paths[0].fd, -1);
}

/* Returns the device whose end ends the waiting. */
static int mount_dead(const char *place)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd >= 0 && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			mount("dead", place, "fuse", 0, options) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void what_does_not_answer_delays_nobody(void **state)
{
	_cleanup_free_ char *dead = at("dead"), *below = at("dead/x"), *file = at("file");
	struct probed_path paths[] = {{.path = below}, {.path = file}, {.path = top}};
	int fuse;

	(void)state;
	assert_int_equal(mkdir(dead, 0755), 0);
	fuse = mount_dead(dead);
	if (fuse < 0) {
		print_message("no file system can be mounted here, skipping it\n");
		skip();
	}
	for (int i = 0; i < 20; i++) { /* it is not asked again and again */
		path_probe(paths, 3);
		assert_int_equal(paths[0].answer, PATH_STUCK);
		assert_int_equal(paths[1].answer, PATH_NEW);
		assert_int_equal(paths[2].answer, PATH_NEW);
		close_new(&paths[1]);
		close_new(&paths[2]);
	}
	close(fuse);
	for (int i = 0; i < 100 && paths[0].answer == PATH_STUCK; i++) {
		usleep(50000);
		path_probe(paths, 1);
	}
	assert_int_equal(paths[0].answer, PATH_ABSENT);
	assert_int_equal(umount2(dead, MNT_DETACH), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_answers_is_told_apart),
		cmocka_unit_test(what_does_not_answer_delays_nobody),
	};
	_cleanup_free_ char *clean = NULL;
	int failed;

	if (!mkdtemp(top))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	clean = xasprintf("rm -r %s", top);
	return system(clean) ? 1 : failed;
}
