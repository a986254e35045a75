/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel keeps a program's path within its file system. Where that is mounted is looked up in
 * the daemon's own mount name space: a program in a container or a chroot is named by where it lies
 * and not by where it says it does.
 */
#include "sensor/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "model/account.h"
#include "model/mount_table.h"

#define PROGRAMS_REMEMBERED 4096
/* Of the kernel's table; then all of it is taken over. */
#define PROGRAMS_ROOM 256
#define PROGRAMS_ADDED 2048
#define MOUNTS_BYTES (1 << 20)
#define WITHIN_BYTES (PATH_COMPONENTS * (COMPONENT_BYTES + 1) + 1)
#define PATH_BYTES (4096 + WITHIN_BYTES)

struct programs {
	const struct kernel_maps *maps;
	char *mounts;	     /* text of mountinfo */
	struct table *kept;  /* what the kernel's table had: struct kept_program */
	struct table *added; /* char * */
};

struct kept_program {
	char *within; /* its file system */
	char *path;   /* as the mounts are now; NULL: not made yet */
	uint32_t owner;
	uint16_t mode;
	bool is_cut;
};

static void programs_release_kept(void *context, const void *key, void *value)
{
	struct kept_program *kept = value;

	(void)context;
	(void)key;
	free(kept->within);
	free(kept->path);
}

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
	programs->kept = table_new(sizeof(struct file_identity), sizeof(struct kept_program),
				   PROGRAMS_REMEMBERED, programs_release_kept, NULL);
	programs->added = table_new(sizeof(struct file_identity), sizeof(char *), PROGRAMS_ADDED,
				    programs_release_path, NULL);
	return programs;
}

void programs_free(struct programs *programs)
{
	if (!programs)
		return;
	table_free(programs->kept);
	table_free(programs->added);
	free(programs->mounts);
	free(programs);
}

static void programs_forget_paths(struct programs *programs)
{
	for (struct kept_program *kept = table_next(programs->kept, NULL); kept;
	     kept = table_next(programs->kept, kept)) {
		free(kept->path);
		kept->path = NULL;
	}
}

void programs_refresh(struct programs *programs)
{
	char *now = read_mounts();

	if (strcmp(now, programs->mounts) != 0)
		programs_forget_paths(programs);
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
			    const struct kept_program *kept, char ret_text[4 * PATH_BYTES])
{
	uint32_t major = program->device >> 20, minor = program->device & 0xfffff;
	char path[PATH_BYTES];

	if (kept->is_cut)
		(void)snprintf(path, sizeof(path), "...%s", kept->within);
	else if (mount_table_path(programs->mounts, major, minor, kept->within, path,
				  sizeof(path)) < 0)
		(void)snprintf(path, sizeof(path), "device %u:%u:%s", major, minor, kept->within);
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

static struct kept_program *programs_keep(struct programs *programs, const void *identity,
					  const struct program *program)
{
	struct kept_program *kept;
	char within[WITHIN_BYTES];
	bool is_new;

	kept = table_touch(programs->kept, identity, &is_new);
	if (!is_new)
		return kept;
	path_within(program, within);
	*kept = (struct kept_program){.within = xstrdup(within),
				      .owner = program->owner,
				      .mode = program->mode,
				      .is_cut = program->cut};
	return kept;
}

/* What a program is still writing is not known yet. */
static struct kept_program *programs_find(struct programs *programs,
					  const struct file_identity *identity)
{
	struct program program;

	if (table_find(programs->kept, identity))
		return table_touch(programs->kept, identity, NULL);
	if (bpf_map_lookup_elem(programs->maps->programs, identity, &program) < 0 ||
	    !program.whole || program.components == 0)
		return NULL;
	return programs_keep(programs, identity, &program);
}

const char *programs_path(struct programs *programs, const struct file_identity *program,
			  struct snapshot *snapshot)
{
	struct kept_program *kept = programs_find(programs, program);
	char *const *added = table_find(programs->added, program);
	char text[4 * PATH_BYTES];

	if (!kept)
		return added ? snapshot_string(snapshot, *added) : path_unknown(program, snapshot);
	if (!kept->path) {
		programs_format(programs, program, kept, text);
		kept->path = xstrdup(text);
	}
	return snapshot_string(snapshot, kept->path);
}

int programs_owner(struct programs *programs, const struct file_identity *program,
		   uint32_t *ret_owner, uint16_t *ret_mode)
{
	const struct kept_program *kept = programs_find(programs, program);

	if (!kept)
		return -ENOENT;
	*ret_owner = kept->owner;
	*ret_mode = kept->mode;
	return 0;
}

struct taking_over {
	struct programs *programs;
	struct file_identity *taken; /* to be taken out after the walk */
	size_t count;
};

static void programs_count(void *context, const void *key, const void *value)
{
	(void)key;
	(void)value;
	++*(uint64_t *)context;
}

/* An entry that a program is still writing stays in the kernel. */
static void programs_take_over(void *context, const void *key, const void *value)
{
	struct taking_over *taking = context;
	const struct program *program = value;

	if (!program->whole)
		return;
	if (program->components)
		(void)programs_keep(taking->programs, key, program);
	taking->taken = xreallocarray(taking->taken, taking->count + 1, sizeof(*taking->taken));
	memcpy(&taking->taken[taking->count++], key, sizeof(*taking->taken));
}

void programs_make_room(struct programs *programs)
{
	struct taking_over taking = {.programs = programs};
	int map = programs->maps->programs;
	uint64_t count = 0;

	(void)kernel_each_entry(map, sizeof(struct file_identity), sizeof(struct program),
				/* remove= */ false, programs_count, &count);
	if (count <= PROGRAMS_ROOM)
		return;
	(void)kernel_each_entry(map, sizeof(struct file_identity), sizeof(struct program),
				/* remove= */ false, programs_take_over, &taking);
	for (size_t i = 0; i < taking.count; i++)
		(void)bpf_map_delete_elem(map, &taking.taken[i]);
	free(taking.taken);
}

void programs_add(struct programs *programs, const struct file_identity *program, const char *path)
{
	bool is_new;
	char **added = table_touch(programs->added, program, &is_new);

	if (is_new)
		*added = xstrdup(path);
}
