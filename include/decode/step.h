/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The idiom of all decoders: a struct of state and a step function that takes one byte.
 *
 * In the kernel bpf_loop() drives the step, so the verifier looks at one byte instead of at a
 * whole line; on the host a for loop does. Nothing here allocates, calls out or keeps a secret:
 * bytes that a decoder does not name are looked at once and forgotten.
 */
#ifndef WAX_DECODE_STEP_H
#define WAX_DECODE_STEP_H

#include "types.h"

/*
 * clang merges a bounds check with an earlier one and then uses a register the verifier knows
 * nothing about. Passing the value through an empty asm keeps check and use on one register.
 */
#define barrier_step(value) asm volatile("" : "+r"(value))

/* Words are compared as integers: the last eight bytes read, first byte highest, and how many bytes
 * there were (saturating), so that a word is not taken for the end of a longer one. */
#define WORD1(a) ((__u64)(a))
#define WORD2(a, b) (WORD1(a) << 8 | (b))
#define WORD3(a, b, c) (WORD2(a, b) << 8 | (c))
#define WORD4(a, b, c, d) (WORD3(a, b, c) << 8 | (d))
#define WORD5(a, b, c, d, e) (WORD4(a, b, c, d) << 8 | (e))
#define WORD6(a, b, c, d, e, f) (WORD5(a, b, c, d, e) << 8 | (f))
#define WORD7(a, b, c, d, e, f, g) (WORD6(a, b, c, d, e, f) << 8 | (g))
#define WORD8(a, b, c, d, e, f, g, h) (WORD7(a, b, c, d, e, f, g) << 8 | (h))

static __always_inline void word_push(__u64 *word, __u8 *bytes, __u8 byte)
{
	*word = *word << 8 | byte;
	if (*bytes < 255)
		(*bytes)++;
}

/* A word of at most eight bytes; 0, which is no word, for a longer one or one that begins with
 * NUL. */
static __always_inline __u64 word_short(__u64 word, __u8 bytes)
{
	if (bytes == 0 || bytes > 8)
		return 0;
	return (word >> ((bytes - 1) * 8)) & 0xff ? word : 0;
}

/* A word of more than eight bytes is told by its end and its length. */
static __always_inline bool word_ends(__u64 word, __u8 bytes, __u64 end, __u8 length)
{
	return word == end && bytes == length;
}

/* FNV-1a, 64 bit: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV64_OFFSET 0xcbf29ce484222325ULL
#define FNV64_PRIME 0x100000001b3ULL

static __always_inline __u64 fnv64_step(__u64 hash, __u8 byte)
{
	return (hash ^ byte) * FNV64_PRIME;
}

static __always_inline __u8 ascii_lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

#endif
