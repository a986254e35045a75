/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel keeps a program's path within its file system. Where that is mounted is looked up in
 * the daemon's own mount name space: a program in a container or a chroot is named by where it lies
 * and not by where it says it does.
 */
#include "sensor/programs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "model/account.h"
#include "model/mount_table.h"

#define PROGRAMS_REMEMBERED 1024
#define PROGRAMS_ADDED 64
#define MOUNTS_BYTES (1 << 20)
#define WITHIN_BYTES (PATH_COMPONENTS * (COMPONENT_BYTES + 1) + 1)
#define PATH_BYTES (4096 + WITHIN_BYTES)

struct programs {
	const struct kernel_maps *maps;
	char *mounts;	     /* text of mountinfo */
	struct table *paths; /* as the mounts are now: char * */
	struct table *added; /* char * */
};

static void programs_release_path(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	free(*(char **)value);
}

/* "" when it cannot be read: then nothing has a place. */
static char *read_mounts(void)
{
	_cleanup_close_ int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *text = xcalloc(1, MOUNTS_BYTES);
	size_t used = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text + used, MOUNTS_BYTES - 1 - used)) > 0)
		used += (size_t)n;
	return xrealloc(text, used + 1);
}

struct programs *programs_new(const struct kernel_maps *maps)
{
	struct programs *programs = xcalloc(1, sizeof(*programs));

	programs->maps = maps;
	programs->mounts = read_mounts();
	programs->paths = table_new(sizeof(struct file_identity), sizeof(char *),
				    PROGRAMS_REMEMBERED, programs_release_path, NULL);
	programs->added = table_new(sizeof(struct file_identity), sizeof(char *), PROGRAMS_ADDED,
				    programs_release_path, NULL);
	return programs;
}

void programs_free(struct programs *programs)
{
	if (!programs)
		return;
	table_free(programs->paths);
	table_free(programs->added);
	free(programs->mounts);
	free(programs);
}

void programs_refresh(struct programs *programs)
{
	char *now = read_mounts();

	if (strcmp(now, programs->mounts) != 0)
		table_clear(programs->paths);
	free(programs->mounts);
	programs->mounts = now;
}

static void path_within(const struct program *kept, char ret_path[WITHIN_BYTES])
{
	size_t len = 0;

	for (int i = kept->components - 1; i >= 0; i--) {
		size_t bytes = strnlen(kept->component[i], COMPONENT_BYTES);

		ret_path[len++] = '/';
		memcpy(ret_path + len, kept->component[i], bytes);
		len += bytes;
	}
	ret_path[len] = '\0';
}

/* The kernel's dev_t: 12 bits of major number, 20 of minor. */
static void programs_format(const struct programs *programs, const struct file_identity *program,
			    const struct program *kept, char ret_text[4 * PATH_BYTES])
{
	uint32_t major = program->device >> 20, minor = program->device & 0xfffff;
	char within[WITHIN_BYTES], path[PATH_BYTES];

	path_within(kept, within);
	if (kept->cut)
		(void)snprintf(path, sizeof(path), "...%s", within);
	else if (mount_table_path(programs->mounts, major, minor, within, path, sizeof(path)) < 0)
		(void)snprintf(path, sizeof(path), "device %u:%u:%s", major, minor, within);
	text_from_wire(path, strlen(path), ret_text, 4 * PATH_BYTES);
}

static const char *path_unknown(const struct file_identity *program, struct snapshot *snapshot)
{
	char text[64];

	if (!program->inode_number)
		return "kernel";
	(void)snprintf(text, sizeof(text), "device %u:%u inode %llu", program->device >> 20,
		       program->device & 0xfffff, (unsigned long long)program->inode_number);
	return snapshot_string(snapshot, text);
}

const char *programs_path(struct programs *programs, const struct file_identity *program,
			  struct snapshot *snapshot)
{
	char *const *known = table_find(programs->paths, program);
	char text[4 * PATH_BYTES];
	struct program kept;

	if (known)
		return snapshot_string(snapshot, *known);
	if (bpf_map_lookup_elem(programs->maps->programs, program, &kept) < 0 || kept.components == 0) {
		known = table_find(programs->added, program);
		return known ? snapshot_string(snapshot, *known) : path_unknown(program, snapshot);
	}
	programs_format(programs, program, &kept, text);
	*(char **)table_touch(programs->paths, program, NULL) = xstrdup(text);
	return snapshot_string(snapshot, text);
}

void programs_add(struct programs *programs, const struct file_identity *program, const char *path)
{
	bool is_new;
	char **added = table_touch(programs->added, program, &is_new);

	if (is_new)
		*added = xstrdup(path);
}
