/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buckets of four slots. The other bucket of an entry is (mark of its fingerprint - this bucket)
 * modulo the number of buckets: its own inverse for any number, so memory need not be a power of
 * two. Slot 0 is empty; a fingerprint is never 0.
 */
#include "detect/state/cuckoo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define BUCKET 4
#define KICKS 400
#define HUGE_BYTES (2UL << 20)
#define LOAD 0.95

struct cuckoo {
	unsigned char *slots;
	unsigned int width, value_bits;
	uint64_t n_buckets, count, lost, dice;
	struct cuckoo *older; /* of another size, from before; read only but for its age */
};

#define OLDER 2 /* sizes before, at the most */
#define MOST_BUCKETS (UINT64_C(1) << 32)


struct place {
	uint64_t one, other;
	uint32_t fingerprint;
};

/* Every look-up goes to another page; a wish, and no harm when it is not granted. */
static void prefer_huge_pages(unsigned char *history, size_t bytes)
{
	uintptr_t begin = ((uintptr_t)history + HUGE_BYTES - 1) & ~(uintptr_t)(HUGE_BYTES - 1);
	uintptr_t end = ((uintptr_t)history + bytes) & ~(uintptr_t)(HUGE_BYTES - 1);

	if (end > begin)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

static struct cuckoo *cuckoo_new_of(enum cuckoo_width width, uint64_t n_buckets)
{
	struct cuckoo *cuckoo = xcalloc(1, sizeof(*cuckoo));

	cuckoo->width = width;
	cuckoo->value_bits = width == CUCKOO_NARROW ? 4 : 8;
	cuckoo->n_buckets = n_buckets;
	/* One byte more: slots of three bytes are read as four. */
	cuckoo->slots = xcalloc(n_buckets * BUCKET * width + 1, 1);
	cuckoo->dice = 1;
	prefer_huge_pages(cuckoo->slots, n_buckets * BUCKET * width);
	return cuckoo;
}

struct cuckoo *cuckoo_new(enum cuckoo_width width, uint64_t capacity)
{
	return cuckoo_new_of(width, (uint64_t)((double)capacity / LOAD / BUCKET) + 2);
}

void cuckoo_free(struct cuckoo *cuckoo)
{
	if (!cuckoo)
		return;
	cuckoo_free(cuckoo->older);
	free(cuckoo->slots);
	free(cuckoo);
}

static uint64_t scale(uint64_t hash, uint64_t range)
{
	return (uint64_t)((unsigned __int128)hash * range >> 64);
}

static uint64_t other_bucket(const struct cuckoo *cuckoo, uint32_t fingerprint, uint64_t bucket)
{
	uint64_t mark = scale(fingerprint * UINT64_C(0x9e3779b97f4a7c15), cuckoo->n_buckets);

	return mark >= bucket ? mark - bucket : mark + cuckoo->n_buckets - bucket;
}

static unsigned char *slot_at(const struct cuckoo *cuckoo, uint64_t bucket, unsigned int i)
{
	return cuckoo->slots + (bucket * BUCKET + i) * cuckoo->width;
}

static struct place place_of(const struct cuckoo *cuckoo, uint64_t hash)
{
	struct place place;
	unsigned int bits = 8 * cuckoo->width - cuckoo->value_bits;

	place.fingerprint = (uint32_t)(hash & ((1U << bits) - 1));
	place.fingerprint += !place.fingerprint;
	place.one = scale(hash, cuckoo->n_buckets);
	place.other = other_bucket(cuckoo, place.fingerprint, place.one);
	return place;
}

/* Both buckets are far away in memory: ask for them at once. A macro, since gcc takes a function
 * that does nothing else for free of effects and leaves its calls out. */
#define FETCH(cuckoo, place)                                                                       \
	do {                                                                                       \
		__builtin_prefetch(slot_at(cuckoo, (place)->one, 0));                              \
		__builtin_prefetch(slot_at(cuckoo, (place)->other, 0));                            \
	} while (0)

static uint32_t slot_read(const struct cuckoo *cuckoo, const unsigned char *slot)
{
	uint32_t content;

	if (cuckoo->width == CUCKOO_NARROW) {
		uint16_t narrow;

		memcpy(&narrow, slot, sizeof(narrow));
		return narrow;
	}
	memcpy(&content, slot, sizeof(content));
	return content & 0xffffff;
}

static void slot_write(const struct cuckoo *cuckoo, unsigned char *slot, uint32_t content)
{
	/* The first bytes of a number are its lowest: bpf runs on such machines only, and so do we.
	 */
	memcpy(slot, &content, cuckoo->width);
}

/* A narrow bucket is one word. */
static unsigned char *narrow_find(unsigned char *bucket, uint32_t fingerprint)
{
	uint16_t slots[BUCKET];

	memcpy(slots, bucket, sizeof(slots));
	for (unsigned int i = 0; i < BUCKET; i++)
		if (slots[i] >> 4 == fingerprint)
			return bucket + i * sizeof(slots[0]);
	return NULL;
}

/* The slot of a bucket with this fingerprint (0: an empty one), or NULL. */
static unsigned char *bucket_find(const struct cuckoo *cuckoo, uint64_t bucket,
				  uint32_t fingerprint)
{
	if (cuckoo->width == CUCKOO_NARROW)
		return narrow_find(slot_at(cuckoo, bucket, 0), fingerprint);
	for (unsigned int i = 0; i < BUCKET; i++) {
		unsigned char *slot = slot_at(cuckoo, bucket, i);

		if (slot_read(cuckoo, slot) >> cuckoo->value_bits == fingerprint)
			return slot;
	}
	return NULL;
}

static unsigned char *find_slot(const struct cuckoo *cuckoo, const struct place *place,
				uint32_t fingerprint)
{
	unsigned char *slot = bucket_find(cuckoo, place->one, fingerprint);

	return slot ? slot : bucket_find(cuckoo, place->other, fingerprint);
}

void cuckoo_expect(const struct cuckoo *cuckoo, uint64_t hash)
{
	struct place place = place_of(cuckoo, hash);

	FETCH(cuckoo, &place);
}

int cuckoo_find(const struct cuckoo *cuckoo, uint64_t hash)
{
	struct place place = place_of(cuckoo, hash);
	const unsigned char *slot;

	FETCH(cuckoo, &place);
	slot = find_slot(cuckoo, &place, place.fingerprint);
	if (!slot)
		return cuckoo->older ? cuckoo_find(cuckoo->older, hash) : -1;
	return (int)(slot_read(cuckoo, slot) & ((1U << cuckoo->value_bits) - 1));
}

/* Moves entries aside until one finds room; the last one without is lost. */
static void cuckoo_push(struct cuckoo *cuckoo, uint64_t bucket, uint32_t content)
{
	for (int i = 0; i < KICKS; i++) {
		unsigned char *slot = bucket_find(cuckoo, bucket, 0);
		uint32_t evicted;

		if (slot) {
			slot_write(cuckoo, slot, content);
			return;
		}
		cuckoo->dice = cuckoo->dice * UINT64_C(6364136223846793005) + 1;
		slot = slot_at(cuckoo, bucket, cuckoo->dice >> 62);
		evicted = slot_read(cuckoo, slot);
		slot_write(cuckoo, slot, content);
		content = evicted;
		bucket = other_bucket(cuckoo, content >> cuckoo->value_bits, bucket);
	}
	cuckoo->lost++;
	cuckoo->count--;
}

void cuckoo_put(struct cuckoo *cuckoo, uint64_t hash, unsigned int value)
{
	struct place place = place_of(cuckoo, hash);
	uint32_t content = place.fingerprint << cuckoo->value_bits | value;
	unsigned char *slot = find_slot(cuckoo, &place, place.fingerprint);

	if (slot) {
		slot_write(cuckoo, slot, content);
		return;
	}
	cuckoo->count++;
	slot = find_slot(cuckoo, &place, 0);
	if (slot)
		slot_write(cuckoo, slot, content);
	else
		cuckoo_push(cuckoo, place.one, content);
}

/* Slots that are looked at together: a filter sized for millions is empty for a long time. */
#define SWEEP_SLOTS 64

static bool is_all_zero(const unsigned char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static void sweep_slots(struct cuckoo *cuckoo, unsigned char *slot, uint64_t slots,
			const uint16_t *change)
{
	const uint32_t mask = (1U << cuckoo->value_bits) - 1;

	for (uint64_t i = 0; i < slots; i++, slot += cuckoo->width) {
		uint32_t content = slot_read(cuckoo, slot);
		uint32_t value = content & mask;

		if (!content || change[value] == value)
			continue;
		if (change[value] == CUCKOO_DROP) {
			content = 0;
			cuckoo->count--;
		} else {
			content = (content & ~mask) | change[value];
		}
		slot_write(cuckoo, slot, content);
	}
}

void cuckoo_sweep(struct cuckoo *cuckoo, const uint16_t *change)
{
	uint64_t left = cuckoo->n_buckets * BUCKET;
	unsigned char *slot = cuckoo->slots;

	while (left > 0 && cuckoo->count > 0) {
		uint64_t slots = left < SWEEP_SLOTS ? left : SWEEP_SLOTS;

		if (!is_all_zero(slot, slots * cuckoo->width))
			sweep_slots(cuckoo, slot, slots, change);
		slot += slots * cuckoo->width;
		left -= slots;
	}
	if (!cuckoo->older)
		return;
	cuckoo_sweep(cuckoo->older, change);
	if (cuckoo->older->count == 0 && !cuckoo->older->older) {
		cuckoo_free(cuckoo->older);
		cuckoo->older = NULL;
	}
}

uint64_t cuckoo_count(const struct cuckoo *cuckoo)
{
	return cuckoo->count + (cuckoo->older ? cuckoo->older->count : 0);
}

uint64_t cuckoo_lost(const struct cuckoo *cuckoo)
{
	return cuckoo->lost;
}

size_t cuckoo_bytes(const struct cuckoo *cuckoo)
{
	return cuckoo->n_buckets * BUCKET * cuckoo->width +
	       (cuckoo->older ? cuckoo_bytes(cuckoo->older) : 0);
}

static void cuckoo_serialize_one(struct cuckoo *cuckoo, struct serializer *serializer)
{
	serializer_member(serializer, &cuckoo->count, sizeof(cuckoo->count));
	serializer_member(serializer, &cuckoo->lost, sizeof(cuckoo->lost));
	serializer_member(serializer, &cuckoo->dice, sizeof(cuckoo->dice));
	serializer_member(serializer, cuckoo->slots,
			  cuckoo->n_buckets * BUCKET * cuckoo->width);
}

static void cuckoo_write(struct cuckoo *cuckoo, struct serializer *serializer)
{
	uint64_t sizes = 0;

	for (const struct cuckoo *each = cuckoo; each; each = each->older)
		sizes++;
	serializer_member(serializer, &sizes, sizeof(sizes));
	for (struct cuckoo *each = cuckoo; each; each = each->older) {
		serializer_member(serializer, &each->n_buckets, sizeof(each->n_buckets));
		cuckoo_serialize_one(each, serializer);
	}
}

void cuckoo_serialize(struct cuckoo *cuckoo, struct serializer *serializer)
{
	struct cuckoo **last = &cuckoo->older;
	uint64_t sizes = 0, n_buckets = 0;

	if (!serializer_same(serializer, cuckoo->width))
		return;
	if (!serializer->is_reading) {
		cuckoo_write(cuckoo, serializer);
		return;
	}
	serializer_member(serializer, &sizes, sizeof(sizes));
	for (uint64_t i = 0; i < sizes && !serializer->is_bad; i++) {
		serializer_member(serializer, &n_buckets, sizeof(n_buckets));
		if (i == 0 && n_buckets == cuckoo->n_buckets) {
			cuckoo_serialize_one(cuckoo, serializer);
			continue;
		}
		if (n_buckets < 2 || n_buckets > MOST_BUCKETS ||
		    n_buckets * BUCKET * cuckoo->width > serializer->used - serializer->at) {
			serializer->is_bad = true;
			return;
		}
		*last = cuckoo_new_of((enum cuckoo_width)cuckoo->width, n_buckets);
		cuckoo_serialize_one(*last, serializer);
		last = &(*last)->older;
		if (i == OLDER)
			break;
	}
	/* The oldest of too many are given up. */
	for (uint64_t i = OLDER + 1; i < sizes && !serializer->is_bad; i++) {
		serializer_member(serializer, &n_buckets, sizeof(n_buckets));
		serializer_skip(serializer,
				3 * sizeof(uint64_t) + n_buckets * BUCKET * cuckoo->width);
	}
}
