/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that read in mailboxes which they opened for the first time, and what each read. */
#ifndef WAX_DETECT_STATE_BULK_SOURCES_H
#define WAX_DETECT_STATE_BULK_SOURCES_H

#include "base/table.h"
#include "base/serializer.h"

struct bulk_account {
	char *name; /* owned */
	int64_t time_us; /* when it was first read far */
};

struct bulk_source {
	float nats;
	int64_t last_us, first_us, reported_us;
	uint64_t messages;
	uint32_t mailboxes;
	float past_new, past_read, new, read; /* mailboxes opened first, read far; per day */
	int64_t day;
	struct bulk_account *accounts; /* read far, since nats was zero */
	uint32_t n_accounts;
};

struct table *bulk_sources_new(void);
void bulk_sources_serialize(struct table *bulk_sources, struct serializer *serializer);
/* Its evidence fades; after a day without reading it begins anew. */
struct bulk_source *bulk_sources_touch(struct table *bulk_sources, uint64_t client_prefix,
				       int64_t now_us);
/* Its evidence begins to grow: forgets what was read before. */
void bulk_source_begin(struct bulk_source *bulk_source, int64_t first_us);
void bulk_source_add_account(struct bulk_source *bulk_source, const char *account,
			     int64_t time_us);

#endif
