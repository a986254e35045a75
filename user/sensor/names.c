/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns the kernel's bytes into the names people read. */
#include "sensor/names.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "model/account.h"

const char *names_text(struct snapshot *snapshot, const char *raw, size_t len)
{
	char text[4 * ACCOUNT_BYTES + 1];

	text_from_wire(raw, len, text, sizeof(text));
	return text[0] ? snapshot_string(snapshot, text) : "";
}

const char *names_account(struct snapshot *snapshot, const char raw[ACCOUNT_BYTES])
{
	char text[4 * ACCOUNT_BYTES + 32];
	uint64_t hash;
	size_t len;

	if (!raw[ACCOUNT_BYTES - 1])
		return names_text(snapshot, raw, ACCOUNT_BYTES);
	memcpy(&hash, raw + ACCOUNT_BYTES - sizeof(hash), sizeof(hash));
	text_from_wire(raw, ACCOUNT_BYTES - sizeof(hash), text, 4 * ACCOUNT_BYTES + 1);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "~%016llx", (unsigned long long)hash);
	return snapshot_string(snapshot, text);
}

static const char *names_unknown(const struct file_identity *program, struct snapshot *snapshot)
{
	char text[64];

	if (!program->inode_number)
		return "kernel";
	/* the kernel's dev_t: 12 bits of major number, 20 of minor */
	snprintf(text, sizeof(text), "device %u:%u inode %llu", program->device >> 20,
		 program->device & 0xfffff, (unsigned long long)program->inode_number);
	return snapshot_string(snapshot, text);
}

const char *names_program(const struct kernel_maps *maps, const struct file_identity *program,
			  struct snapshot *snapshot)
{
	char path[PATH_COMPONENTS * (COMPONENT_BYTES + 1) + sizeof("...")];
	struct program kept;
	size_t len = 0;

	if (bpf_map_lookup_elem(maps->programs, program, &kept) < 0 || kept.components == 0)
		return names_unknown(program, snapshot);
	if (kept.cut)
		len = sprintf(path, "...");
	for (int i = kept.components - 1; i >= 0; i--) {
		size_t bytes = strnlen(kept.component[i], COMPONENT_BYTES);

		path[len++] = '/';
		memcpy(path + len, kept.component[i], bytes);
		len += bytes;
	}
	char text[4 * sizeof(path)];

	text_from_wire(path, len, text, sizeof(text));
	return snapshot_string(snapshot, text);
}

const char *names_master(const struct kernel_maps *maps, uint64_t master, struct snapshot *snapshot)
{
	char name[MASTER_BYTES];

	if (!master)
		return "";
	if (bpf_map_lookup_elem(maps->master_names, &master, name) < 0)
		return "(unknown)";
	return names_text(snapshot, name, sizeof(name));
}
