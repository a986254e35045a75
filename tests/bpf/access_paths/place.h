/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the access paths lead: a message and a credential store, in a plain folder, on an overlay and on
 * btrfs, below one folder that goes away with the test. Mounts are made in a name space of our own.
 */
#ifndef WAX_TESTS_ROADS_PLACE_H
#define WAX_TESTS_ROADS_PLACE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAIL_FOLDER "mail/isp1.test/alice/Maildir/cur"
#define MESSAGE "1.eml:2,S"
#define EARLY_MESSAGE "0.eml:2,S"
#define STORE_FOLDER "etc"
#define STORE "passwd"

enum tree { TREE_PLAIN, TREE_OVERLAY, TREE_BTRFS, TREES };
static const char *const tree_names[TREES] = {"plain", "overlay", "btrfs"};

/* What an access path leads to. */
struct target {
	char tree[96];	   /* the folder that could be a root of its own */
	char folder[176], leaf[16], path[208];
	int early;	   /* opened before the sensor was there: the store, another message */
};

static char top[64];
static struct target targets[TREES][2]; /* message, store */
static char missing[TREES][96];		/* why there is no such tree here */

static void make_folders(const char *path)
{
	char part[256];

	for (const char *at = path + 1; (at = strchr(at, '/')); at++) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		(void)mkdir(part, 0755);
	}
	(void)mkdir(path, 0755);
}

static void fill_tree(const char *tree)
{
	static const char *const files[][2] = {
		{MAIL_FOLDER, MESSAGE}, {MAIL_FOLDER, EARLY_MESSAGE}, {STORE_FOLDER, STORE}};

	for (size_t i = 0; i < 3; i++) {
		char path[256];
		int fd;

		snprintf(path, sizeof(path), "%s/%s/%s", top, tree, files[i][0]);
		make_folders(path);
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", files[i][1]);
		fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, "x\n", 2) != 2)
			perror(path);
		close(fd);
	}
}

static void aim(enum tree tree)
{
	static const char *const files[][2] = {{MAIL_FOLDER, MESSAGE}, {STORE_FOLDER, STORE}};

	for (size_t i = 0; i < 2; i++) {
		struct target *to = &targets[tree][i];
		char early[256];

		snprintf(to->tree, sizeof(to->tree), "%s/%s", top, tree_names[tree]);
		snprintf(to->folder, sizeof(to->folder), "%s/%s/%s", top, tree_names[tree],
			 files[i][0]);
		snprintf(to->leaf, sizeof(to->leaf), "%s", files[i][1]);
		snprintf(to->path, sizeof(to->path), "%s/%s/%s/%s", top, tree_names[tree],
			 files[i][0], files[i][1]);
		/* what is open has its name in memory */
		snprintf(early, sizeof(early), "%s/%s/%s/%s", top, tree_names[tree], files[i][0],
			 i == 0 ? EARLY_MESSAGE : STORE);
		to->early = open(early, O_RDONLY | O_CLOEXEC);
	}
}

static void mount_overlay(void)
{
	char options[512], at[96];

	fill_tree("lower");
	for (size_t i = 0; i < 3; i++) {
		snprintf(at, sizeof(at), "%s/%s", top, (const char *[]){"upper", "work", "overlay"}[i]);
		make_folders(at);
	}
	snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", top,
		 top, top);
	if (mount("overlay", at, "overlay", 0, options) < 0)
		snprintf(missing[TREE_OVERLAY], sizeof(missing[0]), "no overlayfs: %s",
			 strerror(errno));
}

/* A file as a block device; it frees itself when nobody uses it. */
static int attach_loop(const char *image, char ret_device[32])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
	int file = open(image, O_RDWR | O_CLOEXEC), device;

	if (control >= 0)
		close(control);
	snprintf(ret_device, 32, "/dev/loop%d", number);
	if (number >= 0 && access(ret_device, F_OK) < 0)
		(void)mknod(ret_device, S_IFBLK | 0600, (7 << 8) | number);
	device = open(ret_device, O_RDWR | O_CLOEXEC);
	if (file < 0 || device < 0 || ioctl(device, LOOP_SET_FD, file) < 0 ||
	    ioctl(device, LOOP_SET_STATUS64, &info) < 0)
		return -1;
	close(file);
	return device;
}

static void mount_btrfs(void)
{
	char command[512], image[96], at[96], device[32];
	int fd;

	snprintf(image, sizeof(image), "%s/image", top);
	snprintf(at, sizeof(at), "%s/btrfs", top);
	/* guests get an empty file system beside the test, made where mkfs.btrfs is */
	snprintf(command, sizeof(command),
		 "cp --sparse=always $(dirname $(readlink /proc/%d/exe))/../btrfs.img %s 2>/dev/null ||"
		 " { truncate -s 128M %s && PATH=$PATH:/sbin:/usr/sbin mkfs.btrfs -q %s >/dev/null 2>&1; }",
		 getpid(), image, image, image);
	make_folders(at);
	if (system(command) != 0) {
		snprintf(missing[TREE_BTRFS], sizeof(missing[0]), "no mkfs.btrfs");
		return;
	}
	fd = attach_loop(image, device);
	if (fd < 0 || mount(device, at, "btrfs", 0, NULL) < 0)
		snprintf(missing[TREE_BTRFS], sizeof(missing[0]), "no btrfs: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void place_make(void)
{
	snprintf(top, sizeof(top), "/var/tmp/wax-access-paths-%d", getpid());
	make_folders(top);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		perror("access_paths: no mount name space of our own");
	mount_overlay();
	mount_btrfs();
	fill_tree("plain");
	if (!missing[TREE_BTRFS][0])
		fill_tree("btrfs");
	for (int i = 0; i < TREES; i++)
		aim(i);
}

static void place_remove(void)
{
	char command[128], at[96];

	for (int i = 0; i < TREES; i++) {
		for (int j = 0; j < 2; j++)
			close(targets[i][j].early);
		snprintf(at, sizeof(at), "%s/%s", top, tree_names[i]);
		(void)umount2(at, MNT_DETACH);
	}
	snprintf(command, sizeof(command), "rm -rf %s", top);
	if (system(command) != 0)
		perror(top);
}

#endif
