/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads that io_submit(2) takes several at a time. They may not have ended when it returns, so what
 * was asked for counts, as far as the file goes.
 */
#include "lib/arch.bpf.h"
#include "lib/shared.bpf.h"

/* More at a time are counted as lost. */
#define BATCH_LIMIT 128
#define SEGMENTS_LOOKED_AT 8

/* include/uapi/linux/aio_abi.h */
#define IOCB_PREAD 0
#define IOCB_PREADV 7

struct user_iocb {
	__u64 data;
	__u32 key, flags;
	__u16 operation;
	__s16 priority;
	__u32 fd;
	__u64 buffer;
	__u64 bytes; /* or segments */
	__u64 offset;
};

static __always_inline __u64 bytes_of_segments(const struct user_iocb *call)
{
	struct user_iovec segment = {};
	__u64 bytes = 0;

	if (call->bytes > SEGMENTS_LOOKED_AT)
		return -1; /* all there is */
	for (__u32 i = 0; i < SEGMENTS_LOOKED_AT && i < call->bytes; i++) {
		bpf_probe_read_user(&segment, sizeof(segment),
				    (void *)(call->buffer + i * sizeof(segment)));
		bytes += segment.bytes;
	}
	return bytes;
}

static long on_one_of_batch(__u32 i, __u64 *calls)
{
	struct user_iocb call = {};
	struct file *file;
	__u64 at = 0;

	if (bpf_probe_read_user(&at, sizeof(at), (void *)(*calls + i * sizeof(at))) ||
	    bpf_probe_read_user(&call, sizeof(call), (void *)at)) {
		count_loss(LOST_READS_UNSEEN, 1);
		return 0;
	}
	if (call.operation != IOCB_PREAD && call.operation != IOCB_PREADV)
		return 0;
	file = file_of_fd(call.fd);
	if (file)
		reads_range(file, call.offset,
			    call.operation == IOCB_PREAD ? call.bytes : bytes_of_segments(&call));
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_batch, struct pt_regs *regs, long count)
{
	__u64 calls = CALL_ARG2(regs);

	bpf_loop(count < BATCH_LIMIT ? count : BATCH_LIMIT, on_one_of_batch, &calls, 0);
	if (count > BATCH_LIMIT)
		count_loss(LOST_READS_UNSEEN, count - BATCH_LIMIT);
	return PROGRAM_OK;
}
