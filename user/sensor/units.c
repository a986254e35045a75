/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs write a group's names into a table of theirs when they first see it. Each login and
 * each start of a service makes a new group, so the daemon takes the names over before that table
 * is full, and forgets those it has not needed for longest.
 */
#include "sensor/units.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "model/account.h"
#include "model/unit.h"

#define UNITS_REMEMBERED 4096
/* Of the kernel's table; then all of it is taken over. */
#define UNITS_ROOM 256

#define UNIT_TEXT_BYTES (UNIT_LEVELS * (UNIT_NAME_BYTES + 1) + 1)

struct units {
	const struct kernel_maps *maps;
	struct table *names; /* of groups that the kernel's table has no more: char * */
};

static void units_release_name(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	free(*(char **)value);
}

struct units *units_new(const struct kernel_maps *maps)
{
	struct units *units = xcalloc(1, sizeof(*units));

	units->maps = maps;
	units->names = table_new(sizeof(uint64_t), sizeof(char *), UNITS_REMEMBERED,
				 units_release_name, NULL);
	return units;
}

void units_free(struct units *units)
{
	if (!units)
		return;
	table_free(units->names);
	free(units);
}

/* As systemd wrote it: printable, or made so. */
static void units_format(const struct unit *unit, char ret_text[4 * UNIT_TEXT_BYTES])
{
	char path[UNIT_TEXT_BYTES] = "/", name[UNIT_TEXT_BYTES];
	size_t len = 0;

	for (uint32_t i = 0; i < unit->levels && i < UNIT_LEVELS && unit->name[i][0]; i++)
		len += (size_t)sprintf(path + len, "/%.*s", UNIT_NAME_BYTES, unit->name[i]);
	unit_of_group(path, name, sizeof(name));
	text_from_wire(name, strlen(name), ret_text, 4 * UNIT_TEXT_BYTES);
}

const char *units_name(const struct units *units, uint64_t group, struct snapshot *snapshot)
{
	char *const *kept = table_find(units->names, &group);
	char text[4 * UNIT_TEXT_BYTES];
	struct unit unit;

	if (kept)
		return snapshot_string(snapshot, *kept);
	if (bpf_map_lookup_elem(units->maps->units, &group, &unit) < 0)
		return "";
	units_format(&unit, text);
	return snapshot_string(snapshot, text);
}

/* What a program is still writing stays in the kernel. */
static void units_keep_name(void *context, const void *key, const void *value)
{
	struct units *units = context;
	const struct unit *unit = value;
	char text[4 * UNIT_TEXT_BYTES], **name;

	if (!unit->whole)
		return;
	units_format(unit, text);
	name = table_touch(units->names, key, NULL);
	free(*name);
	*name = xstrdup(text);
}

static void count_group(void *context, const void *key, const void *value)
{
	(void)key;
	(void)value;
	++*(uint64_t *)context;
}

void units_make_room(struct units *units)
{
	uint64_t count = 0;
	const uint64_t *group;
	int map = units->maps->units;

	(void)kernel_each_entry(map, sizeof(uint64_t), sizeof(struct unit), /* remove= */ false,
				count_group, &count);
	if (count <= UNITS_ROOM)
		return;
	(void)kernel_each_entry(map, sizeof(uint64_t), sizeof(struct unit), /* remove= */ false,
				units_keep_name, units);
	for (void *name = table_next(units->names, NULL); name; name = table_next(units->names, name)) {
		group = table_key(units->names, name);
		(void)bpf_map_delete_elem(map, group);
	}
}
