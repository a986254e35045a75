/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sensors share: the settings, the counters, and how to get from a descriptor to a file.
 * Functions marked __hidden are defined in the .bpf.c file of the same noun and linked together.
 */
#ifndef WAX_BPF_LIB_SHARED_BPF_H
#define WAX_BPF_LIB_SHARED_BPF_H

#include "abi.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFIFO 0010000
#define S_IFDIR 0040000

#define FMODE_READ 0x1
#define FMODE_PATH 0x4000

#define SOCK_STREAM 1

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define EBUSY 16
#define EEXIST 17
#define ECONNRESET 104
#define EINPROGRESS 115
#define ERRNO_LIMIT 4095

#define MSG_PEEK 2
#define MAP_ANONYMOUS 0x20
/* Pages are larger on some machines: then a mapping seems to begin earlier than it does. */
#define PAGE_SHIFT_LEAST 12

#define PROGRAM_OK 0

extern const volatile bool always_false;

/*
 * A worker: BPF_PROG() with a call that is never made.
 *
 * Since 6.13 a program may get a stack per processor (kernel commit e00931c02568, "bpf: Enable
 * private stack for eligible subprogs"), as the kernel keeps it from running there twice at a time.
 * That holds for what is attached: the replicas of a hook call the same worker, and one that is
 * interrupted finds its stack overwritten (7.2: a kernel that reads through what a pointer became).
 * A program with a tail call in it keeps to the thread's stack; the verifier takes out the call
 * itself.
 */
#define BPF_WORKER(name, args...)                                                                  \
	name(unsigned long long *ctx);                                                             \
	static __always_inline int body_of_##name(unsigned long long *ctx, ##args);                \
	int name(unsigned long long *ctx)                                                          \
	{                                                                                          \
		if (always_false)                                                                  \
			bpf_tail_call(ctx, NULL, 0);                                               \
		_Pragma("GCC diagnostic push")                                                     \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")                             \
		return body_of_##name(___bpf_ctx_cast(args));                                      \
		_Pragma("GCC diagnostic pop")                                                      \
	}                                                                                          \
	static __always_inline int body_of_##name(unsigned long long *ctx, ##args)

/* Workers of the hook at the exit of system calls. */
enum sys_exit_slot {
	SYS_EXIT_SEND = 0,
	SYS_EXIT_SENDMMSG = 1,
	SYS_EXIT_END = 2,
	SYS_EXIT_OPEN = 3,
	SYS_EXIT_READ = 4,
	SYS_EXIT_CONNECT = 5,
	SYS_EXIT_COMPAT_SEND = 6,
	SYS_EXIT_BATCH = 7,
	SYS_EXIT_SLOTS = 8,
};

/* Which sensors each mechanism works for; set before load, so what is off costs nothing. */
extern const volatile bool syscall_auth;
extern const volatile bool syscall_session;
extern const volatile bool function_auth;
/* Of auth services over TCP; 0 ends them. */
extern const volatile __u16 auth_ports[AUTH_PORTS];
extern const volatile bool function_session;
extern const volatile bool syscall_files;
/* Of credential stores behind TCP; 0 ends them. */
extern const volatile struct store_port store_ports[STORE_PORTS];
/* What a session says of a file that it is about to read is seen. */
extern const volatile bool advice_seen;
/* There is a folder in which Cyrus processes say whom they serve. */
extern const volatile bool status_watched;

struct settings_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
};
extern struct settings_map settings SEC(".maps");

/* All maps have their memory from the start: one that takes it as it fills can be refused some in a
 * burst. */
struct sessions_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32); /* tgid */
	__type(value, struct session);
};
extern struct sessions_map sessions SEC(".maps");

struct lost_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOST_STAGES);
	__type(key, __u32);
	__type(value, __u64);
};
extern struct lost_map lost SEC(".maps");

/* count.bpf.c */
__hidden void count_attempt(const struct attempt_key *key, __u32 outcome, __u64 boot_ns);
__hidden void count_read(const struct read_key *key, __u32 messages, __u32 mailbox_files,
			 __u32 scanned, __u64 bytes_sent);
/* Bytes of the key since it was last drained, those before these. */
__hidden __u64 count_store(const struct store_key *key, __u32 opens, __u64 bytes);

struct session_programs_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_identity);
	__type(value, __u8);
};
extern struct session_programs_map session_programs SEC(".maps");

/* Logins that no mail process has claimed yet; names of masters. */
struct logins_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct login);
	__type(value, struct login_state);
};
extern struct logins_map logins SEC(".maps");

struct login_habits_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* tgid of the master; only of one with something to say */
	__type(value, struct login_habits);
};
extern struct login_habits_map login_habits SEC(".maps");

/* The last is that of all accounts together. */
struct login_shares_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOGIN_SHARES + 1);
	__type(key, __u32);
	__type(value, struct login_share);
};
extern struct login_shares_map login_shares SEC(".maps");

struct master_name {
	char name[MASTER_BYTES];
};
struct master_names_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64); /* hash of the name */
	__type(value, struct master_name);
};
extern struct master_names_map master_names SEC(".maps");

/* auth.bpf.c, session.bpf.c: what became of one send; see send_cursor.bpf.h */
/* Known to the linker, not hidden: the verifier looks at it once, and not again for all that a send may
 * be. So sk, a struct sock, is a number. */
int auth_send(const struct cursor *bytes, __u64 sk);
/* A connection has ended, or its peer has. */
__hidden void auth_end_unix(struct sock *sk);
__hidden void auth_end_tcp(struct sock *sk);
/* A send whose bytes are not looked at: lost, if it was an auth service's. */
__hidden void auth_miss(struct sock *sk);
__hidden void session_send(struct sock *sk, __u64 bytes);
/* The current process became another program, which says as session_exec() returns whom it serves; a
 * process ended. */
__hidden int session_exec(void);
__hidden void session_end(__u32 tgid);
/* courier_session.bpf.c: a program whose environment says it */
__hidden void courier_session_exec(struct task_struct *task);
/* dovecot_session.bpf.c: written to a pipe, which may be anvil's; sent on a named Unix socket: may
 * claim a login. */
__hidden void dovecot_session_write(const struct cursor *bytes);
__hidden void dovecot_session_claim(const struct cursor *bytes);
/* cyrus_session.bpf.c: written to a regular file, which may be a status file */
__hidden void cyrus_session_write(const struct cursor *bytes, struct file *file);

/* walk.bpf.c, mailbox.bpf.c, credentials.bpf.c */
struct walk;
__hidden void files_open(struct file *file);
int mailbox_open(struct walk *walk, struct watched *root);
/* Files that were open before the sensors, by the task that holds them. */
__hidden void files_adopt(struct file *file, struct task_struct *task);
__hidden void mailbox_adopt(struct walk *walk, struct watched *root, struct task_struct *task);
__hidden void credentials_adopt(struct watched *store, struct task_struct *task);
/* The current task says that it is about to read all of a file. */
__hidden void mailbox_advise(struct file *file);
/* The message that waited was not delivered. */
__hidden void mailbox_end_delivery(struct session *session);
/* What a mail process opened before it said whose it is: nothing was delivered of its own mailbox;
 * of any other, or of one that never said, it counts as a stranger's. */
__hidden void mailbox_count_unbound(struct session *session);
__hidden void credentials_open(struct watched *store);
__hidden void credentials_read(struct watched *store, __u64 bytes);
__hidden void credentials_received(__u32 store, __u32 opens, __u64 bytes);
__hidden void credentials_report_replaced(const struct watched *store);

/* count.bpf.c, connections.bpf.c */
__hidden void count_client_connection(const struct client_connection_key *key,
				      const struct client_connection_value *more);
__hidden void connections_state(struct sock *sk, int now);

/* reads.bpf.c: bytes that the current task took out of a file or socket, which may be a store */
__hidden void reads_path(const struct path *path, __u64 bytes);
__hidden void reads_file(struct file *file, __u64 bytes);
__hidden void reads_range(struct file *file, __u64 offset, __u64 bytes);
__hidden int reads_is_store(struct file *file);
/* remap.bpf.c: the current task had a mapping grow */
__hidden void reads_remapped(__u64 address, __u64 before, __u64 after);
__hidden void reads_socket(struct sock *sk, __u64 bytes);
__hidden void reads_connected(struct sock *sk);

static __always_inline struct settings *settings_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

/* Inlined: a call chain may be at most eight frames deep. */
static __always_inline void count_loss(__u32 stage, __u64 amount)
{
	__u64 *count = bpf_map_lookup_elem(&lost, &stage);

	if (count)
		__sync_fetch_and_add(count, amount);
}

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

/* The daemon's. */
static __always_inline bool is_own_process(struct task_struct *task)
{
	struct settings *own = settings_get();

	return own && own->own_tgid == (__u32)BPF_CORE_READ(task, tgid) &&
	       own->own_start_ticks == BPF_CORE_READ(task, group_leader, start_boottime) /
					       NS_PER_START_TICK;
}

static __always_inline bool is_own_task(void)
{
	return is_own_process(bpf_get_current_task_btf());
}

/* The open file behind a descriptor of the current task, or NULL. */
static __always_inline struct file *file_of_fd(__u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *fdt = task->files->fdt;
	struct file *file = NULL;

	if (fd >= fdt->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

static __always_inline __u16 file_mode(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	return BPF_CORE_READ(inode, i_mode);
}

#define POSIX_FADV_WILLNEED 3

/* From byte 0 to the end: no length means so. */
static __always_inline bool is_advice_for_all(__u64 offset, __u64 bytes, __u64 advice)
{
	return offset == 0 && bytes == 0 && advice == POSIX_FADV_WILLNEED;
}

/* The file must be a socket's. */
static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

static __always_inline bool is_auth_port(__u16 port)
{
	for (int i = 0; i < AUTH_PORTS && auth_ports[i]; i++)
		if (auth_ports[i] == port)
			return true;
	return false;
}

static __always_inline bool is_tcp_socket(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == AF_INET || family == AF_INET6;
}

static __always_inline bool is_stream(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_type) == SOCK_STREAM;
}

/* Unnamed Unix sockets and TCP lead to clients, named Unix sockets to other servers. */
static __always_inline bool is_client_socket(struct sock *sk)
{
	struct sock *peer;

	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX)
		return true;
	if (BPF_CORE_READ((struct unix_sock *)sk, addr))
		return false;
	peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	return !peer || !BPF_CORE_READ((struct unix_sock *)peer, addr);
}

#endif
