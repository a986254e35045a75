/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listed programs whose file was replaced. Processes go on running the old inode, new ones run the
 * new inode before the next look: both are the program. A program is also known by the place where
 * the kernel first saw it, when nobody but root can put a file there: so is one that was replaced
 * while no daemon ran.
 */
#include <string.h>

#include "sensor/watch.h"
#include "sensor/watch_object.h"

#define OTHERS_WRITE 022

bool program_is_trusted(const struct object *object, const struct stat *now)
{
	/* the first one was named by the operator, or checked by discovery */
	if (!object->real_path)
		return true;
	return (now->st_uid == 0 || now->st_uid == object->owner) && !(now->st_mode & OTHERS_WRITE);
}

static int program_map_of(const struct watch *watch, enum watch_role role)
{
	switch (role) {
	case WATCH_SESSION_PROGRAM: return watch->maps->session_programs;
	case WATCH_STORE_READER: return watch->maps->store_readers;
	case WATCH_MAIL_HELPER: return watch->maps->mail_helpers;
	case WATCH_INTERPRETER: return watch->maps->interpreters;
	default: return -1;
	}
}

static bool former_program_is_listed(const struct watch *watch, const struct former_program *former)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (object_is_program(&watch->objects[i], former->role, &former->identity))
			return true;
	return false;
}

/* The oldest one gives way, in the kernel as well. */
static void former_program_drop(struct watch *watch, const struct former_program *former)
{
	int map = program_map_of(watch, former->role);

	if (former->identity.inode_number && map >= 0 && !former_program_is_listed(watch, former))
		(void)bpf_map_delete_elem(map, &former->identity);
}

const struct former_program *former_program_find(const struct watch *watch, enum watch_role role,
						 const struct file_identity *identity)
{
	for (size_t i = 0; i < FORMER_PROGRAMS && identity->inode_number; i++)
		if (watch->former_programs[i].role == role &&
		    memcmp(&watch->former_programs[i].identity, identity, sizeof(*identity)) == 0)
			return &watch->former_programs[i];
	return NULL;
}

void former_program_add(struct watch *watch, enum watch_role role, uint8_t protocol,
			const struct file_identity *identity)
{
	struct former_program *place = &watch->former_programs[watch->next_former_program];
	int map = program_map_of(watch, role);
	uint8_t value = role == WATCH_SESSION_PROGRAM ? protocol : 1;

	if (former_program_find(watch, role, identity))
		return;
	former_program_drop(watch, place);
	*place = (struct former_program){
		.identity = *identity, .role = role, .protocol = protocol};
	watch->next_former_program = (watch->next_former_program + 1) % FORMER_PROGRAMS;
	if (map >= 0)
		(void)bpf_map_update_elem(map, identity, &value, BPF_ANY);
}

bool watch_follow_program(struct watch *watch, enum watch_role role,
			  const struct file_identity *program, const char *path, uint32_t owner,
			  uint16_t mode)
{
	if (owner != 0 || (mode & OTHERS_WRITE))
		return false;
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (object->role != role || !object->real_path || !object->is_folder_safe ||
		    strcmp(object->real_path, path) != 0)
			continue;
		former_program_add(watch, role, object->protocol, program);
		return true;
	}
	return false;
}
