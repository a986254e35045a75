/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd hands the stored descriptors back by number and name when it starts the service again,
 * after a crash or for a restart, and closes them when the service is stopped. Pins stay until
 * they are removed.
 */
#include "sensor/persist.h"

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

#include "base/foreign_file.h"
#include "base/log.h"
#include "base/mem.h"

#define BPFFS "/sys/fs/bpf"

struct kept {
	char *name;
	int fd;
};

struct persist {
	char *folder; /* NULL: systemd's store */
	bool works;
	struct kept *objects;
	size_t count;
};

/* Takes over fd. */
static void persist_add(struct persist *persist, const char *name, int fd)
{
	persist->objects = xreallocarray(persist->objects, persist->count + 1, sizeof(*persist->objects));
	persist->objects[persist->count++] = (struct kept){.name = xstrdup(name), .fd = fd};
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

static char *pin_path(const struct persist *persist, const char *name)
{
	return xasprintf("%s/%s", persist->folder, name);
}

static void load_pins(struct persist *persist)
{
	DIR *folder = opendir(persist->folder);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		_cleanup_free_ char *path = pin_path(persist, entry->d_name);
		int fd = entry->d_name[0] == '.' ? -1 : bpf_obj_get(path);

		if (fd >= 0)
			persist_add(persist, entry->d_name, fd);
	}
	if (folder)
		closedir(folder);
}

/* Programs and maps that another put there would be taken for our own. Returns 0, -ENOENT or why not. */
static int check_pin_folder(const struct persist *persist)
{
	char why[FOREIGN_FILE_WHY_BYTES];
	int fd = foreign_path_open(persist->folder, FOREIGN_OF_ROOT, why);

	if (fd < 0) {
		if (why[0])
			log_warning("%s is not used: %s", persist->folder, why);
		return fd;
	}
	(void)close(fd);
	return 0;
}

static void open_pins(struct persist *persist)
{
	int r = has_bpffs() ? check_pin_folder(persist) : -EOPNOTSUPP;

	persist->works = r == 0 || r == -ENOENT;
	if (r == 0)
		load_pins(persist);
}

static int put_pin(const struct persist *persist, const char *name, int fd)
{
	_cleanup_free_ char *path = pin_path(persist, name);

	int r;

	if (mkdir(persist->folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	r = check_pin_folder(persist);
	if (r < 0)
		return r;
	return bpf_obj_pin(fd, path);
}

static void forget_pins(struct persist *persist)
{
	for (size_t i = 0; i < persist->count; i++) {
		_cleanup_free_ char *path = pin_path(persist, persist->objects[i].name);

		(void)unlink(path);
	}
	(void)rmdir(persist->folder);
}

/* ---- systemd's store ---- */

static void load_store(struct persist *persist)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(/* unset_environment= */ 1, &names);

	for (int i = 0; i < n; i++) {
		(void)fcntl(SD_LISTEN_FDS_START + i, F_SETFD, FD_CLOEXEC);
		persist_add(persist, names ? names[i] : "", SD_LISTEN_FDS_START + i);
	}
	for (int i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
	persist->works = getenv("NOTIFY_SOCKET") != NULL;
}

static int put_store(const char *name, int fd)
{
	char state[256];
	int r;

	snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	r = sd_pid_notify_with_fds(0, /* unset_environment= */ 0, state, &fd, 1);
	return r < 0 ? r : 0;
}

static void forget_store(struct persist *persist)
{
	for (size_t i = 0; i < persist->count; i++)
		(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", persist->objects[i].name);
}

/* ---- Both ---- */

struct persist *persist_open(const char *folder)
{
	struct persist *persist = xcalloc(1, sizeof(*persist));

	persist->folder = folder ? xstrdup(folder) : NULL;
	if (folder)
		open_pins(persist);
	else
		load_store(persist);
	return persist;
}

static void persist_drop_objects(struct persist *persist)
{
	for (size_t i = 0; i < persist->count; i++) {
		(void)close(persist->objects[i].fd);
		free(persist->objects[i].name);
	}
	persist->count = 0;
}

void persist_close(struct persist *persist)
{
	if (!persist)
		return;
	persist_drop_objects(persist);
	free(persist->objects);
	free(persist->folder);
	free(persist);
}

bool persist_works(const struct persist *persist)
{
	return persist->works;
}

size_t persist_count(const struct persist *persist)
{
	return persist->count;
}

int persist_find(const struct persist *persist, const char *name)
{
	for (size_t i = 0; i < persist->count; i++)
		if (strcmp(persist->objects[i].name, name) == 0)
			return persist->objects[i].fd;
	return -1;
}

const char *persist_name(const struct persist *persist, size_t i)
{
	return i < persist->count ? persist->objects[i].name : NULL;
}

int persist_put(struct persist *persist, const char *name, int fd)
{
	int own, r;

	if (!persist->works)
		return 0;
	r = persist->folder ? put_pin(persist, name, fd) : put_store(name, fd);
	if (r < 0)
		return r;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return -errno;
	persist_add(persist, name, own);
	return 0;
}

void persist_forget(struct persist *persist)
{
	if (!persist->works)
		return;
	if (persist->folder)
		forget_pins(persist);
	else
		forget_store(persist);
	persist_drop_objects(persist);
}
