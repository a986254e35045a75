/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers at tracepoints that concern several sensors: a process becomes another program or ends, a
 * TCP connection changes its state. */
#include "hooks/replica.bpf.h"
#include "lib/mail_server.bpf.h"
#include "lib/program_place.bpf.h"

struct replica_marks_map replica_marks SEC(".maps");
struct replica_totals_map replica_totals SEC(".maps");

SEC("?tp_btf/sched_process_exec")
int BPF_WORKER(wax_exec_w, struct task_struct *task, int former)
{
	if (former != task->pid)
		replica_forget(former);
	program_place_follow();
	mail_server_exec(task);
	if (session_exec() == SESSION_PROTOCOL_ENVIRONMENT)
		courier_session_exec(task);
	return PROGRAM_OK;
}

SEC("?tp_btf/sched_process_fork")
int BPF_WORKER(wax_fork_w, struct task_struct *parent, struct task_struct *child)
{
	mail_server_fork(parent, child);
	return PROGRAM_OK;
}

SEC("?tp_btf/sched_process_exit")
int BPF_WORKER(wax_exit_w, struct task_struct *task)
{
	replica_forget(task->pid);
	if (task->pid == task->tgid) {
		session_end(task->tgid);
		mail_server_exit(task->tgid);
	}
	return PROGRAM_OK;
}

#define TCP_CLOSE 7

SEC("?tp_btf/inet_sock_set_state")
int BPF_WORKER(wax_tcp_state_w, struct sock *sk, int before, int now)
{
	if (now == TCP_CLOSE)
		auth_end_tcp(sk);
	connections_state(sk, now);
	return PROGRAM_OK;
}
