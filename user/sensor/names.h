/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the kernel's keys as printable text. */
#ifndef WAX_SENSOR_NAMES_H
#define WAX_SENSOR_NAMES_H

#include "model/snapshot.h"
#include "sensor/kernel.h"

/* Who logged in as the account, by the hash of the name; "" for 0, "(unknown)" when it was not kept. */
const char *names_master(const struct kernel_maps *maps, uint64_t master, struct snapshot *snapshot);

/* Copies len raw bytes as printable text into the snapshot's arena. */
const char *names_text(struct snapshot *snapshot, const char *raw, size_t len);
/* An account as it lies in struct identity: names that were cut end in "~" and a hash. */
const char *names_account(struct snapshot *snapshot, const char raw[ACCOUNT_BYTES]);

/* An address in four words of network order, IPv4 as ::ffff:a.b.c.d. */
void names_address(const uint32_t words[4], char ret_text[SOURCE_BYTES]);

#endif
