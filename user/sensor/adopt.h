/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Auth connections that were there before the sensor, known by the path of their listener, and
 * the other end of life: connections that went away unseen.
 */
#ifndef WAX_SENSOR_ADOPT_H
#define WAX_SENSOR_ADOPT_H

#include "base/strlist.h"
#include "model/watch_list.h"
#include "sensor/kernel.h"

/* Takes over the connections whose listener has a well-known path or one of sockets. iterator:
 * wax_find_sockets. Returns how many, or -errno. */
int adopt_connections(const struct kernel_maps *maps, struct bpf_program *iterator,
		      const struct watch_entries *sockets);

/* Counts mail and credential stores that are open already. iterator: wax_adopt_files. */
int adopt_files(struct bpf_program *iterator);

/* Paths of listeners that look like a mail server's and are not believed: so many are kept. */
#define ADOPT_QUESTIONS 4

/* Forgets streams whose socket no process holds any more; ret_questions is replaced. Returns how many, or
 * -errno. */
int adopt_review(const struct kernel_maps *maps, struct bpf_program *iterator,
		 const struct watch_entries *sockets, struct strlist *ret_questions);

/* The enum auth_protocol of a listener of this path; AUTH_PROTOCOL_NONE for most paths. */
__u8 adopt_protocol(const char *path, const struct watch_entries *sockets);

#endif
