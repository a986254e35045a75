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
		if (ret == 0 || ret == -ECONNRESET)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_END);
		return PROGRAM_OK;
	case CALL_OPEN:
	case CALL_CREAT:
	case CALL_OPENAT:
	case CALL_OPENAT2:
	case CALL_OPEN_BY_HANDLE_AT:
		if (ret >= 0)
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_OPEN);
		return PROGRAM_OK;
	case COMPAT_CALL_OPEN:
	case COMPAT_CALL_CREAT:
	case COMPAT_CALL_OPENAT:
	case COMPAT_CALL_OPEN_BY_HANDLE_AT:
		if (ret >= 0 && IS_COMPAT_CALL(bpf_get_current_task_btf()))
			bpf_tail_call(ctx, &sys_exit_work, SYS_EXIT_OPEN);
		return PROGRAM_OK;
	}
	return PROGRAM_OK;
}
