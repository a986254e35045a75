/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inodes that were stores, a bounded number of them: who has one open still reads what was the store. */
#include <string.h>

#include "sensor/watch_object.h"

static bool is_watched_address(const struct watch *watch, uint64_t address)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (object_is_watched(&watch->objects[i]) && watch->objects[i].address == address)
			return true;
	return false;
}

static bool former_has(const struct watch *watch, uint64_t address)
{
	for (size_t i = 0; i < FORMER_INODES; i++)
		if (watch->former[i] == address)
			return true;
	return false;
}

void former_add(struct watch *watch, uint64_t address)
{
	uint64_t *place = &watch->former[watch->next_former];

	if (former_has(watch, address))
		return;
	if (*place && !is_watched_address(watch, *place))
		(void)bpf_map_delete_elem(watch->maps->watched, place);
	*place = address;
	watch->next_former = (watch->next_former + 1) % FORMER_INODES;
}

static void look_at_former(void *context, const void *key, const void *value)
{
	const struct watched *watched = value;
	struct watch *watch = context;
	uint64_t address;

	memcpy(&address, key, sizeof(address));
	if (watched->kind == WATCHED_STORE && !is_watched_address(watch, address))
		former_add(watch, address);
}

int former_find(struct watch *watch)
{
	long n = kernel_each_entry(watch->maps->watched, sizeof(uint64_t), sizeof(struct watched),
				   /* remove= */ false, look_at_former, watch);

	return n < 0 ? n : 0;
}
