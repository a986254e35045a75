/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The credential sensor: opens of credential stores and bytes read from them, by program. A program
 * that is not listed is reported at once, also when it reads what another one opened for it; every
 * program is counted. A program is reported when it has used up its read budget, the bytes that the
 * daemon allows it until the next tick.
 */
#include "lib/program.bpf.h"
#include "lib/record.bpf.h"

struct records_map records SEC(".maps");

struct store_readers_map store_readers SEC(".maps");

/* Which process was reported with which store. While the map is full a process is reported more
 * than once: nothing is lost. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct reported_key);
	__type(value, __u8);
} store_reported SEC(".maps");

/* Bytes that a listed program may read of a store between two drains before the daemon looks at once;
 * 0: any number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, READ_BUDGETS);
	__type(key, __u32);
	__type(value, __u64);
} read_budgets SEC(".maps");

static __always_inline bool credentials_is_listed(const struct file_identity *program)
{
	return bpf_map_lookup_elem(&store_readers, program);
}

static __always_inline bool credentials_was_reported(const struct store_key *key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct reported_key reported = {.program = key->actor.program,
					.start_boot_ns = task->group_leader->start_boottime,
					.tgid = current_tgid(),
					.store = key->store};
	__u8 yes = 1;

	if (bpf_map_lookup_elem(&store_reported, &reported))
		return true;
	bpf_map_update_elem(&store_reported, &reported, &yes, BPF_ANY);
	return false;
}

static __always_inline void credentials_report(__u32 kind, const struct store_key *key)
{
	struct record *record = record_reserve(kind, key->store, &key->actor);

	if (record)
		bpf_ringbuf_submit(record, 0);
}

static __always_inline void credentials_note_budget(const struct store_key *key, __u64 before,
						       __u64 bytes)
{
	__u32 store = key->store;
	__u64 *budget = bpf_map_lookup_elem(&read_budgets, &store);

	if (budget && before < *budget && before + bytes >= *budget)
		credentials_report(RECORD_READ_BUDGET, key);
}

__hidden void credentials_open(struct watched *store)
{
	struct store_key key = {.store = store->id};

	actor_of_current(&key.actor);
	count_store(&key, 1, 0);
	if (credentials_is_listed(&key.actor.program))
		return;
	(void)credentials_was_reported(&key);
	credentials_report(RECORD_STORE_READER, &key);
}

/* Not reported at once: the tick shows it, where the program is not listed. */
__hidden void credentials_adopt(struct watched *store, struct task_struct *task)
{
	struct store_key key = {.store = store->id};

	actor_of(task, &key.actor);
	count_store(&key, 1, 0);
}

__hidden void credentials_read(struct watched *store, __u64 bytes)
{
	struct store_key key = {.store = store->id};
	__u64 before;

	if (is_own_task())
		return;
	actor_of_current(&key.actor);
	before = count_store(&key, 0, bytes);
	/* the daemon may know an unlisted one, too: by its unit, its script, or as accepted */
	credentials_note_budget(&key, before, bytes);
	if (!credentials_is_listed(&key.actor.program) && !credentials_was_reported(&key))
		credentials_report(RECORD_STORE_READ, &key);
}

/* A database server has other clients, too: only what the listed programs get counts. */
__hidden void credentials_received(__u32 store, __u32 opens, __u64 bytes)
{
	struct store_key key = {.store = store};

	program_of_current(&key.actor.program);
	if (!credentials_is_listed(&key.actor.program))
		return;
	actor_of_current(&key.actor);
	credentials_note_budget(&key, count_store(&key, opens, bytes), bytes);
}

__hidden void credentials_report_replaced(const struct watched *store)
{
	struct store_key nobody = {.store = store->id};

	credentials_report(RECORD_STORE_REPLACED, &nobody);
}
