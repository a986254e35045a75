/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel looks at before it looks anything up: one bit for each watched inode and for each folder
 * of a store. A bit that is set for nothing costs a look-up; one that is missing would lose a count.
 */
#include <sys/stat.h>

#include "sensor/watch_object.h"

static void filter_set(struct watched_filter *filter, uint64_t address)
{
	uint32_t bit = watched_filter_bit(address);

	if (address)
		filter->word[bit / 64] |= 1ULL << bit % 64;
}

/* One that does not fit has its files looked for by their own names only. */
static void filter_add_device(struct watched_filter *filter, uint32_t device)
{
	for (size_t i = 0; i < WATCHED_DEVICES; i++) {
		if (filter->device[i] == device)
			return;
		if (!filter->device[i]) {
			filter->device[i] = device;
			return;
		}
	}
}

static void filter_add_status_owner(struct watched_filter *filter, uint32_t owner)
{
	for (size_t i = 0; i < STATUS_OWNERS && filter->status_owner[i] != owner; i++)
		if (!filter->status_owner[i]) {
			filter->status_owner[i] = owner;
			return;
		}
}

static void filter_add_object(struct watched_filter *filter, const struct object *object)
{
	if (!watch_role_is_program(object->role))
		filter_set(filter, object->name.folder);
	if (!object->address || !object_is_watched(object))
		return;
	filter_set(filter, object->address);
	if (object->role == WATCH_STATUS_FOLDER)
		filter_add_status_owner(filter, object->owner);
	if (object->role == WATCH_STORE && S_ISDIR(object->mode))
		filter->folder_devices |= watched_device_bit(object->identity.device);
	if (object->role == WATCH_STORE && S_ISSOCK(object->mode))
		filter->has_sockets = 1;
	if (object->role == WATCH_MAIL_ROOT)
		filter_add_device(filter, object->identity.device);
}

int filter_write(const struct watch *watch)
{
	struct watched_filter filter = {};
	uint32_t zero = 0;

	for (size_t i = 0; i < watch->n_objects; i++)
		filter_add_object(&filter, &watch->objects[i]);
	for (size_t i = 0; i < FORMER_INODES; i++)
		filter_set(&filter, watch->former[i]);
	return bpf_map_update_elem(watch->maps->watched_filter, &zero, &filter, BPF_ANY);
}
