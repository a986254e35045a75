/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One watched path each, and what the files of the watch share. Dependencies point down:
 *
 *	watch.c			the list of objects, and following their paths
 *	watch_publish.c		the entries of an object in the kernel's tables
 *	watch_place.c		folder and name of a store, for its successor
 *	watch_filter.c		the bits that the kernel looks at first
 *	watch_former.c		inodes that were stores
 *	watch_program.c		inodes that were programs, or are about to be found
 */
#ifndef WAX_SENSOR_WATCH_OBJECT_H
#define WAX_SENSOR_WATCH_OBJECT_H

#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/path_probe.h"
#include "model/mail_root.h"
#include "model/watch_list.h"
#include "sensor/kernel.h"

struct object {
	enum watch_role role;
	uint8_t protocol; /* of its entry in the watch list */
	bool is_stuck; /* its file system did not answer when it was looked at last */
	bool is_behind_tcp; /* a store or auth socket without a path: looked for by its port */
	uint16_t id; /* its index in the list of its role */
	char *path;
	struct mail_root root;
	int fd;		  /* keeps the inode; -1 when the path is not there */
	dev_t device;	  /* as stat(2) has them: only to see that the path was replaced */
	ino_t inode;
	mode_t mode;
	uint64_t address; /* the key under which it is watched; 0: not yet learned */
	uint32_t generation;
	struct file_identity identity;
	/* A store's or auth socket's folder and name there: published when folder is not 0. It stays when the file
	 * goes, so that its successor is known at once. */
	int folder_fd;
	struct watched_name name;
	/* Of a program: without links, as the kernel's paths are; NULL: it was never there. */
	char *real_path;
	uid_t owner; /* of the first file that was there */
	bool is_folder_safe; /* root's, and nobody else may write to it */
	bool is_folder_roots; /* the same, and all folders above it; of an auth socket */
};

/* Inodes that were listed programs: processes run them after an upgrade. An inode has a generation, so
 * a later file with the same number is another one. */
#define FORMER_PROGRAMS 256

struct former_program {
	struct file_identity identity;
	enum watch_role role;
	uint8_t protocol;
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
	struct former_program former_programs[FORMER_PROGRAMS];
	size_t next_former_program;
};

/* Is its inode in the kernel's table? */
static inline bool object_is_watched(const struct object *object)
{
	return object->role == WATCH_MAIL_ROOT || object->role == WATCH_STATUS_FOLDER ||
	       (object->role == WATCH_STORE && !object->is_behind_tcp);
}

static inline bool watch_role_is_program(enum watch_role role)
{
	return role == WATCH_MAIL_HELPER || role == WATCH_SESSION_PROGRAM ||
	       role == WATCH_STORE_READER || role == WATCH_INTERPRETER;
}

static inline bool object_is_program(const struct object *object, enum watch_role role,
				     const struct file_identity *program)
{
	return object->role == role && object->fd >= 0 &&
	       memcmp(&object->identity, program, sizeof(*program)) == 0;
}

/* ---- watch_publish.c ---- */

/* Tells the kernel of the object's inode. Returns 0 or -errno. */
int object_publish(const struct watch *watch, const struct object *object);
/* Forgets the inode that the path was; only then may its address be used again. */
void object_withdraw(struct watch *watch, struct object *object);

/* ---- watch_place.c ---- */

/* Does its folder matter, since what is put there under its name is the object? */
bool object_has_place(const struct object *object);

/* The folder that was opened with the object's file becomes the object's. */
void place_take(struct object *object, struct probed_path *found);
/* Publishes the name of each store that is new in found, count of them. Returns 0 or -errno. */
int place_learn(struct watch *watch, const struct found_file *found, size_t count);
void place_done(struct object *object);

/* ---- watch_filter.c ---- */

/* Bits of all watched inodes and of those that were stores. Returns 0 or -errno. */
int filter_write(const struct watch *watch);

/* ---- watch_program.c ---- */

/* The file that replaced a program may be one, too: who else could have put it there? */
bool program_is_trusted(const struct object *object, const struct stat *now);
/* The program's inode is its path's no more, and is the program still. */
void former_program_add(struct watch *watch, enum watch_role role, uint8_t protocol,
			const struct file_identity *identity);
const struct former_program *former_program_find(const struct watch *watch, enum watch_role role,
						 const struct file_identity *identity);

/* ---- watch_former.c ---- */

/* The inode is its path's no more. */
void former_add(struct watch *watch, uint64_t address);
/* Stores that came and went between two refreshes the kernel followed by itself. Returns 0 or -errno. */
int former_find(struct watch *watch);

#endif
