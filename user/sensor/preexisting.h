/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that began before the sensor: whom they serve was said when nobody listened. The mailbox
 * that a session's process has open is its account's, and the client's address is that of its TCP
 * connection, where it has one itself (with TLS a login process has it).
 */
#ifndef WAX_SENSOR_PREEXISTING_H
#define WAX_SENSOR_PREEXISTING_H

#include "sensor/programs.h"
#include "sensor/watch.h"

/* For once attached: what such a session sends and opens from now on counts as its account's.
 * Returns how many there are, or -errno; ret_left_out: more, which the map of sessions has no room
 * for. */
int preexisting_adopt(const struct kernel_maps *maps, const struct watch *watch,
		      struct programs *programs, uint64_t *ret_left_out);

#endif
