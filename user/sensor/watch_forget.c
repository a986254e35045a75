/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an earlier daemon had the kernel watch, and this one does not; and processes that are gone. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sensor/watch.h"
#include "sensor/watch_object.h"

struct forgetting {
	const struct watch *watch;
	int map;
	void *keys; /* to be taken out after the walk */
	size_t key_bytes, count;
};

static bool is_ours(const struct watch *watch, enum watch_role role, const void *key)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (!object->address)
			continue;
		if (role == WATCH_MAIL_ROOT && object_is_watched(object) &&
		    memcmp(&object->address, key, sizeof(object->address)) == 0)
			return true;
		if (role == WATCH_STORE && memcmp(&object->name, key, sizeof(object->name)) == 0)
			return true;
		if ((role == WATCH_STORE_READER || role == WATCH_INTERPRETER) &&
		    object_is_program(object, role, key))
			return true;
	}
	return false;
}

static void forget_key(struct forgetting *forgetting, const void *key)
{
	forgetting->keys = xreallocarray(forgetting->keys, forgetting->count + 1,
					 forgetting->key_bytes);
	memcpy((char *)forgetting->keys + forgetting->count++ * forgetting->key_bytes, key,
	       forgetting->key_bytes);
}

static void look_at_watched(void *context, const void *key, const void *value)
{
	struct forgetting *forgetting = context;

	(void)value;
	if (!is_ours(forgetting->watch, WATCH_MAIL_ROOT, key))
		forget_key(forgetting, key);
}

static void look_at_name(void *context, const void *key, const void *value)
{
	struct forgetting *forgetting = context;

	(void)value;
	if (!is_ours(forgetting->watch, WATCH_STORE, key))
		forget_key(forgetting, key);
}

static bool place_is_ours(const struct watch *watch, const void *key)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (watch_role_is_program(watch->objects[i].role) &&
		    memcmp(&watch->objects[i].name, key, sizeof(struct watched_name)) == 0)
			return true;
	return false;
}

static void look_at_place(void *context, const void *key, const void *value)
{
	struct forgetting *forgetting = context;

	(void)value;
	if (!place_is_ours(forgetting->watch, key))
		forget_key(forgetting, key);
}

static void look_at_interpreter(void *context, const void *key, const void *value)
{
	struct forgetting *forgetting = context;

	(void)value;
	if (!is_ours(forgetting->watch, WATCH_INTERPRETER, key))
		forget_key(forgetting, key);
}

static void look_at_reader(void *context, const void *key, const void *value)
{
	struct forgetting *forgetting = context;

	(void)value;
	if (!is_ours(forgetting->watch, WATCH_STORE_READER, key))
		forget_key(forgetting, key);
}

static int forget_others(const struct watch *watch, int map, size_t key_bytes, size_t value_bytes,
			 kernel_each look)
{
	struct forgetting forgetting = {.watch = watch, .map = map, .key_bytes = key_bytes};
	long n = kernel_each_entry(map, key_bytes, value_bytes, /* remove= */ false, look,
				   &forgetting);

	for (size_t i = 0; i < forgetting.count; i++)
		(void)bpf_map_delete_elem(map, (char *)forgetting.keys + i * key_bytes);
	free(forgetting.keys);
	return n < 0 ? n : 0;
}

int watch_forget_others(struct watch *watch)
{
	int r = forget_others(watch, watch->maps->watched, sizeof(uint64_t), sizeof(struct watched),
			      look_at_watched);

	if (r < 0)
		return r;
	r = forget_others(watch, watch->maps->watched_names, sizeof(struct watched_name),
			  sizeof(struct watched), look_at_name);
	if (r < 0)
		return r;
	r = forget_others(watch, watch->maps->program_places, sizeof(struct watched_name),
			  sizeof(struct program_place), look_at_place);
	if (r < 0)
		return r;
	r = forget_others(watch, watch->maps->interpreters, sizeof(struct file_identity),
			  sizeof(__u8), look_at_interpreter);
	if (r < 0)
		return r;
	return forget_others(watch, watch->maps->store_readers, sizeof(struct file_identity),
			     sizeof(__u8), look_at_reader);
}

static void look_at_told(void *context, const void *key, const void *value)
{
	const struct reported_key *reported = key;

	(void)value;
	/* the unit's ProtectProc= hides those of other users in /proc */
	if (kill((pid_t)reported->tgid, 0) < 0 && errno == ESRCH)
		forget_key(context, key);
}

int watch_forget_gone(const struct watch *watch)
{
	return forget_others(watch, watch->maps->store_reported, sizeof(struct reported_key),
			     sizeof(__u8), look_at_told);
}
