/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What watch.c, watch_place.c and older.c share: one watched path each. */
#ifndef WAX_SENSOR_WATCH_OBJECT_H
#define WAX_SENSOR_WATCH_OBJECT_H

#include <sys/types.h>

#include "model/mail_root.h"
#include "sensor/kernel.h"

enum object_role {
	ROLE_ROOT,
	ROLE_STORE,
	ROLE_STORE_BEHIND_TCP, /* no path: looked for by its port */
	ROLE_HELPER,
	ROLE_STORE_READER,
	ROLE_SESSION_PROGRAM,
	ROLE_SILENT_PROGRAM,
	ROLE_STATUS_FOLDER,
};

struct object {
	enum object_role role;
	uint16_t id; /* of a root or store: its index in the configuration */
	char *path;
	struct mail_root root;
	int fd;		  /* keeps the inode; -1 when the path is not there */
	dev_t device;	  /* as stat(2) has them: only to see that the path was replaced */
	ino_t inode;
	mode_t mode;
	uint64_t address; /* the key under which it is watched; 0: not yet learned */
	uint32_t generation;
	struct file_identity identity;
	/* A store's folder and name there: published when folder is not 0. It stays when the file
	 * goes, so that its successor is known at once. */
	int folder_fd;
	struct watched_name name;
};

/* Inodes that were stores: who has one open still reads what was the store. Their keys stay in the
 * kernel, which compares generations, until as many others have followed. */
#define FORMER_INODES 64

struct watch {
	const struct kernel_maps *maps;
	struct bpf_program *iterator;
	struct object *objects;
	size_t n_objects;
	uint64_t former[FORMER_INODES];
	size_t next_former;
};

static inline bool object_is_watched(const struct object *object)
{
	return object->role == ROLE_ROOT || object->role == ROLE_STORE ||
	       object->role == ROLE_STATUS_FOLDER;
}

bool watch_has_address(const struct watch *watch, uint64_t address);

/* ---- watch_place.c ---- */

/* Opens the folder in which the object lies right now. */
void place_open(struct object *object);
/* Publishes the name of each store that is new in found, count of them. Returns 0 or -errno. */
int place_learn(struct watch *watch, const struct found_file *found, size_t count);
void place_done(struct object *object);

/* The object's inode is its path's no more. */
void former_add(struct watch *watch, uint64_t address);
bool former_has(const struct watch *watch, uint64_t address);

#endif
