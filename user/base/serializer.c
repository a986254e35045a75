/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in the byte order of this host: a state file is for this host only. */
#include "base/serializer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TEXT_BYTES 4096
#define NO_TEXT UINT32_MAX

void serializer_done(struct serializer *serializer)
{
	if (!serializer->is_reading)
		free(serializer->bytes);
	*serializer = (struct serializer){0};
}

static void serializer_write(struct serializer *serializer, const void *member, size_t bytes)
{
	if (serializer->capacity - serializer->used < bytes) {
		serializer->capacity = 2 * serializer->capacity + bytes + 4096;
		serializer->bytes = xrealloc(serializer->bytes, serializer->capacity);
	}
	memcpy(serializer->bytes + serializer->used, member, bytes);
	serializer->used += bytes;
}

void serializer_member(struct serializer *serializer, void *member, size_t bytes)
{
	if (!serializer->is_reading) {
		serializer_write(serializer, member, bytes);
		return;
	}
	if (serializer->is_bad || serializer->used - serializer->at < bytes) {
		serializer->is_bad = true;
		memset(member, 0, bytes);
		return;
	}
	memcpy(member, serializer->bytes + serializer->at, bytes);
	serializer->at += bytes;
}

void serializer_skip(struct serializer *serializer, size_t bytes)
{
	if (serializer->is_bad || serializer->used - serializer->at < bytes)
		serializer->is_bad = true;
	else
		serializer->at += bytes;
}

size_t serializer_begin_section(struct serializer *serializer, const char *name)
{
	uint64_t length = 0;

	serializer_text(serializer, &(char *){(char *)name});
	serializer_write(serializer, &length, sizeof(length));
	return serializer->used;
}

void serializer_end_section(struct serializer *serializer, size_t begun)
{
	uint64_t length = serializer->used - begun;

	memcpy(serializer->bytes + begun - sizeof(length), &length, sizeof(length));
}

char *serializer_next_section(struct serializer *serializer, struct serializer *ret_part)
{
	uint64_t length = 0;
	char *name = NULL;

	if (serializer->is_bad || serializer->at == serializer->used)
		return NULL;
	serializer_text(serializer, &name);
	serializer_member(serializer, &length, sizeof(length));
	if (serializer->is_bad || !name || length > serializer->used - serializer->at) {
		serializer->is_bad = true;
		free(name);
		return NULL;
	}
	*ret_part = (struct serializer){.bytes = serializer->bytes + serializer->at,
					.used = length,
					.is_reading = true};
	serializer->at += length;
	return name;
}

bool serializer_same(struct serializer *serializer, size_t value)
{
	uint64_t kept = value;

	serializer_member(serializer, &kept, sizeof(kept));
	if (kept != value)
		serializer->is_bad = true;
	return !serializer->is_bad;
}

void serializer_text(struct serializer *serializer, char **text)
{
	uint32_t length = NO_TEXT;

	/* What is read into may hold the pointer of the process that wrote it. */
	if (!serializer->is_reading && *text)
		length = (uint32_t)strlen(*text);
	serializer_member(serializer, &length, sizeof(length));
	if (!serializer->is_reading) {
		if (*text)
			serializer_write(serializer, *text, length);
		return;
	}
	*text = NULL;
	if (serializer->is_bad || length == NO_TEXT)
		return;
	if (length > TEXT_BYTES) {
		serializer->is_bad = true;
		return;
	}
	*text = xcalloc(1, length + 1);
	serializer_member(serializer, *text, length);
}

static void serializer_write_table(struct serializer *serializer, struct table *table,
				   size_t key_bytes, size_t value_bytes,
				   void (*members)(struct serializer *serializer, void *value))
{
	uint64_t count = table_count(table);

	serializer_member(serializer, &count, sizeof(count));
	for (void *value = table_next(table, NULL); value; value = table_next(table, value)) {
		serializer_write(serializer, table_key(table, value), key_bytes);
		serializer_write(serializer, value, value_bytes);
		if (members)
			members(serializer, value);
	}
}

void serializer_table(struct serializer *serializer, struct table *table, size_t key_bytes,
		      size_t value_bytes,
		      void (*members)(struct serializer *serializer, void *value))
{
	unsigned char key[64];
	uint64_t count;

	if (!serializer->is_reading) {
		serializer_write_table(serializer, table, key_bytes, value_bytes, members);
		return;
	}
	serializer_member(serializer, &count, sizeof(count));
	for (uint64_t i = 0; i < count && !serializer->is_bad; i++) {
		void *value;

		serializer_member(serializer, key, key_bytes);
		value = table_touch(table, key, NULL);
		serializer_member(serializer, value, value_bytes);
		if (members)
			members(serializer, value);
	}
}
