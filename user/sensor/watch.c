/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of watched objects, and following their paths. */
#include "sensor/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "sensor/watch_object.h"

/* Readers are also listed by unit, by script and by user: those are no files. */
static bool watch_needs_object(enum watch_role role, const char *name)
{
	if (role == WATCH_MAIL_HELPER || role == WATCH_STORE_READER)
		return name[0] == '/';
	return role != WATCH_MAIL_PORT;
}

static void watch_add(struct watch *watch, enum watch_role role, uint16_t id,
		      const struct watch_entry *entry)
{
	struct mail_root root = {};
	struct object *object;
	char wrong[256];

	if (role == WATCH_MAIL_ROOT &&
	    mail_root_parse(entry->name, &root, wrong, sizeof(wrong)) < 0) {
		log_warning("mail root %s, ignoring", wrong);
		return;
	}
	watch->objects = xreallocarray(watch->objects, watch->n_objects + 1, sizeof(*object));
	object = &watch->objects[watch->n_objects++];
	*object = (struct object){.role = role,
				  .protocol = entry->protocol,
				  .id = id,
				  .root = root,
				  .fd = -1,
				  .folder_fd = -1};
	object->is_behind_tcp = (role == WATCH_STORE || role == WATCH_AUTH_SOCKET) &&
				strncmp(entry->name, "inet:", 5) == 0;
	object->path = xstrdup(role == WATCH_MAIL_ROOT ? root.directory : entry->name);
}

struct watch *watch_new(const struct watch_list *list, const struct kernel_maps *maps,
			struct bpf_program *iterator)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));

	watch->maps = maps;
	watch->iterator = iterator;
	for (int role = 0; role < WATCH_ROLES; role++)
		for (size_t i = 0; i < list->of[role].count; i++)
			if (watch_needs_object(role, list->of[role].items[i].name))
				watch_add(watch, role, (uint16_t)i, &list->of[role].items[i]);
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
		free(object->real_path);
		mail_root_done(&object->root);
	}
	free(watch->objects);
	free(watch);
}

/* ---- Following the paths ---- */

/* Returns whether the object now has an inode that is not learned yet. */
static bool object_take(struct watch *watch, struct object *object, struct probed_path *found)
{
	object->is_stuck = found->answer == PATH_STUCK;
	/* what does not answer stays watched as it was */
	if (found->answer == PATH_SAME || found->answer == PATH_STUCK)
		return false;
	object_withdraw(watch, object);
	if (found->answer == PATH_ABSENT)
		return false;
	if (watch_role_is_program(object->role) && !program_is_trusted(object, &found->file)) {
		(void)close(take_fd(found->fd));
		if (found->folder_fd >= 0)
			(void)close(take_fd(found->folder_fd));
		free(found->place);
		return false;
	}
	object->fd = take_fd(found->fd);
	object->inode = found->file.st_ino;
	object->device = found->file.st_dev;
	object->mode = found->file.st_mode;
	if (!object->real_path)
		object->owner = found->file.st_uid;
	place_take(object, found);
	return true;
}

/* Returns whether any object has an inode that is not learned yet. */
static bool watch_look(struct watch *watch)
{
	_cleanup_free_ struct probed_path *paths = xcalloc(watch->n_objects + 1, sizeof(*paths));
	_cleanup_free_ size_t *of = xcalloc(watch->n_objects + 1, sizeof(*of));
	size_t count = 0;
	bool has_new = false;

	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (object->is_behind_tcp)
			continue;
		of[count] = i;
		paths[count++] = (struct probed_path){
			.path = object->path,
			.device = object->fd >= 0 ? object->device : 0,
			.inode = object->fd >= 0 ? object->inode : 0,
			.with_folder = object_has_place(object),
		};
	}
	path_probe(paths, count);
	for (size_t i = 0; i < count; i++)
		has_new |= object_take(watch, &watch->objects[of[i]], &paths[i]);
	return has_new;
}

static void object_learn(struct object *object, const struct found_file *found)
{
	object->address = found->inode;
	object->identity = (struct file_identity){.inode_number = found->inode_number,
						  .device = found->device,
						  .generation = found->generation};
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

int watch_refresh(struct watch *watch)
{
	int r;

	if (!watch_look(watch))
		return 0;
	r = watch_learn(watch);
	if (r == 0)
		r = former_find(watch);
	return r < 0 ? r : filter_write(watch);
}

/* ---- Questions ---- */

size_t watch_present(const struct watch *watch, enum watch_role role)
{
	size_t present = 0;

	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		present += object->role == role && (object->fd >= 0 || object->is_behind_tcp);
	}
	return present;
}

const char *watch_missing(const struct watch *watch, size_t i)
{
	for (size_t j = 0; j < watch->n_objects; j++) {
		const struct object *object = &watch->objects[j];

		if (object_is_watched(object) && object->fd < 0 && !object->is_stuck && i-- == 0)
			return object->path;
	}
	return NULL;
}

const char *watch_stuck(const struct watch *watch, size_t i)
{
	for (size_t j = 0; j < watch->n_objects; j++)
		if (watch->objects[j].is_stuck && i-- == 0)
			return watch->objects[j].path;
	return NULL;
}

static const char *watch_path(const struct watch *watch, enum watch_role role, uint16_t id)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (object->role == role && object->id == id)
			return object->path;
	}
	return "?";
}

const char *watch_store_path(const struct watch *watch, uint16_t store)
{
	return watch_path(watch, WATCH_STORE, store);
}

const char *watch_root_path(const struct watch *watch, uint16_t root)
{
	return watch_path(watch, WATCH_MAIL_ROOT, root);
}

static const struct object *watch_find_program(const struct watch *watch, enum watch_role role,
					       const struct file_identity *program)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (object_is_program(&watch->objects[i], role, program))
			return &watch->objects[i];
	return NULL;
}

bool watch_knows_program(const struct watch *watch, enum watch_role role,
			 const struct file_identity *program)
{
	return watch_find_program(watch, role, program) ||
	       former_program_find(watch, role, program);
}

uint8_t watch_session_protocol(const struct watch *watch, const struct file_identity *program)
{
	const struct object *object = watch_find_program(watch, WATCH_SESSION_PROGRAM, program);
	const struct former_program *former =
		former_program_find(watch, WATCH_SESSION_PROGRAM, program);

	if (object)
		return object->protocol;
	return former ? former->protocol : SESSION_PROTOCOL_NONE;
}
