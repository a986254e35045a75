/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the process that discovers tells the daemon, as bytes. The process has looked at files and programs of
 * others with more privileges than the daemon keeps: the daemon does not trust its answer.
 */
#ifndef WAX_DISCOVER_DISCOVERY_ANSWER_H
#define WAX_DISCOVER_DISCOVERY_ANSWER_H

#include "base/serializer.h"
#include "discover/discovery.h"

#define DISCOVERY_ANSWER_BYTES (4 << 20) /* a longer one is none */

/* serializer: zero-initialised; the caller's to end. */
void discovery_answer_write(const struct discovery *found, struct serializer *serializer);

/* Returns 0, or -EBADMSG for what no discovery can have found. */
int discovery_answer_read(const unsigned char *bytes, size_t length, struct discovery *ret);

#endif
