/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is attached to the kernel: programs that only decide who works, and call it.
 *
 * The workers lie in arrays of programs. A newer daemon puts its own into the slots, one atomic
 * exchange each, while the hooks stay attached: nothing is missed and nothing is counted twice.
 * That is why a hook must never need to change.
 */
#include "arch.bpf.h"
#include "shared.bpf.h"

#define WORK(name, slots)                                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, slots);                                                        \
		__type(key, __u32);                                                                \
		__type(value, __u32);                                                              \
	} name SEC(".maps")

/* A hook with one worker. */
#define HOOK(section, name, work)                                                                  \
	WORK(work, 1);                                                                             \
	SEC(section) int name(void *ctx)                                                           \
	{                                                                                          \
		bpf_tail_call(ctx, &work, 0);                                                      \
		return PROGRAM_OK;                                                                 \
	}

HOOK("?tp_btf/sched_process_exec", wax_exec, exec_work)
HOOK("?tp_btf/sched_process_exit", wax_exit, exit_work)
HOOK("?tp_btf/inet_sock_set_state", wax_tcp_state, tcp_state_work)
HOOK("?tp_btf/io_uring_create", wax_uring, uring_work)
HOOK("?fexit/unix_stream_sendmsg", wax_unix_send, unix_send_work)
HOOK("?fentry/unix_release", wax_unix_end, unix_end_work)
HOOK("?fexit/tcp_sendmsg", wax_tcp_send, tcp_send_work)
HOOK("?fexit/pipe_write", wax_pipe_write, pipe_write_work)
HOOK("?fexit/unix_stream_sendpage", wax_unix_page, unix_page_work)
HOOK("?fexit/tcp_sendpage", wax_tcp_page, tcp_page_work)
HOOK("?fexit/security_file_open", wax_file_open, file_open_work)
HOOK("?fexit/filemap_read", wax_file_read, file_read_work)
HOOK("?fexit/shmem_file_read_iter", wax_shmem_read, shmem_read_work)
HOOK("?fexit/filemap_splice_read", wax_file_splice, file_splice_work)
HOOK("?fexit/shmem_file_splice_read", wax_shmem_splice, shmem_splice_work)
HOOK("?fexit/vm_mmap_pgoff", wax_file_map, file_map_work)
HOOK("?fexit/unix_stream_recvmsg", wax_unix_recv, unix_recv_work)
HOOK("?fexit/inet_recvmsg", wax_inet_recv, inet_recv_work)
HOOK("?fexit/inet6_recvmsg", wax_inet6_recv, inet6_recv_work)
HOOK("?fexit/unix_stream_connect", wax_unix_conn, unix_conn_work)
HOOK("?fexit/inet_stream_connect", wax_inet_conn, inet_conn_work)
/* its name is the architecture's: the loader knows */
HOOK("?fentry/__x64_sys_fadvise64", wax_advise, advise_work)

WORK(sys_exit_work, SYS_EXIT_SLOTS);

/* Runs after every system call of every process, so it looks at the number first and at nothing
 * else if it can. A 32-bit call has another table. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(wax_sys_exit, struct pt_regs *regs, long ret)
{
	switch (CALL_NUMBER(regs)) {
	case CALL_WRITE:
	case CALL_WRITEV:
	case CALL_SENDTO:
	case CALL_SENDMSG:
	case CALL_PWRITEV2:
	case CALL_SENDFILE:
	case CALL_SPLICE:
		if (ret > 0)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_SEND);
		return PROGRAM_OK;
	case CALL_SENDMMSG:
		if (ret > 0)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_SENDMMSG);
		return PROGRAM_OK;
	case CALL_READ:
	case CALL_READV:
	case CALL_RECVFROM:
	case CALL_RECVMSG:
		if (ret > 0)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_READ);
		else if (ret == 0 || ret == -ECONNRESET)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_END);
		return PROGRAM_OK;
	case CALL_PREAD64:
	case CALL_PREADV2:
	case CALL_COPY_FILE_RANGE:
		if (ret > 0)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_READ);
		return PROGRAM_OK;
	case CALL_PREADV:
		if (COMPAT_OPENAT_IS_PREADV && IS_COMPAT_CALL(bpf_get_current_task_btf())) {
			if (ret >= 0)
				bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_OPEN);
		} else if (ret > 0) {
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_READ);
		}
		return PROGRAM_OK;
	case CALL_MMAP:
		if (!(CALL_ARG3(regs) & MAP_ANONYMOUS) && (ret > 0 || ret < -ERRNO_LIMIT))
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_READ);
		return PROGRAM_OK;
	case CALL_CONNECT:
		if (ret == 0 || ret == -EINPROGRESS)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_CONNECT);
		return PROGRAM_OK;
	case CALL_OPEN:
	case CALL_CREAT:
	case CALL_OPENAT:
	case CALL_OPENAT2:
	case CALL_OPEN_BY_HANDLE_AT:
	case CALL_FADVISE64:
		if (ret >= 0)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_OPEN);
		return PROGRAM_OK;
	case COMPAT_CALL_OPEN:
	case COMPAT_CALL_CREAT:
#if !COMPAT_OPENAT_IS_PREADV
	case COMPAT_CALL_OPENAT:
#endif
	case COMPAT_CALL_OPEN_BY_HANDLE_AT:
		if (ret >= 0 && IS_COMPAT_CALL(bpf_get_current_task_btf()))
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_OPEN);
		return PROGRAM_OK;
	case COMPAT_CALL_READ:
	case COMPAT_CALL_READV:
	case COMPAT_CALL_PREAD64:
	case COMPAT_CALL_PREADV:
	case COMPAT_CALL_PREADV2:
	case COMPAT_CALL_SENDFILE:
	case COMPAT_CALL_SENDFILE64:
	case COMPAT_CALL_SPLICE:
	case COMPAT_CALL_COPY_FILE_RANGE:
	case COMPAT_CALL_MMAP2:
		if ((ret > 0 || ret < -ERRNO_LIMIT) && IS_COMPAT_CALL(bpf_get_current_task_btf()))
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_READ);
	}
	return PROGRAM_OK;
}
