/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new sensor or hook is a row here. */
#include "sensor/hook_table.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sensor/function.h"

enum part {
	PART_SYSCALL_AUTH = 1 << 0,
	PART_SYSCALL_SESSION = 1 << 1,
	PART_SYSCALL_FILES = 1 << 2,
	PART_FUNCTION_AUTH = 1 << 3,
	PART_FUNCTION_SESSION = 1 << 4,
	PART_FUNCTION_FILES = 1 << 5,
	PART_FUNCTION_STATUS = 1 << 6,
	PART_AUTH = PART_SYSCALL_AUTH | PART_FUNCTION_AUTH,
	PART_SESSION = PART_SYSCALL_SESSION | PART_FUNCTION_SESSION,
	PART_FILES = PART_SYSCALL_FILES | PART_FUNCTION_FILES,
	PART_ANY = PART_AUTH | PART_SESSION | PART_FILES,
};

/* enum sys_exit_slot in bpf/lib/shared.bpf.h */
const struct hook_row hook_table[] = {
	{"wax_sys_exit", "wax_sys_send", "sys_exit_progs", 0,
	 PART_SYSCALL_AUTH | PART_SYSCALL_SESSION | PART_SYSCALL_FILES, NULL},
	{"wax_sys_exit", "wax_sys_messages", "sys_exit_progs", 1,
	 PART_SYSCALL_AUTH | PART_SYSCALL_SESSION, NULL},
	{"wax_sys_exit", "wax_sys_end", "sys_exit_progs", 2, PART_SYSCALL_AUTH, NULL},
	{"wax_sys_exit", "wax_sys_open", "sys_exit_progs", 3, PART_SYSCALL_FILES, NULL},
	{"wax_sys_exit", "wax_sys_read", "sys_exit_progs", 4, PART_SYSCALL_FILES, NULL},
	{"wax_sys_exit", "wax_sys_batch", "sys_exit_progs", 7, PART_SYSCALL_FILES, NULL},
	{"wax_sys_exit", "wax_sys_connect", "sys_exit_progs", 5, PART_SYSCALL_FILES, NULL},
	{"wax_sys_exit", "wax_sys_compat", "sys_exit_progs", 6, PART_SYSCALL_AUTH, NULL},
	{"wax_exec", "wax_exec_w", "exec_progs", 0, PART_SESSION, NULL},
	{"wax_fork", "wax_fork_w", "fork_progs", 0, PART_SESSION, NULL},
	{"wax_exit", "wax_exit_w", "exit_progs", 0, PART_ANY, NULL},
	{"wax_tcp_state", "wax_tcp_state_w", "tcp_state_progs", 0, PART_ANY, NULL},
	{"wax_uring", "wax_uring_w", "uring_progs", 0, PART_SYSCALL_FILES | PART_SYSCALL_AUTH,
	 "io_uring_create"},
	{"wax_unix_send", "wax_unix_send_w", "unix_send_progs", 0,
	 PART_FUNCTION_AUTH | PART_FUNCTION_SESSION, NULL},
	{"wax_unix_end", "wax_unix_end_w", "unix_end_progs", 0, PART_FUNCTION_AUTH, NULL},
	{"wax_tcp_send", "wax_tcp_send_w", "tcp_send_progs", 0,
	 PART_FUNCTION_AUTH | PART_FUNCTION_SESSION, NULL},
	{"wax_pipe_write", "wax_pipe_w", "pipe_write_progs", 0, PART_FUNCTION_SESSION, NULL},
	{"wax_file_write", "wax_file_write_w", "file_write_progs", 0, PART_FUNCTION_STATUS, NULL},
	{"wax_unix_page", "wax_unix_page_w", "unix_page_progs", 0, PART_FUNCTION_SESSION,
	 "unix_stream_sendpage"},
	{"wax_tcp_page", "wax_tcp_page_w", "tcp_page_progs", 0, PART_FUNCTION_SESSION,
	 "tcp_sendpage"},
	{"wax_file_open", "wax_file_open_w", "file_open_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_file_read", "wax_file_read_w", "file_read_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_shmem_read", "wax_shmem_read_w", "shmem_read_progs", 0, PART_FUNCTION_FILES,
	 "shmem_file_read_iter"},
	/* before 6.5 sendfile(2) and splice(2) of a file passed what reads do */
	{"wax_file_splice", "wax_file_splice_w", "file_splice_progs", 0, PART_FUNCTION_FILES,
	 "filemap_splice_read"},
	{"wax_shmem_splice", "wax_shmem_splice_w", "shmem_splice_progs", 0, PART_FUNCTION_FILES,
	 "shmem_file_splice_read"},
	{"wax_file_map", "wax_file_map_w", "file_map_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_file_remap", "wax_file_remap_w", "file_remap_progs", 0, PART_FUNCTION_FILES,
	 FUNCTION_REMAP},
	{"wax_file_direct", "wax_file_direct_w", "file_direct_progs", 0, PART_FUNCTION_FILES,
	 "iomap_dio_complete"},
	{"wax_rename", "wax_rename_w", "rename_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_unix_recv", "wax_unix_recv_w", "unix_recv_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_inet_recv", "wax_inet_recv_w", "inet_recv_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_inet6_recv", "wax_inet6_recv_w", "inet6_recv_progs", 0, PART_FUNCTION_FILES,
	 "inet6_recvmsg"},
	{"wax_unix_conn", "wax_unix_conn_w", "unix_conn_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_inet_conn", "wax_inet_conn_w", "inet_conn_progs", 0, PART_FUNCTION_FILES, NULL},
	{"wax_advise", "wax_advise_w", "advise_progs", 0, PART_FUNCTION_FILES, FUNCTION_ADVISE},
	{},
};

bool hook_table_is_marked(const char *hook)
{
	/* of system calls only those that may matter; the others in bpf/hooks/hooks.bpf.c are
	 * HOOK_REPEATED */
	static const char *const unmarked[] = {"wax_sys_exit", "wax_fork", "wax_exit",
					       "wax_tcp_state", "wax_unix_end"};

	for (size_t i = 0; i < ARRAY_LENGTH(unmarked); i++)
		if (strcmp(hook, unmarked[i]) == 0)
			return false;
	return true;
}

void hook_table_replica_name(const char *hook, int replica, char ret_name[HOOK_NAME_BYTES])
{
	if (replica == 1)
		snprintf(ret_name, HOOK_NAME_BYTES, "%s", hook);
	else
		snprintf(ret_name, HOOK_NAME_BYTES, "%s%d", hook, replica);
}

static unsigned int hook_table_parts(const struct load_plan *plan)
{
	static const unsigned int auth[] = {0, PART_SYSCALL_AUTH, PART_FUNCTION_AUTH};
	static const unsigned int session[] = {0, PART_SYSCALL_SESSION, PART_FUNCTION_SESSION};
	static const unsigned int files[] = {0, PART_SYSCALL_FILES, PART_FUNCTION_FILES};

	return auth[plan->auth] | session[plan->session] | files[plan->files] |
	       (plan->status && plan->session == HOOK_FUNCTION ? PART_FUNCTION_STATUS : 0);
}

bool hook_row_is_needed(const struct hook_row *hook_row, const struct load_plan *plan)
{
	return (hook_row->parts & hook_table_parts(plan)) &&
	       (!hook_row->only_if || function_exists(hook_row->only_if));
}

static enum hook hook_table_mechanism(bool by_function, bool by_syscall)
{
	if (by_function)
		return HOOK_FUNCTION;
	return by_syscall ? HOOK_SYSCALL : HOOK_OFF;
}

/* A system call hook that is attached serves every sensor that has no function of its own. */
struct load_plan hook_table_plan_of_hooks(bool (*is_attached)(void *context, const char *hook),
					  void *context)
{
	bool by_syscall = is_attached(context, "wax_sys_exit");

	return (struct load_plan){
		.auth = hook_table_mechanism(is_attached(context, "wax_unix_end"), by_syscall),
		.session = hook_table_mechanism(is_attached(context, "wax_pipe_write"),
						by_syscall && is_attached(context, "wax_exec")),
		.files = hook_table_mechanism(is_attached(context, "wax_file_open"), by_syscall),
		.status = is_attached(context, "wax_file_write"),
	};
}
