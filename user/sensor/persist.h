/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where maps and links outlive the daemon: in systemd's file descriptor store, or pinned in bpffs
 * where there is none. Each object has a name, of letters, digits, '_' and '-' (bpffs allows no
 * dots).
 */
#ifndef WAX_SENSOR_PERSIST_H
#define WAX_SENSOR_PERSIST_H

#include <stdbool.h>
#include <stddef.h>

struct persist;

/* Takes back what an earlier daemon left. folder: for pins, below a bpffs; NULL: systemd's store.
 * Never fails: where nothing can be kept, nothing is, and persist_works() says so. */
struct persist *persist_open(const char *folder);
/* Closes our descriptors; what is kept stays. */
void persist_close(struct persist *persist);

bool persist_works(const struct persist *persist);
/* Objects kept now. */
size_t persist_count(const struct persist *persist);
/* A descriptor that stays the keep's, or -1. */
int persist_find(const struct persist *persist, const char *name);
const char *persist_name(const struct persist *persist, size_t i);

/* Keeps fd under a name; the caller's descriptor stays his. Returns 0 or -errno. */
int persist_put(struct persist *persist, const char *name, int fd);
/* Nothing is kept afterwards. */
void persist_forget(struct persist *persist);

#endif
