/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of hashes, each with a small value, in fixed memory (Fan, Andersen, Kaminsky,
 * Mitzenmacher, "Cuckoo Filter", 2014). It keeps a fingerprint only: a hash that was never put
 * in is found with probability 8 / 2^fingerprint bits (0.2 % for narrow slots, 0.01 % for wide
 * ones). Full, it gives up an entry and counts it.
 */
#ifndef WAX_DETECT_STATE_CUCKOO_H
#define WAX_DETECT_STATE_CUCKOO_H

#include <stddef.h>
#include <stdint.h>

#include "base/serializer.h"

struct cuckoo;

enum cuckoo_width {
	CUCKOO_NARROW = 2, /* bytes: 12 bits of fingerprint, values 0 to 15 */
	CUCKOO_WIDE = 3,   /* 16 bits of fingerprint, values 0 to 255 */
};

struct cuckoo *cuckoo_new(enum cuckoo_width width, uint64_t capacity);
void cuckoo_free(struct cuckoo *cuckoo);

/* Has the memory fetch what a look-up will want soon. */
void cuckoo_expect(const struct cuckoo *cuckoo, uint64_t hash);
/* The value, or -1. */
int cuckoo_find(const struct cuckoo *cuckoo, uint64_t hash);
/* Puts in, or replaces the value. */
void cuckoo_put(struct cuckoo *cuckoo, uint64_t hash, unsigned int value);
/* Replaces each value by change[value]; CUCKOO_DROP takes the entry out. */
#define CUCKOO_DROP 0xffff
void cuckoo_sweep(struct cuckoo *cuckoo, const uint16_t *change);

uint64_t cuckoo_count(const struct cuckoo *cuckoo);
uint64_t cuckoo_lost(const struct cuckoo *cuckoo);
size_t cuckoo_bytes(const struct cuckoo *cuckoo);
/* What was written by a filter of another size is kept beside, and found; what is put in again moves
 * over. */
void cuckoo_serialize(struct cuckoo *cuckoo, struct serializer *serializer);

#endif
