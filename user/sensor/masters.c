/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process older than the sensors says in /proc what it runs and for whom. Root's are believed by the
 * name of their executable. Cyrus's master is the mail user's soon after its start: it is believed
 * when it runs as the owner of the folder in which Cyrus's processes say whom they serve, from an
 * executable of root's, and nobody has logged in for it.
 */
#include "sensor/masters.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"
#include "model/master_name.h"
#include "sensor/watch_object.h"

#define STATUS_BYTES 4096

struct process {
	uint32_t uid, euid, parent;
	bool is_logged_in; /* somebody has logged in for it */
	bool is_master;	   /* by the name of its executable, which is root's */
	bool is_in_place;  /* and lies where we see it, too, not in a mount of somebody's */
};

/* A file of /proc as text; "" when it cannot be read. */
static void masters_read(int folder, const char *name, char *ret, size_t size)
{
	_cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
}

static uint32_t number_after(const char *text, const char *label, int which)
{
	const char *at = strstr(text, label);
	char *end;
	unsigned long number = UINT32_MAX;

	if (!at)
		return UINT32_MAX;
	at += strlen(label);
	for (int i = 0; i <= which; i++, at = end)
		number = strtoul(at, &end, 10);
	return (uint32_t)number;
}

static bool masters_read_process(uint32_t pid, struct process *ret)
{
	char path[32], status[STATUS_BYTES], login[16], executable[PATH_MAX];
	_cleanup_close_ int folder = -1;
	struct stat file, place;
	ssize_t length;
	bool has_file;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	masters_read(folder, "status", status, sizeof(status));
	masters_read(folder, "loginuid", login, sizeof(login));
	length = readlinkat(folder, "exe", executable, sizeof(executable) - 1);
	executable[length > 0 ? length : 0] = '\0';
	/* an upgrade may have replaced the file */
	(void)foreign_file_cut_deleted(executable);
	has_file = fstatat(folder, "exe", &file, 0) == 0;
	*ret = (struct process){
		.uid = number_after(status, "\nUid:", 0),
		.euid = number_after(status, "\nUid:", 1),
		.parent = number_after(status, "\nPPid:", 0),
		.is_logged_in = login[0] && strtoul(login, NULL, 10) != UINT32_MAX,
		.is_master = master_name_is_known(executable) && has_file && file.st_uid == 0,
		.is_in_place = has_file && stat(executable, &place) == 0 && place.st_dev == file.st_dev &&
			       place.st_ino == file.st_ino,
	};
	return ret->uid != UINT32_MAX;
}

static bool masters_has(const struct kernel_maps *maps, uint32_t pid)
{
	__u8 evidence;

	return bpf_map_lookup_elem(maps->masters, &pid, &evidence) == 0;
}

bool masters_started(const struct kernel_maps *maps, uint32_t pid)
{
	struct process process;

	if (!masters_read_process(pid, &process))
		return false;
	for (int up = 0; up < 2; up++) {
		pid = process.parent;
		if (pid == 0 || !masters_read_process(pid, &process))
			return false;
		if (masters_has(maps, pid) ||
		    (process.is_master && process.uid == 0 && process.euid == 0))
			return true;
	}
	return false;
}

static bool owns_status_folder(const struct watch *watch, uint32_t uid)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];
		struct stat folder;

		if (object->role == WATCH_STATUS_FOLDER && object->fd >= 0 &&
		    fstat(object->fd, &folder) == 0 && folder.st_uid == uid)
			return true;
	}
	return false;
}

int masters_adopt(const struct kernel_maps *maps, const struct watch *watch)
{
	const __u8 evidence = MASTER_ADOPTED;
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int r = 0;

	if (!processes)
		return -errno;
	while (r == 0 && (entry = readdir(processes))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		struct process process;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !masters_read_process(pid, &process) || !process.is_master ||
		    process.is_logged_in || process.uid != process.euid || !process.is_in_place ||
		    !owns_status_folder(watch, process.uid))
			continue;
		r = bpf_map_update_elem(maps->masters, &pid, &evidence, BPF_ANY);
	}
	closedir(processes);
	return r;
}
