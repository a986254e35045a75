/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keyed 64-bit hash (SipHash-1-3) of short byte strings. The key is drawn at random once per
 * process: account names are chosen by strangers, who must not be able to choose collisions.
 */
#ifndef WAX_BASE_HASH_H
#define WAX_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length);
/* Of two strings, so that ("ab", "c") and ("a", "bc") differ. */
uint64_t hash_two_strings(const char *first, const char *second);
uint64_t hash_string(const char *text);
/* With a key of the caller's, for what must hash alike in the next process. */
uint64_t hash_seeded(const uint64_t seed[2], const void *bytes, size_t length);

#endif
