/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the stores and auth sockets lie, for the moment between a file's being replaced and our hearing of it: the
 * kernel has folder and name, and takes whatever lies there for the store.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sensor/watch_object.h"

/* The path without links, which is what the kernel walks. */
static bool place_of_fd(int fd, char ret_folder[PATH_MAX])
{
	char link[64];
	ssize_t len;
	char *slash;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, ret_folder, PATH_MAX - 1);
	if (len <= 0 || ret_folder[0] != '/')
		return false;
	ret_folder[len] = '\0';
	slash = strrchr(ret_folder, '/');
	slash[slash == ret_folder ? 1 : 0] = '\0';
	return true;
}

static bool object_has_place(const struct object *object)
{
	return (object->role == WATCH_STORE || object->role == WATCH_AUTH_SOCKET) &&
	       !object->is_behind_tcp;
}

void place_open(struct object *object)
{
	char folder[PATH_MAX];

	if (!object_has_place(object) || !place_of_fd(object->fd, folder))
		return;
	if (object->folder_fd >= 0)
		(void)close(object->folder_fd);
	object->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
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

static int publish_name(struct watch *watch, struct object *object, const struct watched_name *name)
{
	struct watched watched = {.id = object->id,
				  .kind = object->role == WATCH_AUTH_SOCKET ? WATCHED_AUTH_SOCKET
									    : WATCHED_STORE};

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
		r = publish_name(watch, object, &file->name);
		if (r < 0)
			return r;
	}
	return 0;
}
