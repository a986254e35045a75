/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which service an actor belongs to: its control group in the unified hierarchy, where systemd has
 * one for each unit. The number makes the key; the names on the way to it are kept on first sight,
 * for a service may be over before the next tick.
 */
#include "lib/unit.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u64); /* number of the group */
	__type(value, struct unit);
} units SEC(".maps");

static const struct unit unknown_unit;

struct unit_walk {
	struct unit *unit;
	struct cgroup *group;
	__u64 name; /* address of what is left to read of the group's name; 0: not begun */
};

#define ONES 0x0101010101010101ULL

/* A word without what follows its first NUL: that is somebody else's memory. */
static __always_inline __u64 word_to_its_end(__u64 word, bool *ret_ends)
{
	__u64 ends = (word - ONES) & ~word & (ONES << 7);

	*ret_ends = ends != 0;
	return ends ? word & (((ends & -ends) >> 7) - 1) : word;
}

/* The next level up; its first names are those that say most. */
static __always_inline long unit_next_group(struct unit_walk *walk)
{
	struct cgroup *group = walk->group;

	walk->group = BPF_CORE_READ(group, self.parent, cgroup);
	walk->name = 0;
	return !walk->group;
}

static __always_inline long unit_begin_group(struct unit_walk *walk)
{
	struct cgroup *group = walk->group;
	struct unit *unit = walk->unit;
	__u32 level = BPF_CORE_READ(group, level);

	if (level == 0 || !unit)
		return 1;
	if (level > UNIT_LEVELS)
		return unit_next_group(walk);
	if (unit->levels < level)
		unit->levels = level;
	unit->row = level - 1;
	unit->at = 0;
	walk->name = (__u64)BPF_CORE_READ(group, kn, name);
	return 0;
}

/* Eight bytes of a name, or the next group. Names are NUL-ended and lie in memory that is handed
 * out in words, so a whole one can be read up to their end. Where to write stands in the map's
 * value and not by the stack, where each number would be a new state to the verifier. */
static long unit_walk_step(__u32 i, struct unit_walk *walk)
{
	struct unit *unit = walk->unit;
	__u32 row, at;
	__u64 word = 0;
	bool ends;

	if (!unit)
		return 1;
	if (!walk->name)
		return unit_begin_group(walk);
	row = unit->row;
	at = unit->at;
	barrier_step(row);
	barrier_step(at);
	if (row >= UNIT_LEVELS || at > UNIT_NAME_BYTES - sizeof(word))
		return unit_next_group(walk);
	bpf_probe_read_kernel(&word, sizeof(word), (void *)walk->name);
	word = word_to_its_end(word, &ends);
	__builtin_memcpy(&unit->name[row][at & ~7U], &word, sizeof(word));
	unit->at = at + sizeof(word);
	walk->name += sizeof(word);
	return ends ? unit_next_group(walk) : 0;
}

static __always_inline void unit_keep(__u64 number, struct cgroup *group)
{
	struct unit_walk walk = {.group = group};
	int r = bpf_map_update_elem(&units, &number, &unknown_unit, BPF_NOEXIST);

	/* whoever made the entry fills it */
	if (r == -EEXIST)
		return;
	/* zero, but not to 6.1's verifier, which would take out what needs a name: see walk_up() */
	bpf_probe_read_kernel(&walk.name, sizeof(walk.name), NULL);
	walk.unit = r ? NULL : bpf_map_lookup_elem(&units, &number);
	if (!walk.unit) {
		count_loss(LOST_UNITS_FULL, 1);
		return;
	}
	bpf_loop(2 * UNIT_LEVELS * (UNIT_NAME_BYTES / 8 + 1), unit_walk_step, &walk, 0);
	if (walk.unit)
		walk.unit->whole = 1;
}

__hidden __u64 unit_of(struct task_struct *task)
{
	struct cgroup *group = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	__u64 number = BPF_CORE_READ(group, kn, id);

	if (number && !bpf_map_lookup_elem(&units, &number))
		unit_keep(number, group);
	return number;
}
