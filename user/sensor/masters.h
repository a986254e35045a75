/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Masters of mail servers, and whose children processes are, as /proc has them: the questions of
 * bpf/lib/mail_server.bpf.c for what is older than the sensors.
 */
#ifndef WAX_SENSOR_MASTERS_H
#define WAX_SENSOR_MASTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/kernel.h"
#include "sensor/watch.h"

/* Tells the kernel of masters that are not root's any more. Returns 0 or -errno. */
int masters_adopt(const struct kernel_maps *maps, const struct watch *watch);

/* Was the process started by a master, directly or through one process between? */
bool masters_started(const struct kernel_maps *maps, uint32_t pid);

#endif
