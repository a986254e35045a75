/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the kernel's tables of watched inodes and known programs true to the paths. */
#include "sensor/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "sensor/watch_object.h"

static struct object *watch_add(struct watch *watch, enum object_role role, uint16_t id,
				const char *path)
{
	struct object *object;

	watch->objects = xreallocarray(watch->objects, watch->n_objects + 1, sizeof(*object));
	object = &watch->objects[watch->n_objects++];
	*object = (struct object){.role = role, .id = id, .fd = -1, .folder_fd = -1};
	object->path = xstrdup(path);
	return object;
}

static void watch_add_all(struct watch *watch, enum object_role role, const char *const *paths)
{
	for (uint16_t i = 0; paths && paths[i]; i++)
		(void)watch_add(watch, role, i, paths[i]);
}

static void watch_add_stores(struct watch *watch, const char *const *stores)
{
	for (uint16_t i = 0; stores && stores[i]; i++)
		(void)watch_add(watch,
				strncmp(stores[i], "inet:", 5) == 0 ? ROLE_STORE_BEHIND_TCP
								    : ROLE_STORE,
				i, stores[i]);
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
	watch_add_stores(watch, settings->stores);
	watch_add_all(watch, ROLE_HELPER, settings->mail_helpers);
	watch_add_all(watch, ROLE_STORE_READER, settings->store_readers);
	watch_add_all(watch, ROLE_SESSION_PROGRAM, settings->session_programs);
	watch_add_all(watch, ROLE_SILENT_PROGRAM, settings->silent_programs);
	watch_add_all(watch, ROLE_STATUS_FOLDER, settings->status_folders);
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
		place_done(object);
		free(object->path);
		mail_root_done(&object->root);
	}
	free(watch->objects);
	free(watch);
}

/* ---- Telling the kernel ---- */

static __u8 watched_kind_of(enum object_role role)
{
	switch (role) {
	case ROLE_ROOT: return WATCHED_MAIL_ROOT;
	case ROLE_STATUS_FOLDER: return WATCHED_STATUS;
	default: return WATCHED_STORE;
	}
}

/* Two roots may lie in one directory (%d/%n for some, %n for others): the last one counts. */
static int object_publish(const struct watch *watch, const struct object *object)
{
	struct watched watched = {
		.inode_number = object->identity.inode_number,
		.id = object->id,
		.kind = watched_kind_of(object->role),
		.component = {object->root.domain, object->root.name},
		.generation = object->generation,
		.is_mbox = object->root.is_mbox,
		.is_cyrus = object->root.is_cyrus,
	};
	__u8 yes = 1, kind = object->role == ROLE_SESSION_PROGRAM ? SESSION_SAYS_ITSELF
								   : SESSION_IN_ENVIRONMENT;

	/* where cyrus_arrange() in bpf/holding.bpf.h puts them */
	for (__u8 i = 0; i < ARRAY_LENGTH(watched.component) && object->root.is_cyrus; i++)
		watched.component[i] = i;
	static_assert(sizeof(watched.mbox_folder) == sizeof(object->root.folder), "folder");
	memcpy(watched.mbox_folder, object->root.folder, sizeof(watched.mbox_folder));

	if (object_is_watched(object))
		return bpf_map_update_elem(watch->maps->watched, &object->address, &watched, BPF_ANY);
	switch (object->role) {
	case ROLE_STORE_READER:
		return bpf_map_update_elem(watch->maps->store_readers, &object->identity, &yes,
					   BPF_ANY);
	case ROLE_SESSION_PROGRAM:
	case ROLE_SILENT_PROGRAM:
		return bpf_map_update_elem(watch->maps->session_programs, &object->identity, &kind,
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
	if (object->address && (object->role == ROLE_ROOT || object->role == ROLE_STATUS_FOLDER))
		(void)bpf_map_delete_elem(watch->maps->watched, &object->address);
	if (object->address && object->role == ROLE_STORE)
		former_add(watch, object->address);
	if (object->role == ROLE_STORE_READER &&
	    !is_reader_of_another_object(watch, object, &object->identity))
		(void)bpf_map_delete_elem(watch->maps->store_readers, &object->identity);
	(void)close(object->fd);
	object->fd = -1;
	object->address = 0;
}

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

static void filter_add(struct watched_filter *filter, const struct object *object)
{
	filter_set(filter, object->name.folder);
	if (!object->address || !object_is_watched(object))
		return;
	filter_set(filter, object->address);
	if (object->role == ROLE_STORE && S_ISDIR(object->mode))
		filter->folder_devices |= watched_device_bit(object->identity.device);
	if (object->role == ROLE_STORE && S_ISSOCK(object->mode))
		filter->has_sockets = 1;
	if (object->role == ROLE_ROOT)
		filter_add_device(filter, object->identity.device);
}

/* Bits of all watched inodes but those that went away. */
static int watch_write_filter(const struct watch *watch)
{
	struct watched_filter filter = {};
	uint32_t zero = 0;

	for (size_t i = 0; i < watch->n_objects; i++)
		filter_add(&filter, &watch->objects[i]);
	for (size_t i = 0; i < FORMER_INODES; i++)
		filter_set(&filter, watch->former[i]);
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

	if (object->role == ROLE_STORE_BEHIND_TCP || object_is_current(object))
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
	object->mode = now.st_mode;
	place_open(object);
	return true;
}

static void object_learn(struct object *object, const struct found_file *found)
{
	object->address = found->inode;
	object->identity = (struct file_identity){.inode_number = found->inode_number,
						  .device = found->device};
	object->generation = found->generation;
}

static int watch_learn_inodes(struct watch *watch, const struct found_file *found, size_t count)
{
	int r;

	for (size_t i = 0; i < count; i++) {
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

/* One pass over our own descriptors tells what the kernel calls each new object. */
static int watch_learn(struct watch *watch)
{
	_cleanup_free_ void *found = NULL;
	size_t size, count;
	int r;

	r = kernel_iterate(watch->iterator, getpid(), &found, &size);
	if (r < 0)
		return r;
	count = size / sizeof(struct found_file);
	r = watch_learn_inodes(watch, found, count);
	return r < 0 ? r : place_learn(watch, found, count);
}

bool watch_has_address(const struct watch *watch, uint64_t address)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (object_is_watched(&watch->objects[i]) && watch->objects[i].address == address)
			return true;
	return false;
}

static void look_at_former(void *context, const void *key, const void *value)
{
	const struct watched *watched = value;
	struct watch *watch = context;
	uint64_t address;

	memcpy(&address, key, sizeof(address));
	if (watched->kind == WATCHED_STORE && !watch_has_address(watch, address))
		former_add(watch, address);
}

/* Stores that came and went between two refreshes the kernel followed by itself. */
static int watch_find_former(struct watch *watch)
{
	long n = kernel_each_entry(watch->maps->watched, sizeof(uint64_t), sizeof(struct watched),
				   /* remove= */ false, look_at_former, watch);

	return n < 0 ? n : 0;
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
	if (r == 0)
		r = watch_find_former(watch);
	return r < 0 ? r : watch_write_filter(watch);
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
	size_t behind_tcp = 0;

	for (size_t i = 0; i < watch->n_objects; i++)
		behind_tcp += watch->objects[i].role == ROLE_STORE_BEHIND_TCP;
	return watch_present(watch, ROLE_STORE) + behind_tcp;
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
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if ((object->role == ROLE_STORE || object->role == ROLE_STORE_BEHIND_TCP) &&
		    object->id == store)
			return object->path;
	}
	return "?";
}

bool watch_root_is_cyrus(const struct watch *watch, uint16_t root)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (watch->objects[i].role == ROLE_ROOT && watch->objects[i].id == root)
			return watch->objects[i].root.is_cyrus;
	return false;
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

bool watch_is_silent_session(const struct watch *watch, const struct file_identity *program)
{
	return watch_knows(watch, ROLE_SILENT_PROGRAM, program);
}

bool watch_is_store_reader(const struct watch *watch, const struct file_identity *program)
{
	return watch_knows(watch, ROLE_STORE_READER, program);
}
