/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd hands the stored descriptors back by number and name when it starts the service again,
 * after a crash or for a restart, and closes them when the service is stopped. Pins stay until
 * they are removed.
 */
#include "sensor/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <systemd/sd-daemon.h>

#include "base/mem.h"

#define BPFFS "/sys/fs/bpf"

struct kept {
	char *name;
	int fd;
};

struct keep {
	char *folder; /* NULL: systemd's store */
	bool works;
	struct kept *objects;
	size_t count;
};

/* Takes over fd. */
static void keep_add(struct keep *keep, const char *name, int fd)
{
	keep->objects = xreallocarray(keep->objects, keep->count + 1, sizeof(*keep->objects));
	keep->objects[keep->count++] = (struct kept){.name = xstrdup(name), .fd = fd};
}

/* ---- Pins ---- */

/* Outside systemd nobody may have mounted it; bpftool does the same. */
static bool has_bpffs(void)
{
	struct statfs info;

	if (statfs(BPFFS, &info) == 0 && info.f_type == BPF_FS_MAGIC)
		return true;
	return mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") == 0;
}

static char *pin_path(const struct keep *keep, const char *name)
{
	return xasprintf("%s/%s", keep->folder, name);
}

static void load_pins(struct keep *keep)
{
	DIR *folder = opendir(keep->folder);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		_cleanup_free_ char *path = pin_path(keep, entry->d_name);
		int fd = entry->d_name[0] == '.' ? -1 : bpf_obj_get(path);

		if (fd >= 0)
			keep_add(keep, entry->d_name, fd);
	}
	if (folder)
		closedir(folder);
}

static void open_pins(struct keep *keep)
{
	keep->works = has_bpffs();
	if (keep->works)
		load_pins(keep);
}

static int put_pin(const struct keep *keep, const char *name, int fd)
{
	_cleanup_free_ char *path = pin_path(keep, name);

	if (mkdir(keep->folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	return bpf_obj_pin(fd, path);
}

static void forget_pins(struct keep *keep)
{
	for (size_t i = 0; i < keep->count; i++) {
		_cleanup_free_ char *path = pin_path(keep, keep->objects[i].name);

		(void)unlink(path);
	}
	(void)rmdir(keep->folder);
}

/* ---- systemd's store ---- */

static void load_store(struct keep *keep)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(/* unset_environment= */ 1, &names);

	for (int i = 0; i < n; i++) {
		(void)fcntl(SD_LISTEN_FDS_START + i, F_SETFD, FD_CLOEXEC);
		keep_add(keep, names ? names[i] : "", SD_LISTEN_FDS_START + i);
	}
	for (int i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
	keep->works = getenv("NOTIFY_SOCKET") != NULL;
}

static int put_store(const char *name, int fd)
{
	char state[256];
	int r;

	snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	r = sd_pid_notify_with_fds(0, /* unset_environment= */ 0, state, &fd, 1);
	return r < 0 ? r : 0;
}

static void forget_store(struct keep *keep)
{
	for (size_t i = 0; i < keep->count; i++)
		(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", keep->objects[i].name);
}

/* ---- Both ---- */

struct keep *keep_open(const char *folder)
{
	struct keep *keep = xcalloc(1, sizeof(*keep));

	keep->folder = folder ? xstrdup(folder) : NULL;
	if (folder)
		open_pins(keep);
	else
		load_store(keep);
	return keep;
}

static void keep_drop_objects(struct keep *keep)
{
	for (size_t i = 0; i < keep->count; i++) {
		(void)close(keep->objects[i].fd);
		free(keep->objects[i].name);
	}
	keep->count = 0;
}

void keep_close(struct keep *keep)
{
	if (!keep)
		return;
	keep_drop_objects(keep);
	free(keep->objects);
	free(keep->folder);
	free(keep);
}

bool keep_works(const struct keep *keep)
{
	return keep->works;
}

size_t keep_count(const struct keep *keep)
{
	return keep->count;
}

int keep_find(const struct keep *keep, const char *name)
{
	for (size_t i = 0; i < keep->count; i++)
		if (strcmp(keep->objects[i].name, name) == 0)
			return keep->objects[i].fd;
	return -1;
}

const char *keep_name(const struct keep *keep, size_t i)
{
	return i < keep->count ? keep->objects[i].name : NULL;
}

int keep_put(struct keep *keep, const char *name, int fd)
{
	int own, r;

	if (!keep->works)
		return 0;
	r = keep->folder ? put_pin(keep, name, fd) : put_store(name, fd);
	if (r < 0)
		return r;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return -errno;
	keep_add(keep, name, own);
	return 0;
}

void keep_forget(struct keep *keep)
{
	if (!keep->works)
		return;
	if (keep->folder)
		forget_pins(keep);
	else
		forget_store(keep);
	keep_drop_objects(keep);
}
