/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The access paths. Each is taken by a process of its own, which opens the target once, or says why it
 * cannot; what it made on the way it takes away.
 */
#ifndef WAX_TESTS_ROADS_TAKEN_H
#define WAX_TESTS_ROADS_TAKEN_H

#include "place.h"

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Written by the process that takes the access path, read by the one that looks. */
static char *because;

#define CANNOT 77

static void impossible(const char *what)
{
	snprintf(because, 128, "%s", what);
	_exit(CANNOT);
}

static void need(bool holds, const char *what)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	if (!holds)
		impossible(text);
}

static int open_it(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	need(fd >= 0, "open");
	return fd;
}

/* ---- Names ---- */

static void by_absolute_path(const struct target *to)
{
	close(open_it(to->path));
}

static void by_relative_path(const struct target *to)
{
	need(chdir(to->folder) == 0, "chdir");
	close(open_it(to->leaf));
}

static void by_folder_descriptor(const struct target *to)
{
	int folder = open(to->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	need(openat(folder, to->leaf, O_RDWR | O_CLOEXEC) >= 0, "openat");
}

static void by_openat2(const struct target *to)
{
	struct open_how how = {.flags = O_RDONLY};

	need(syscall(SYS_openat2, AT_FDCWD, to->path, &how, sizeof(how)) >= 0, "openat2");
}

static void by_symbolic_link(const struct target *to)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/symbolic", top);
	need(symlink(to->path, name) == 0, "symlink");
	close(open(name, O_RDONLY | O_CLOEXEC));
	unlink(name);
}

static void by_thread(const struct target *to)
{
	pthread_t thread;

	need(pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))by_absolute_path,
			    (void *)to) == 0,
	     "pthread_create");
	pthread_join(thread, NULL);
}

/* Whatever is not in use goes; the daemon holds the stores it watches, not the mail. */
static void forget_names(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	need(fd >= 0 && write(fd, "2", 1) == 1, "drop_caches");
	close(fd);
}

static void by_handle_after(const struct target *to, bool forget)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} file = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, mount = open(to->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	need(name_to_handle_at(AT_FDCWD, to->path, &file.handle, &mount_id, 0) == 0,
	     "name_to_handle_at");
	if (forget)
		forget_names();
	need(open_by_handle_at(mount, &file.handle, O_RDONLY) >= 0, "open_by_handle_at");
}

static void by_handle(const struct target *to)
{
	by_handle_after(to, /* forget= */ false);
}

static void by_handle_of_a_forgotten_name(const struct target *to)
{
	by_handle_after(to, /* forget= */ true);
}

static void by_link(const struct target *to, const char *folder, bool forget)
{
	char name[208];

	snprintf(name, sizeof(name), "%s/2.eml:2,S", folder);
	need(link(to->path, name) == 0, "link");
	if (forget)
		forget_names();
	close(open(name, O_RDONLY | O_CLOEXEC));
	unlink(name);
}

static void by_link_beside(const struct target *to)
{
	by_link(to, to->folder, /* forget= */ false);
}

static void by_link_out_of_the_tree(const struct target *to)
{
	by_link(to, to->tree, /* forget= */ false);
}

static void by_link_out_of_the_tree_forgotten(const struct target *to)
{
	by_link(to, to->tree, /* forget= */ true);
}

static void by_moving_out_of_the_tree(const struct target *to)
{
	char name[112];

	snprintf(name, sizeof(name), "%s/moved", to->tree);
	need(rename(to->path, name) == 0, "rename");
	close(open(name, O_RDONLY | O_CLOEXEC));
	(void)rename(name, to->path);
}

static void by_moving_its_folder(const struct target *to)
{
	char folder[112], path[144];

	snprintf(folder, sizeof(folder), "%s/moved", to->tree);
	snprintf(path, sizeof(path), "%s/%s", folder, to->leaf);
	need(rename(to->folder, folder) == 0, "rename");
	close(open(path, O_RDONLY | O_CLOEXEC));
	(void)rename(folder, to->folder);
}

/* ---- Mounts and roots ---- */

static void by_bind_mount(const struct target *to)
{
	char at[96], path[128];

	snprintf(at, sizeof(at), "%s/bound", top);
	make_folders(at);
	need(unshare(CLONE_NEWNS) == 0 && mount(to->folder, at, NULL, MS_BIND, NULL) == 0, "mount");
	snprintf(path, sizeof(path), "%s/%s", at, to->leaf);
	close(open_it(path));
}

/* Attached nowhere. */
static void by_detached_mount(const struct target *to)
{
	int tree = open_tree(AT_FDCWD, to->folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	need(openat(tree, to->leaf, O_RDONLY | O_CLOEXEC) >= 0, "open_tree");
}

static void in_another_name_space(const struct target *to)
{
	need(unshare(CLONE_NEWNS) == 0, "unshare");
	close(open_it(to->path));
}

static void in_a_chroot(const struct target *to)
{
	need(chroot(to->tree) == 0, "chroot");
	close(open_it(to->path + strlen(to->tree)));
}

/* As containers do it: another root, the old one is gone. */
static void enter_container(const struct target *to)
{
	need(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0 &&
		     mount(to->tree, to->tree, NULL, MS_BIND | MS_REC, NULL) == 0 &&
		     chdir(to->tree) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
		     umount2(".", MNT_DETACH) == 0,
	     "pivot_root");
}

static void in_a_container(const struct target *to)
{
	enter_container(to);
	close(open_it(to->path + strlen(to->tree)));
}

static void after_copy_up(const struct target *to)
{
	need(chmod(to->path, 0640) == 0, "chmod");
	close(open_it(to->path));
}

static void by_the_layer_below(const struct target *to)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/lower%s", top, to->path + strlen(to->tree));
	close(open_it(path));
}

static void as_the_layer_of_another(const struct target *to)
{
	char at[96], options[256], path[256];

	snprintf(at, sizeof(at), "%s/above", top);
	make_folders(at);
	snprintf(options, sizeof(options), "lowerdir=%s:%s/lower", to->tree, top);
	need(unshare(CLONE_NEWNS) == 0 && mount("overlay", at, "overlay", 0, options) == 0, "mount");
	snprintf(path, sizeof(path), "%s%s", at, to->path + strlen(to->tree));
	close(open_it(path));
}

static void write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

/* Whoever has no rights at all can do that where user name spaces are allowed. */
static void as_the_layer_of_a_user(const struct target *to)
{
	need(unshare(CLONE_NEWUSER) == 0, "unshare");
	write_map("/proc/self/uid_map", "0 0 1");
	as_the_layer_of_another(to);
}

/* ---- /proc ---- */

static void by_proc_root(const struct target *to)
{
	char path[256];

	snprintf(path, sizeof(path), "/proc/%d/root%s", getppid(), to->path);
	close(open_it(path));
}

static void by_proc_cwd(const struct target *to)
{
	char path[256];

	need(chdir(to->folder) == 0, "chdir");
	snprintf(path, sizeof(path), "/proc/%d/cwd/%s", getpid(), to->leaf);
	close(open_it(path));
}

static void by_proc_fd(const struct target *to)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open(to->path, O_PATH | O_CLOEXEC));
	close(open_it(path));
}

/* Of the process that opened it before the sensor was there. */
static void by_proc_fd_of_another(const struct target *to)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getppid(), to->early);
	close(open_it(path));
}

/* ---- What is done with it once it is open ---- */

static void and_mmap(const struct target *to)
{
	volatile char *bytes = mmap(NULL, 2, PROT_READ, MAP_SHARED, open_it(to->path), 0);

	need(bytes != MAP_FAILED && bytes[0] == 'x', "mmap");
}

static int scratch_file(void)
{
	char name[] = "/var/tmp/wax-access-paths-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	return fd;
}

static void and_sendfile(const struct target *to)
{
	need(sendfile(scratch_file(), open_it(to->path), NULL, 2) == 2, "sendfile");
}

static void and_splice(const struct target *to)
{
	int ends[2];

	need(pipe2(ends, O_CLOEXEC) == 0 &&
		     splice(open_it(to->path), NULL, ends[1], NULL, 2, 0) == 2,
	     "splice");
}

static void and_copy_file_range(const struct target *to)
{
	need(copy_file_range(open_it(to->path), NULL, scratch_file(), NULL, 2, 0) == 2,
	     "copy_file_range");
}

#endif
