/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counting maps and the counters of what did not fit.
 *
 * Two sets of each: settings.set says which one the programs add to, the daemon drains the other
 * after waiting for the programs that may still hold it. A full set counts into an entry of its
 * own, which the daemon puts there beforehand: outcomes stay exact, only their key is lost.
 */
#include "lib/shared.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile bool syscall_auth = true;
const volatile bool syscall_session = true;
const volatile bool function_auth = true;
const volatile __u16 auth_ports[AUTH_PORTS];
const volatile bool function_session = true;
const volatile bool syscall_files = true;
const volatile bool advice_seen = true;
const volatile bool always_false = false;
/* Without casts the placeholder stays, in code that is dead. */
const volatile bool can_cast = false;

struct settings_map settings SEC(".maps");

struct lost_map lost SEC(".maps");

#define COUNTING_MAP(name, key_type, value_type)                                                   \
	struct name##_set {                                                                        \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 8192);                                                         \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	};                                                                                         \
	struct name##_set name##_0 SEC(".maps");                                                   \
	struct name##_set name##_1 SEC(".maps");                                                   \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, COUNTING_SETS);                                                \
		__type(key, __u32);                                                                \
		__array(values, struct name##_set);                                                \
	} name SEC(".maps") = {                                                                    \
		.values = {&name##_0, &name##_1},                                                  \
	}

COUNTING_MAP(attempts, struct attempt_key, struct attempt_value);
COUNTING_MAP(reads, struct read_key, struct read_value);
COUNTING_MAP(stores, struct store_key, struct store_value);
COUNTING_MAP(client_conns, struct client_connection_key, struct client_connection_value);

/* clang 14 and libbpf 1.1 cannot finalize function-local constants; these are read-only data. */
static const struct attempt_value no_attempts;
static const struct read_value no_reads;
static const struct store_value no_opens;
static const struct client_connection_value no_client_conns;
static const struct attempt_key attempts_overflow = {.overflow = 1};
static const struct read_key reads_overflow = {.overflow = 1};
static const struct store_key stores_overflow = {.overflow = 1};
static const struct client_connection_key client_conns_overflow = {.overflow = 1};

/* The value of key in the active set of an outer map, made when it is not there; the overflow
 * entry's when the set is full; NULL only when even that is missing. */
static __always_inline void *counting_value(void *outer, const void *key, const void *zero,
					    const void *overflow, __u32 lost_stage)
{
	struct settings *now = settings_get();
	__u32 set = now ? now->set & 1 : 0;
	void *inner = bpf_map_lookup_elem(outer, &set);
	void *value;

	if (!inner)
		return NULL;
	value = bpf_map_lookup_elem(inner, key);
	if (value)
		return value;
	bpf_map_update_elem(inner, key, zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(inner, key);
	if (value)
		return value;
	count_loss(lost_stage, 1);
	return bpf_map_lookup_elem(inner, overflow);
}

/* Two programs may race here; a first or last time that is off by their distance does no harm. */
static __always_inline void note_time(__u64 *first, __u64 *last, __u64 boot_ns)
{
	if (!*first || boot_ns < *first)
		*first = boot_ns;
	if (boot_ns > *last)
		*last = boot_ns;
}

__hidden void count_attempt(const struct attempt_key *key, __u32 outcome, __u64 boot_ns)
{
	struct attempt_value *value = counting_value(&attempts, key, &no_attempts,
						     &attempts_overflow, LOST_ATTEMPTS_FULL);

	if (!value || outcome >= AUTH_OUTCOMES)
		return;
	__sync_fetch_and_add(&value->outcome[outcome & (AUTH_OUTCOMES - 1)], 1);
	note_time(&value->first_boot_ns, &value->last_boot_ns, boot_ns);
}

/* Who it was, as far as a process can say it. What the daemon finds open at its start is not its own
 * doing. */
static __always_inline void note_process(struct read_value *value)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (value->pid || is_own_task() || __sync_val_compare_and_swap(&value->pid, 0, current_tgid()))
		return;
	value->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	BPF_CORE_READ_INTO(&value->parent, task, real_parent, comm);
}

__hidden void count_read(const struct read_key *key, __u32 messages, __u32 mailbox_files,
			 __u32 scanned, __u64 bytes_sent)
{
	struct read_value *value = counting_value(&reads, key, &no_reads, &reads_overflow,
						  LOST_READS_FULL);

	if (!value)
		return;
	if (messages)
		__sync_fetch_and_add(&value->messages, messages);
	if (mailbox_files)
		__sync_fetch_and_add(&value->mailbox_files, mailbox_files);
	if (scanned)
		__sync_fetch_and_add(&value->scanned, scanned);
	if (bytes_sent)
		__sync_fetch_and_add(&value->bytes_sent, bytes_sent);
	if (key->kind == READ_KIND_PATH)
		note_process(value);
	note_time(&value->first_boot_ns, &value->last_boot_ns, bpf_ktime_get_boot_ns());
}

__hidden __u64 count_store(const struct store_key *key, __u32 opens, __u64 bytes)
{
	struct store_value *value = counting_value(&stores, key, &no_opens, &stores_overflow,
						   LOST_STORES_FULL);
	__u64 before;

	if (!value)
		return 0;
	if (opens)
		__sync_fetch_and_add(&value->opens, opens);
	before = __sync_fetch_and_add(&value->bytes, bytes);
	note_time(&value->first_boot_ns, &value->last_boot_ns, bpf_ktime_get_boot_ns());
	return before;
}

__hidden void count_client_connection(const struct client_connection_key *key,
				      const struct client_connection_value *more)
{
	struct client_connection_value *value =
		counting_value(&client_conns, key, &no_client_conns, &client_conns_overflow,
			       LOST_CLIENT_CONNECTIONS_FULL);

	if (!value)
		return;
	__sync_fetch_and_add(&value->accepted, more->accepted);
	__sync_fetch_and_add(&value->closed, more->closed);
	__sync_fetch_and_add(&value->bytes_sent, more->bytes_sent);
	__sync_fetch_and_add(&value->bytes_received, more->bytes_received);
	note_time(&value->first_boot_ns, &value->last_boot_ns, bpf_ktime_get_boot_ns());
}
