/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings that grow: mremap(2) shows more of a file than mmap(2) was asked for. */
#include "lib/arch.bpf.h"
#include "lib/shared.bpf.h"

struct mapping {
	__u64 address;
	__u64 file; /* a number: pointers cannot be given to the caller */
	__u64 offset;
};

static long look_at_mapping(struct task_struct *task, struct vm_area_struct *vma,
			    struct mapping *mapping)
{
	mapping->file = (__u64)BPF_CORE_READ(vma, vm_file);
	mapping->offset = (BPF_CORE_READ(vma, vm_pgoff) << PAGE_SHIFT_LEAST) + mapping->address -
			  BPF_CORE_READ(vma, vm_start);
	return 0;
}

__hidden void reads_remapped(__u64 address, __u64 before, __u64 after)
{
	struct mapping mapping = {.address = address + before};
	int r;

	if (after <= before)
		return;
	r = bpf_find_vma(bpf_get_current_task_btf(), mapping.address, look_at_mapping, &mapping, 0);
	if (r == -EBUSY) /* another thread changes the mappings */
		count_loss(LOST_READS_UNSEEN, 1);
	else if (mapping.file)
		reads_range((struct file *)mapping.file, mapping.offset, after - before);
}

SEC("?fexit/__x64_sys_mremap")
int BPF_WORKER(wax_file_remap_w, struct pt_regs *regs, long ret)
{
	if (ret > 0 || ret < -ERRNO_LIMIT)
		reads_remapped(ret, CALL_ARG1(regs), CALL_ARG2(regs));
	return PROGRAM_OK;
}
