/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the kernel's tables of watched inodes and known programs true to the paths. */
#include "sensor/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"

enum object_role { ROLE_ROOT, ROLE_STORE, ROLE_HELPER, ROLE_STORE_READER, ROLE_SESSION_PROGRAM };

struct object {
	enum object_role role;
	uint16_t id; /* of a root or store: its index in the configuration */
	char *path;
	struct mail_root root;
	int fd;		  /* keeps the inode; -1 when the path is not there */
	dev_t device;	  /* as stat(2) has them: only to see that the path was replaced */
	ino_t inode;
	uint64_t address; /* the key under which it is watched; 0: not yet learned */
	struct file_identity identity;
};

struct watch {
	const struct kernel_maps *maps;
	struct bpf_program *iterator;
	struct object *objects;
	size_t n_objects;
};

static struct object *watch_add(struct watch *watch, enum object_role role, uint16_t id,
				const char *path)
{
	struct object *object;

	watch->objects = xreallocarray(watch->objects, watch->n_objects + 1, sizeof(*object));
	object = &watch->objects[watch->n_objects++];
	*object = (struct object){.role = role, .id = id, .fd = -1};
	object->path = xstrdup(path);
	return object;
}

static void watch_add_all(struct watch *watch, enum object_role role, const char *const *paths)
{
	for (uint16_t i = 0; paths && paths[i]; i++)
		(void)watch_add(watch, role, i, paths[i]);
}

static void watch_add_roots(struct watch *watch, const char *const *templates)
{
	for (uint16_t i = 0; templates && templates[i]; i++) {
		struct mail_root root = {};
		char wrong[256];

		if (mail_root_parse(templates[i], &root, wrong, sizeof(wrong)) < 0)
			log_warning("mail root %s, ignoring", wrong);
		else
			watch_add(watch, ROLE_ROOT, i, root.directory)->root = root;
	}
}

struct watch *watch_new(const struct sensor_settings *settings, const struct kernel_maps *maps,
			struct bpf_program *iterator)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));

	watch->maps = maps;
	watch->iterator = iterator;
	watch_add_roots(watch, settings->mail_roots);
	watch_add_all(watch, ROLE_STORE, settings->stores);
	watch_add_all(watch, ROLE_HELPER, settings->mail_helpers);
	watch_add_all(watch, ROLE_STORE_READER, settings->store_readers);
	watch_add_all(watch, ROLE_SESSION_PROGRAM, settings->session_programs);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < watch->n_objects; i++) {
		struct object *object = &watch->objects[i];

		if (object->fd >= 0)
			(void)close(object->fd);
		free(object->path);
		mail_root_done(&object->root);
	}
	free(watch->objects);
	free(watch);
}

/* ---- Telling the kernel ---- */

static bool object_is_watched(const struct object *object)
{
	return object->role == ROLE_ROOT || object->role == ROLE_STORE;
}

/* Two roots may lie in one directory (%d/%n for some, %n for others): the last one counts. */
static int object_publish(const struct watch *watch, const struct object *object)
{
	struct watched watched = {
		.inode_number = object->identity.inode_number,
		.id = object->id,
		.kind = object->role == ROLE_ROOT ? WATCHED_MAIL_ROOT : WATCHED_STORE,
		.component = {object->root.domain, object->root.name},
	};
	__u8 yes = 1;

	if (object_is_watched(object))
		return bpf_map_update_elem(watch->maps->watched, &object->address, &watched, BPF_ANY);
	switch (object->role) {
	case ROLE_STORE_READER:
		return bpf_map_update_elem(watch->maps->store_readers, &object->identity, &yes,
					   BPF_ANY);
	case ROLE_SESSION_PROGRAM:
		return bpf_map_update_elem(watch->maps->session_programs, &object->identity, &yes,
					   BPF_ANY);
	default: return 0;
	}
}

static bool is_reader_of_another_object(const struct watch *watch, const struct object *but,
					const struct file_identity *identity)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (object != but && object->role == ROLE_STORE_READER && object->fd >= 0 &&
		    memcmp(&object->identity, identity, sizeof(*identity)) == 0)
			return true;
	}
	return false;
}

/* Forgets the inode a path was; only then may its address be used again. */
static void object_withdraw(struct watch *watch, struct object *object)
{
	if (object->fd < 0)
		return;
	if (object->address && object_is_watched(object))
		(void)bpf_map_delete_elem(watch->maps->watched, &object->address);
	if (object->role == ROLE_STORE_READER &&
	    !is_reader_of_another_object(watch, object, &object->identity))
		(void)bpf_map_delete_elem(watch->maps->store_readers, &object->identity);
	(void)close(object->fd);
	object->fd = -1;
	object->address = 0;
}

/* Bits of all watched inodes but those that went away. */
static int watch_write_filter(const struct watch *watch)
{
	struct watched_filter filter = {};
	uint32_t zero = 0;

	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];
		uint32_t bit = watched_filter_bit(object->address);

		if (object->address && object_is_watched(object))
			filter.word[bit / 64] |= 1ULL << bit % 64;
	}
	return bpf_map_update_elem(watch->maps->watched_filter, &zero, &filter, BPF_ANY);
}

/* ---- Following the paths ---- */

static bool object_is_current(const struct object *object)
{
	struct stat now;

	return object->fd >= 0 && stat(object->path, &now) == 0 && now.st_ino == object->inode &&
	       now.st_dev == object->device;
}

/* Returns whether the object now has an inode that is not learned yet. */
static bool object_reopen(struct watch *watch, struct object *object)
{
	struct stat now;

	if (object_is_current(object))
		return false;
	object_withdraw(watch, object);
	object->fd = open(object->path, O_PATH | O_CLOEXEC);
	if (object->fd < 0)
		return false;
	if (fstat(object->fd, &now) < 0) {
		(void)close(take_fd(object->fd));
		return false;
	}
	object->inode = now.st_ino;
	object->device = now.st_dev;
	return true;
}

static void object_learn(struct object *object, const struct found_file *found)
{
	object->address = found->inode;
	object->identity = (struct file_identity){.inode_number = found->inode_number,
						  .device = found->device};
}

/* One pass over our own descriptors tells what the kernel calls each new object. */
static int watch_learn(struct watch *watch)
{
	_cleanup_free_ void *bytes = NULL;
	const struct found_file *found;
	size_t size;
	int r;

	r = kernel_iterate(watch->iterator, getpid(), &bytes, &size);
	if (r < 0)
		return r;
	found = bytes;
	for (size_t i = 0; i < size / sizeof(*found); i++) {
		for (size_t j = 0; j < watch->n_objects; j++) {
			struct object *object = &watch->objects[j];

			if (object->fd != (int)found[i].fd || object->address)
				continue;
			object_learn(object, &found[i]);
			r = object_publish(watch, object);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int watch_refresh(struct watch *watch)
{
	bool has_new = false;
	int r;

	for (size_t i = 0; i < watch->n_objects; i++)
		has_new |= object_reopen(watch, &watch->objects[i]);
	if (!has_new)
		return 0;
	r = watch_learn(watch);
	return r < 0 ? r : watch_write_filter(watch);
}

/* ---- After an earlier daemon ---- */

struct forgetting {
	const struct watch *watch;
	int map;
	void *keys; /* to be taken out after the walk */
	size_t key_bytes, count;
};

static bool is_ours(const struct watch *watch, enum object_role role, const void *key)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (!object->address)
			continue;
		if (role == ROLE_ROOT && object_is_watched(object) &&
		    memcmp(&object->address, key, sizeof(object->address)) == 0)
			return true;
		if (role == ROLE_STORE_READER && object->role == role &&
		    memcmp(&object->identity, key, sizeof(object->identity)) == 0)
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
	if (!is_ours(forgetting->watch, ROLE_ROOT, key))
		forget_key(forgetting, key);
}

static void look_at_reader(void *context, const void *key, const void *value)
{
	struct forgetting *forgetting = context;

	(void)value;
	if (!is_ours(forgetting->watch, ROLE_STORE_READER, key))
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
	return forget_others(watch, watch->maps->store_readers, sizeof(struct file_identity),
			     sizeof(__u8), look_at_reader);
}

/* ---- Questions ---- */

static size_t watch_present(const struct watch *watch, enum object_role role)
{
	size_t present = 0;

	for (size_t i = 0; i < watch->n_objects; i++)
		present += watch->objects[i].role == role && watch->objects[i].fd >= 0;
	return present;
}

size_t watch_roots_present(const struct watch *watch)
{
	return watch_present(watch, ROLE_ROOT);
}

size_t watch_stores_present(const struct watch *watch)
{
	return watch_present(watch, ROLE_STORE);
}

const char *watch_missing(const struct watch *watch, size_t i)
{
	for (size_t j = 0; j < watch->n_objects; j++) {
		const struct object *object = &watch->objects[j];

		if (object_is_watched(object) && object->fd < 0 && i-- == 0)
			return object->path;
	}
	return NULL;
}

const char *watch_store_path(const struct watch *watch, uint16_t store)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (watch->objects[i].role == ROLE_STORE && watch->objects[i].id == store)
			return watch->objects[i].path;
	return "?";
}

static bool watch_knows(const struct watch *watch, enum object_role role,
			const struct file_identity *program)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (object->role == role && object->fd >= 0 &&
		    memcmp(&object->identity, program, sizeof(*program)) == 0)
			return true;
	}
	return false;
}

bool watch_is_helper(const struct watch *watch, const struct file_identity *program)
{
	return watch_knows(watch, ROLE_HELPER, program);
}

bool watch_is_store_reader(const struct watch *watch, const struct file_identity *program)
{
	return watch_knows(watch, ROLE_STORE_READER, program);
}
