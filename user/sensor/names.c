/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns the kernel's bytes into the names people read. */
#include "sensor/names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

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

const char *names_master(const struct kernel_maps *maps, uint64_t master, struct snapshot *snapshot)
{
	char name[MASTER_BYTES];

	if (!master)
		return "";
	if (bpf_map_lookup_elem(maps->master_names, &master, name) < 0)
		return "(unknown)";
	return names_text(snapshot, name, sizeof(name));
}

void names_address(const uint32_t words[4], char ret_text[SOURCE_BYTES])
{
	bool is_v4 = words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff);

	inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? &words[3] : words, ret_text, SOURCE_BYTES);
}
