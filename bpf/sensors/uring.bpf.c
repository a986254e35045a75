/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blind spot of the `syscall` mechanism: what goes through an io_uring passes no system call
 * of its own. That one was made is all that can be said, and it is said.
 */
#include "lib/shared.bpf.h"

SEC("?tp_btf/io_uring_create")
int BPF_WORKER(wax_uring_w, int fd)
{
	if (!is_own_task())
		count_loss(LOST_URING_UNSEEN, 1);
	return PROGRAM_OK;
}
