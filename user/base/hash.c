/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-1-3 after Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with one
 * compression and three finalisation rounds, which is the usual choice for hash tables.
 */
#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t process_key[2];
static pthread_once_t key_drawn = PTHREAD_ONCE_INIT;

static void draw_key(void)
{
	if (getrandom(process_key, sizeof(process_key), 0) != sizeof(process_key))
		abort();
}

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static void sip_round(struct sip *sip)
{
	sip->v0 += sip->v1;
	sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
	sip->v0 = rotate(sip->v0, 32);
	sip->v2 += sip->v3;
	sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 += sip->v3;
	sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 += sip->v1;
	sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
	sip->v2 = rotate(sip->v2, 32);
}

static void sip_word(struct sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	sip_round(sip);
	sip->v0 ^= word;
}

static struct sip sip_seeded(const uint64_t key[2])
{
	return (struct sip){key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
			    key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
}

static struct sip sip_begin(void)
{
	(void)pthread_once(&key_drawn, draw_key);
	return sip_seeded(process_key);
}

/* The length goes into the last word, so parts are told apart. */
static void sip_bytes(struct sip *sip, const void *bytes, size_t length)
{
	const unsigned char *next = bytes;
	uint64_t word, last = (uint64_t)length << 56;
	size_t left = length;

	for (; left >= sizeof(word); left -= sizeof(word), next += sizeof(word)) {
		memcpy(&word, next, sizeof(word));
		sip_word(sip, word);
	}
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)next[i] << (8 * i);
	sip_word(sip, last);
}

static uint64_t sip_end(struct sip *sip)
{
	sip->v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(sip);
	return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
	struct sip sip = sip_begin();

	sip_bytes(&sip, bytes, length);
	return sip_end(&sip);
}

uint64_t hash_two_strings(const char *first, const char *second)
{
	struct sip sip = sip_begin();

	sip_bytes(&sip, first, strlen(first));
	sip_bytes(&sip, second, strlen(second));
	return sip_end(&sip);
}

uint64_t hash_string(const char *text)
{
	return hash_bytes(text, strlen(text));
}

uint64_t hash_seeded(const uint64_t seed[2], const void *bytes, size_t length)
{
	struct sip sip = sip_seeded(seed);

	sip_bytes(&sip, bytes, length);
	return sip_end(&sip);
}
