/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where stores, auth sockets and listed programs lie, for the moment between a file's being replaced
 * and our hearing of it: the kernel has folder and name, and takes whatever lies there for the store,
 * and what root puts there for the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "sensor/watch_object.h"

bool object_has_place(const struct object *object)
{
	return watch_role_is_program(object->role) ||
	       ((object->role == WATCH_STORE || object->role == WATCH_AUTH_SOCKET) &&
		!object->is_behind_tcp);
}

void place_take(struct object *object, struct probed_path *found)
{
	if (!found->place)
		return;
	free(object->real_path);
	object->real_path = take_ptr(found->place);
	if (object->folder_fd >= 0)
		(void)close(object->folder_fd);
	object->folder_fd = take_fd(found->folder_fd);
	object->is_folder_roots = object->folder_fd >= 0 && found->is_folder_roots;
	object->is_folder_safe = object->folder_fd >= 0 && found->folder.st_uid == 0 &&
				 !(found->folder.st_mode & 022);
}

void place_done(struct object *object)
{
	if (object->folder_fd >= 0)
		(void)close(take_fd(object->folder_fd));
}

static const struct found_file *find_fd(const struct found_file *found, size_t count, int fd)
{
	for (size_t i = 0; fd >= 0 && i < count; i++)
		if ((int)found[i].fd == fd)
			return &found[i];
	return NULL;
}

static bool is_anothers(const struct watch *watch, const struct object *but)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (&watch->objects[i] != but &&
		    memcmp(&watch->objects[i].name, &but->name, sizeof(but->name)) == 0)
			return true;
	return false;
}

static enum program_role program_role_of(enum watch_role role)
{
	switch (role) {
	case WATCH_SESSION_PROGRAM: return PROGRAM_SESSION;
	case WATCH_STORE_READER: return PROGRAM_STORE_READER;
	case WATCH_INTERPRETER: return PROGRAM_INTERPRETER;
	default: return PROGRAM_HELPER;
	}
}

/* A program may have several roles; the first path's protocol counts, as in watch.c. */
static int place_publish_program(struct watch *watch, struct object *object,
				 const struct watched_name *name)
{
	struct program_place place = {};

	if (object->name.folder && !is_anothers(watch, object) &&
	    memcmp(&object->name, name, sizeof(*name)) != 0)
		(void)bpf_map_delete_elem(watch->maps->program_places, &object->name);
	object->name = *name;
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *other = &watch->objects[i];

		if (!watch_role_is_program(other->role) ||
		    memcmp(&other->name, name, sizeof(*name)) != 0)
			continue;
		if (other->role == WATCH_SESSION_PROGRAM && !(place.roles & PROGRAM_SESSION))
			place.protocol = other->protocol;
		place.roles |= program_role_of(other->role);
	}
	return bpf_map_update_elem(watch->maps->program_places, name, &place, BPF_ANY);
}

static int place_publish_file(struct watch *watch, struct object *object,
			       const struct watched_name *name)
{
	struct watched watched = {.id = object->id,
				  .kind = object->role != WATCH_AUTH_SOCKET ? WATCHED_STORE
					  : object->is_folder_roots ? WATCHED_AUTH_SOCKET
								    : WATCHED_OPEN_AUTH_SOCKET};

	if (object->name.folder && !is_anothers(watch, object) &&
	    memcmp(&object->name, name, sizeof(*name)) != 0)
		(void)bpf_map_delete_elem(watch->maps->watched_names, &object->name);
	object->name = *name;
	return bpf_map_update_elem(watch->maps->watched_names, name, &watched, BPF_ANY);
}

int place_learn(struct watch *watch, const struct found_file *found, size_t count)
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		struct object *object = &watch->objects[i];
		const struct found_file *file = find_fd(found, count, object->fd);
		const struct found_file *folder = find_fd(found, count, object->folder_fd);
		int r;

		/* a folder that was moved meanwhile is another one's */
		if (!object_has_place(object) || !file || !folder ||
		    file->name.folder != folder->inode)
			continue;
		r = !watch_role_is_program(object->role)
			    ? place_publish_file(watch, object, &file->name)
			    : place_publish_program(watch, object, &file->name);
		if (r < 0)
			return r;
	}
	return 0;
}
