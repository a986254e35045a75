/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rare records for the ring buffer: who, with name and parent, at once. */
#ifndef WAX_BPF_LIB_RECORD_BPF_H
#define WAX_BPF_LIB_RECORD_BPF_H

#include "lib/shared.bpf.h"

struct records_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024); /* of pages of any size: 4, 16 and 64 KiB */
};
extern struct records_map records SEC(".maps");

/* A record about the current task, zeroed but for what every record says; NULL (and counted) when
 * the ring is full. The caller submits it. */
static __always_inline struct record *record_reserve(__u32 kind, __u16 object,
						     const struct actor *actor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		count_loss(LOST_RECORDS_FULL, 1);
		return NULL;
	}
	memset(record, 0, sizeof(*record));
	record->kind = kind;
	record->object = object;
	record->boot_ns = bpf_ktime_get_boot_ns();
	record->actor = *actor;
	record->pid = current_tgid();
	record->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(record->command, COMMAND_BYTES);
	BPF_CORE_READ_INTO(&record->parent, task, real_parent, comm);
	return record;
}

#endif
