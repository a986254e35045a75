/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The credential sensor: opens of a credential store, by program. A program that is not on the
 * list is told at once; everybody is counted.
 */
#include "record.bpf.h"

struct records_map records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_identity);
	__type(value, __u8);
} store_readers SEC(".maps");

__hidden void credentials_open(struct watched *store)
{
	struct store_key key = {.store = store->id};
	struct record *record;

	actor_of_current(&key.actor);
	count_store(&key);
	if (bpf_map_lookup_elem(&store_readers, &key.actor.program))
		return;
	record = record_reserve(RECORD_STORE_READER, store->id, &key.actor);
	if (record)
		bpf_ringbuf_submit(record, 0);
}
