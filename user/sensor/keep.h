/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where maps and links outlive the daemon: in systemd's file descriptor store, or pinned in bpffs
 * where there is none. Each object has a name, of letters, digits, '_' and '-' (bpffs allows no
 * dots).
 */
#ifndef WAX_SENSOR_KEEP_H
#define WAX_SENSOR_KEEP_H

#include <stdbool.h>
#include <stddef.h>

struct keep;

/* Takes back what an earlier daemon left. folder: for pins, below a bpffs; NULL: systemd's store.
 * Never fails: where nothing can be kept, nothing is, and keep_works() says so. */
struct keep *keep_open(const char *folder);
/* Closes our descriptors; what is kept stays. */
void keep_close(struct keep *keep);

bool keep_works(const struct keep *keep);
/* Objects kept now. */
size_t keep_count(const struct keep *keep);
/* A descriptor that stays the keep's, or -1. */
int keep_find(const struct keep *keep, const char *name);
const char *keep_name(const struct keep *keep, size_t i);

/* Keeps fd under a name; the caller's descriptor stays his. Returns 0 or -errno. */
int keep_put(struct keep *keep, const char *name, int fd);
/* Nothing is kept afterwards. */
void keep_forget(struct keep *keep);

#endif
