/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enters a watched path in the kernel's tables: its inode among the watched ones, or a known program. */
#include <unistd.h>

#include "base/mem.h"
#include "sensor/watch_object.h"

static __u8 watched_kind_of(enum watch_role role)
{
	switch (role) {
	case WATCH_MAIL_ROOT: return WATCHED_MAIL_ROOT;
	case WATCH_STATUS_FOLDER: return WATCHED_STATUS;
	default: return WATCHED_STORE;
	}
}

/* Several paths may be one program: the first one's protocol counts, as in the list and in watch.c. */
static __u8 session_protocol_of(const struct watch *watch, const struct object *program)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (object_is_program(&watch->objects[i], WATCH_SESSION_PROGRAM, &program->identity))
			return watch->objects[i].protocol;
	return program->protocol;
}

/* Two roots may lie in one directory (%d/%n for some, %n for others): the last one counts. */
int object_publish(const struct watch *watch, const struct object *object)
{
	struct watched watched = {
		.inode_number = object->identity.inode_number,
		.id = object->id,
		.kind = watched_kind_of(object->role),
		.component = {object->root.domain, object->root.name},
		.generation = object->generation,
		.layout = object->root.layout,
	};
	__u8 yes = 1, protocol;

	static_assert(sizeof(watched.mbox_folder) == sizeof(object->root.folder), "folder");
	memcpy(watched.mbox_folder, object->root.folder, sizeof(watched.mbox_folder));

	if (object_is_watched(object))
		return bpf_map_update_elem(watch->maps->watched, &object->address, &watched, BPF_ANY);
	switch (object->role) {
	case WATCH_STORE_READER:
		return bpf_map_update_elem(watch->maps->store_readers, &object->identity, &yes,
					   BPF_ANY);
	case WATCH_MAIL_HELPER:
		return bpf_map_update_elem(watch->maps->mail_helpers, &object->identity, &yes,
					   BPF_ANY);
	case WATCH_INTERPRETER:
		return bpf_map_update_elem(watch->maps->interpreters, &object->identity, &yes,
					   BPF_ANY);
	case WATCH_SESSION_PROGRAM:
		protocol = session_protocol_of(watch, object);
		return bpf_map_update_elem(watch->maps->session_programs, &object->identity,
					   &protocol, BPF_ANY);
	default: return 0;
	}
}

void object_withdraw(struct watch *watch, struct object *object)
{
	if (object->fd < 0)
		return;
	if (object->address && (object->role == WATCH_MAIL_ROOT || object->role == WATCH_STATUS_FOLDER))
		(void)bpf_map_delete_elem(watch->maps->watched, &object->address);
	if (object->address && object->role == WATCH_STORE)
		former_add(watch, object->address);
	if (object->address && watch_role_is_program(object->role))
		former_program_add(watch, object->role, object->protocol, &object->identity);
	(void)close(object->fd);
	object->fd = -1;
	object->address = 0;
}
