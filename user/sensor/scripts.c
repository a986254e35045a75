/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names are kept here when the kernel's table is emptied, those that were needed last. */
#include "sensor/scripts.h"

#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "model/account.h"

#define SCRIPTS_REMEMBERED 1024
/* Of the kernel's table; then all of it is taken over. */
#define SCRIPTS_ROOM 128

struct scripts {
	const struct kernel_maps *maps;
	struct table *paths; /* char * */
};

static void scripts_release_path(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	free(*(char **)value);
}

struct scripts *scripts_new(const struct kernel_maps *maps)
{
	struct scripts *scripts = xcalloc(1, sizeof(*scripts));

	scripts->maps = maps;
	scripts->paths = table_new(sizeof(uint64_t), sizeof(char *), SCRIPTS_REMEMBERED,
				   scripts_release_path, NULL);
	return scripts;
}

void scripts_free(struct scripts *scripts)
{
	if (!scripts)
		return;
	table_free(scripts->paths);
	free(scripts);
}

static const char *scripts_keep_path(struct scripts *scripts, const void *hash,
				     const struct script *script)
{
	char text[4 * SCRIPT_BYTES + 1], **path;
	bool is_new;

	path = table_touch(scripts->paths, hash, &is_new);
	if (is_new) {
		text_from_wire(script->path, strnlen(script->path, SCRIPT_BYTES), text,
			       sizeof(text));
		*path = xstrdup(text);
	}
	return *path;
}

const char *scripts_path(struct scripts *scripts, uint64_t hash, struct snapshot *snapshot)
{
	char *const *kept = table_find(scripts->paths, &hash);
	struct script script;

	if (!hash)
		return "";
	if (kept) {
		(void)table_touch(scripts->paths, &hash, NULL);
		return snapshot_string(snapshot, *kept);
	}
	if (bpf_map_lookup_elem(scripts->maps->scripts, &hash, &script) < 0)
		return "";
	return snapshot_string(snapshot, scripts_keep_path(scripts, &hash, &script));
}

static void scripts_take_over(void *context, const void *key, const void *value)
{
	(void)scripts_keep_path(context, key, value);
}

static void scripts_count(void *context, const void *key, const void *value)
{
	(void)key;
	(void)value;
	++*(uint64_t *)context;
}

void scripts_make_room(struct scripts *scripts)
{
	uint64_t count = 0;
	int map = scripts->maps->scripts;

	(void)kernel_each_entry(map, sizeof(uint64_t), sizeof(struct script), /* remove= */ false,
				scripts_count, &count);
	if (count > SCRIPTS_ROOM)
		(void)kernel_each_entry(map, sizeof(uint64_t), sizeof(struct script),
					/* remove= */ true, scripts_take_over, scripts);
}
