/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes in the order of this machine: a state file does not travel. */
#include "detect/archive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TEXT_BYTES 4096
#define NO_TEXT UINT32_MAX

void archive_done(struct archive *archive)
{
	if (!archive->is_reading)
		free(archive->bytes);
	*archive = (struct archive){0};
}

static void archive_write(struct archive *archive, const void *member, size_t bytes)
{
	if (archive->room - archive->used < bytes) {
		archive->room = 2 * archive->room + bytes + 4096;
		archive->bytes = xrealloc(archive->bytes, archive->room);
	}
	memcpy(archive->bytes + archive->used, member, bytes);
	archive->used += bytes;
}

void archive_member(struct archive *archive, void *member, size_t bytes)
{
	if (!archive->is_reading) {
		archive_write(archive, member, bytes);
		return;
	}
	if (archive->is_bad || archive->used - archive->at < bytes) {
		archive->is_bad = true;
		memset(member, 0, bytes);
		return;
	}
	memcpy(member, archive->bytes + archive->at, bytes);
	archive->at += bytes;
}

bool archive_same(struct archive *archive, size_t value)
{
	uint64_t kept = value;

	archive_member(archive, &kept, sizeof(kept));
	if (kept != value)
		archive->is_bad = true;
	return !archive->is_bad;
}

void archive_text(struct archive *archive, char **text)
{
	uint32_t length = NO_TEXT;

	/* What is read into may hold the pointer of the process that wrote it. */
	if (!archive->is_reading && *text)
		length = (uint32_t)strlen(*text);
	archive_member(archive, &length, sizeof(length));
	if (!archive->is_reading) {
		if (*text)
			archive_write(archive, *text, length);
		return;
	}
	*text = NULL;
	if (archive->is_bad || length == NO_TEXT)
		return;
	if (length > TEXT_BYTES) {
		archive->is_bad = true;
		return;
	}
	*text = xcalloc(1, length + 1);
	archive_member(archive, *text, length);
}

static void archive_write_table(struct archive *archive, struct table *table, size_t key_bytes,
				size_t value_bytes,
				void (*members)(struct archive *archive, void *value))
{
	uint64_t count = table_count(table);

	archive_member(archive, &count, sizeof(count));
	for (void *value = table_next(table, NULL); value; value = table_next(table, value)) {
		archive_write(archive, table_key(table, value), key_bytes);
		archive_write(archive, value, value_bytes);
		if (members)
			members(archive, value);
	}
}

void archive_table(struct archive *archive, struct table *table, size_t key_bytes,
		   size_t value_bytes, void (*members)(struct archive *archive, void *value))
{
	unsigned char key[64];
	uint64_t count;

	if (!archive->is_reading) {
		archive_write_table(archive, table, key_bytes, value_bytes, members);
		return;
	}
	archive_member(archive, &count, sizeof(count));
	for (uint64_t i = 0; i < count && !archive->is_bad; i++) {
		void *value;

		archive_member(archive, key, key_bytes);
		value = table_touch(table, key, NULL);
		archive_member(archive, value, value_bytes);
		if (members)
			members(archive, value);
	}
}
