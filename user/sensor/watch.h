/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is watched: mail roots and credential stores by the inode they are right now, and the
 * programs that are known as helpers or allowed readers.
 *
 * The kernel is asked which inode each path is: stat(2) shows other numbers on btrfs and
 * overlayfs. An open descriptor keeps each inode, so its address cannot become another's.
 */
#ifndef WAX_SENSOR_WATCH_H
#define WAX_SENSOR_WATCH_H

#include "model/mail_root.h"
#include "model/watch_list.h"
#include "sensor/kernel.h"

struct watch;

/* iterator: wax_own_files, loaded. */
struct watch *watch_new(const struct watch_list *list, const struct kernel_maps *maps,
			struct bpf_program *iterator);
void watch_free(struct watch *watch);

/* Opens what is missing, follows what was replaced. Returns 0 or -errno. */
int watch_refresh(struct watch *watch);

/* Takes out of the kernel's tables what an earlier daemon watched and this one does not. */
int watch_forget_others(struct watch *watch);
/* Takes out what is remembered of processes that are gone. */
int watch_forget_gone(const struct watch *watch);

/* How many entries of the role are there now. */
size_t watch_present(const struct watch *watch, enum watch_role role);
const char *watch_missing(const struct watch *watch, size_t i);
/* Paths whose file systems do not answer; NULL after the last. */
const char *watch_stuck(const struct watch *watch, size_t i);

/* Path of the store with this number in the configuration; "?" for one that never was. */
const char *watch_store_path(const struct watch *watch, uint16_t store);
const char *watch_root_path(const struct watch *watch, uint16_t root);
bool watch_knows_program(const struct watch *watch, enum watch_role role,
			 const struct file_identity *program);
/*
 * A program that is not known by its inode: is it one that lay, or lies now, where a listed one does?
 * path, owner and mode are the kernel's, of when it was first seen. Then it is known from now on.
 */
bool watch_follow_program(struct watch *watch, enum watch_role role,
			  const struct file_identity *program, const char *path, uint32_t owner,
			  uint16_t mode);
/* How the program says whom it serves; SESSION_PROTOCOL_NONE when it is not listed as one that does. */
uint8_t watch_session_protocol(const struct watch *watch, const struct file_identity *program);

#endif
