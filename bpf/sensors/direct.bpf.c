/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads past the page cache (O_DIRECT), under `function`: what file systems have in common for them
 * is the end of each in fs/iomap/direct-io.c.
 *
 * Who waited for it is the task in which it ends. What nobody waits for ends in whatever task runs
 * then: only that it was a store is known.
 */
#include "lib/shared.bpf.h"

#define DIRECT_WRITE (1U << 30) /* IOMAP_DIO_WRITE */

SEC("?fentry/iomap_dio_complete")
int BPF_WORKER(wax_file_direct_w, struct iomap_dio *direct)
{
	struct kiocb *call = direct->iocb;

	if (direct->error || (direct->flags & DIRECT_WRITE))
		return PROGRAM_OK;
	if (!call->ki_complete)
		reads_range(call->ki_filp, call->ki_pos, direct->size);
	else if (reads_is_store(call->ki_filp))
		count_loss(LOST_READS_UNSEEN, 1);
	return PROGRAM_OK;
}
