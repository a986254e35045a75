/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is attached to the kernel: programs that only decide who works, and call it.
 *
 * The workers lie in arrays of programs. A newer daemon puts its own into the slots, one atomic
 * exchange each, while the hooks stay attached: nothing is missed and nothing is counted twice.
 * That is why a hook must never need to change.
 */
#include "hooks/syscall_table.bpf.h"
#include "hooks/replica.bpf.h"

const volatile bool with_replicas = false;
__u64 replicas_full_boot_ns;

#define PROG_ARRAY(name, slots)                                                                    \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, slots);                                                        \
		__type(key, __u32);                                                                \
		__type(value, __u32);                                                              \
	} name SEC(".maps")

/* One replica of a hook with one worker. */
#define HOOK_REPLICA(section, name, progs, id, position)                                           \
	SEC(section) int name(void *ctx)                                                           \
	{                                                                                          \
		if (replica_is_first(id, position))                                                \
			bpf_tail_call(ctx, &progs, 0);                                             \
		return PROGRAM_OK;                                                                 \
	}

/*
 * Replicas are attached in the order of their names. A tracepoint runs its programs in the order of
 * attachment (func_add() in kernel/tracepoint.c), a function's trampoline in the reverse
 * (bpf_trampoline_link_prog() in kernel/bpf/trampoline.c). The loader tries both.
 */
#define HOOK_TRACEPOINT(event, name, progs, id)                                                    \
	PROG_ARRAY(progs, 1);                                                                      \
	HOOK_REPLICA("?tp_btf/" event, name, progs, id, 1)                                         \
	HOOK_REPLICA("?tp_btf/" event, name##2, progs, id, 2)                                      \
	HOOK_REPLICA("?tp_btf/" event, name##3, progs, id, 3)

#define HOOK_TRAMPOLINE(section, name, progs, id)                                                  \
	PROG_ARRAY(progs, 1);                                                                      \
	HOOK_REPLICA(section, name, progs, id, 3)                                                  \
	HOOK_REPLICA(section, name##2, progs, id, 2)                                               \
	HOOK_REPLICA(section, name##3, progs, id, 1)

HOOK_TRACEPOINT("sched_process_exec", wax_exec, exec_progs, HOOK_EXEC)
HOOK_TRACEPOINT("io_uring_create", wax_uring, uring_progs, HOOK_URING)
HOOK_TRAMPOLINE("?fexit/unix_stream_sendmsg", wax_unix_send, unix_send_progs, HOOK_UNIX_SEND)
HOOK_TRAMPOLINE("?fexit/tcp_sendmsg", wax_tcp_send, tcp_send_progs, HOOK_TCP_SEND)
HOOK_TRAMPOLINE("?fexit/pipe_write", wax_pipe_write, pipe_write_progs, HOOK_PIPE_WRITE)
HOOK_TRAMPOLINE("?fexit/unix_stream_sendpage", wax_unix_page, unix_page_progs, HOOK_UNIX_PAGE)
HOOK_TRAMPOLINE("?fexit/tcp_sendpage", wax_tcp_page, tcp_page_progs, HOOK_TCP_PAGE)
HOOK_TRAMPOLINE("?fexit/vfs_write", wax_file_write, file_write_progs, HOOK_FILE_WRITE)
HOOK_TRAMPOLINE("?fexit/security_file_open", wax_file_open, file_open_progs, HOOK_FILE_OPEN)
HOOK_TRAMPOLINE("?fexit/filemap_read", wax_file_read, file_read_progs, HOOK_FILE_READ)
HOOK_TRAMPOLINE("?fexit/shmem_file_read_iter", wax_shmem_read, shmem_read_progs, HOOK_SHMEM_READ)
HOOK_TRAMPOLINE("?fexit/filemap_splice_read", wax_file_splice, file_splice_progs, HOOK_FILE_SPLICE)
HOOK_TRAMPOLINE("?fexit/shmem_file_splice_read", wax_shmem_splice, shmem_splice_progs,
		HOOK_SHMEM_SPLICE)
HOOK_TRAMPOLINE("?fexit/vm_mmap_pgoff", wax_file_map, file_map_progs, HOOK_FILE_MAP)
HOOK_TRAMPOLINE("?fentry/iomap_dio_complete", wax_file_direct, file_direct_progs, HOOK_FILE_DIRECT)
HOOK_TRAMPOLINE("?fentry/vfs_rename", wax_rename, rename_progs, HOOK_RENAME)
HOOK_TRAMPOLINE("?fexit/unix_stream_recvmsg", wax_unix_recv, unix_recv_progs, HOOK_UNIX_RECV)
HOOK_TRAMPOLINE("?fexit/inet_recvmsg", wax_inet_recv, inet_recv_progs, HOOK_INET_RECV)
HOOK_TRAMPOLINE("?fexit/inet6_recvmsg", wax_inet6_recv, inet6_recv_progs, HOOK_INET6_RECV)
HOOK_TRAMPOLINE("?fexit/unix_stream_connect", wax_unix_conn, unix_conn_progs, HOOK_UNIX_CONN)
HOOK_TRAMPOLINE("?fexit/inet_stream_connect", wax_inet_conn, inet_conn_progs, HOOK_INET_CONN)
/* their names are the architecture's: the loader knows */
HOOK_TRAMPOLINE("?fexit/__x64_sys_mremap", wax_file_remap, file_remap_progs, HOOK_FILE_REMAP)
HOOK_TRAMPOLINE("?fentry/__x64_sys_fadvise64", wax_advise, advise_progs, HOOK_ADVISE)

/* Runs in interrupts too, which are of no thread, or when a thread has ended: a worker here must be
 * one that may run twice for an event, and all replicas call it. */
#define HOOK_REPEATED_REPLICA(section, name, progs)                                                \
	SEC(section) int name(void *ctx)                                                           \
	{                                                                                          \
		bpf_tail_call(ctx, &progs, 0);                                                     \
		return PROGRAM_OK;                                                                 \
	}

#define HOOK_REPEATED(section, name, progs)                                                        \
	PROG_ARRAY(progs, 1);                                                                      \
	HOOK_REPEATED_REPLICA(section, name, progs)                                                \
	HOOK_REPEATED_REPLICA(section, name##2, progs)                                             \
	HOOK_REPEATED_REPLICA(section, name##3, progs)

HOOK_REPEATED("?tp_btf/sched_process_fork", wax_fork, fork_progs)
HOOK_REPEATED("?tp_btf/sched_process_exit", wax_exit, exit_progs)
HOOK_REPEATED("?tp_btf/inet_sock_set_state", wax_tcp_state, tcp_state_progs)
HOOK_REPEATED("?fentry/unix_release", wax_unix_end, unix_end_progs)

PROG_ARRAY(sys_exit_progs, SYS_EXIT_SLOTS);

/* Calls the worker of a system call that may matter, if this replica is the one to do it. Static:
 * the compiler must not join the calls, since only one with a constant slot becomes a jump. */
#define CALL_WORKER(ctx, position, slot)                                                           \
	do {                                                                                       \
		if (replica_is_first(HOOK_SYS_EXIT, position))                                     \
			bpf_tail_call_static(ctx, &sys_exit_progs, slot);                          \
	} while (0)

/* Runs after every system call of every process, so it looks at the number first and at nothing
 * else if it can. */
static __always_inline int hook_on_sys_exit(void *ctx, struct pt_regs *regs, long ret,
					    __u8 position)
{
	__u64 number = CALL_NUMBER(regs);
	__u8 kind;

	if (number >= CALL_NUMBERS)
		return PROGRAM_OK;
	kind = call_kinds[number];
	if (kind == KIND_NONE)
		return PROGRAM_OK;
	if (kind >= COMPAT(1))
		kind = IS_COMPAT_CALL(bpf_get_current_task_btf()) ? kind / COMPAT(1)
								  : kind % COMPAT(1);
	switch (kind) {
	case KIND_RECEIVE:
		if (ret == 0 || ret == -ECONNRESET)
			CALL_WORKER(ctx, position, SYS_EXIT_END);
		/* fallthrough */
	case KIND_READ:
		if (ret > 0)
			CALL_WORKER(ctx, position, SYS_EXIT_READ);
		break;
	case KIND_SEND:
		if (ret > 0)
			CALL_WORKER(ctx, position, SYS_EXIT_SEND);
		break;
	case KIND_SENDMMSG:
		if (ret > 0)
			CALL_WORKER(ctx, position, SYS_EXIT_SENDMMSG);
		break;
	case KIND_BATCH:
		if (ret > 0)
			CALL_WORKER(ctx, position, SYS_EXIT_BATCH);
		break;
	case KIND_OPEN:
		if (ret >= 0)
			CALL_WORKER(ctx, position, SYS_EXIT_OPEN);
		break;
	case KIND_MAP:
		if (!(CALL_ARG3(regs) & MAP_ANONYMOUS) && (ret > 0 || ret < -ERRNO_LIMIT))
			CALL_WORKER(ctx, position, SYS_EXIT_READ);
		break;
	case KIND_CONNECT:
		if (ret == 0 || ret == -EINPROGRESS)
			CALL_WORKER(ctx, position, SYS_EXIT_CONNECT);
		break;
	case KIND_COMPAT_READ: /* an address, too */
		if (ret > 0 || ret < -ERRNO_LIMIT)
			CALL_WORKER(ctx, position, SYS_EXIT_READ);
		break;
	case KIND_COMPAT_SEND:
		if (ret > 0)
			CALL_WORKER(ctx, position, SYS_EXIT_COMPAT_SEND);
		break;
	}
	return PROGRAM_OK;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(wax_sys_exit, struct pt_regs *regs, long ret)
{
	return hook_on_sys_exit(ctx, regs, ret, 1);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(wax_sys_exit2, struct pt_regs *regs, long ret)
{
	return hook_on_sys_exit(ctx, regs, ret, 2);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(wax_sys_exit3, struct pt_regs *regs, long ret)
{
	return hook_on_sys_exit(ctx, regs, ret, 3);
}
