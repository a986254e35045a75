/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listed programs are followed by place: a package upgrade renames a new file over the old one, and a
 * new process runs it before the daemon looks again. Only root can put a file there: file and folder
 * must be root's, and nobody else may write to them.
 */
#include "lib/program_place.bpf.h"

#include "lib/program.bpf.h"
#include "lib/record.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct watched_name);
	__type(value, struct program_place);
} program_places SEC(".maps");

#define MODE_OTHERS_WRITE 022

static __always_inline bool program_is_roots(struct inode *inode)
{
	return BPF_CORE_READ(inode, i_uid.val) == 0 &&
	       !(BPF_CORE_READ(inode, i_mode) & MODE_OTHERS_WRITE);
}

static __always_inline struct program_place *program_place_of(struct dentry *dentry)
{
	struct inode *folder = BPF_CORE_READ(dentry, d_parent, d_inode);
	struct watched_name name = {.folder = (__u64)folder,
				    .hash_len = BPF_CORE_READ(dentry, d_name.hash_len)};
	struct program_place *place = bpf_map_lookup_elem(&program_places, &name);

	return place && program_is_roots(folder) ? place : NULL;
}

/* Whether it was not listed before. */
static __always_inline bool program_list(const struct program_place *place,
					 const struct file_identity *program)
{
	__u8 yes = 1, protocol = place->protocol;
	bool is_new = false;

	if (place->roles & PROGRAM_SESSION)
		is_new |= !bpf_map_update_elem(&session_programs, program, &protocol, BPF_NOEXIST);
	if (place->roles & PROGRAM_STORE_READER)
		is_new |= !bpf_map_update_elem(&store_readers, program, &yes, BPF_NOEXIST);
	if (place->roles & PROGRAM_HELPER)
		is_new |= !bpf_map_update_elem(&mail_helpers, program, &yes, BPF_NOEXIST);
	if (place->roles & PROGRAM_INTERPRETER)
		is_new |= !bpf_map_update_elem(&interpreters, program, &yes, BPF_NOEXIST);
	return is_new;
}

static __always_inline void program_report_replaced(void)
{
	struct actor nobody = {};
	struct record *record = record_reserve(RECORD_PROGRAM_REPLACED, 0, &nobody);

	if (record)
		bpf_ringbuf_submit(record, 0);
}

__hidden void program_place_follow(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct dentry *dentry = BPF_CORE_READ(exe, f_path.dentry);
	struct program_place *place;
	struct file_identity program;

	if (!exe)
		return;
	place = program_place_of(dentry);
	if (!place || !program_is_roots(BPF_CORE_READ(dentry, d_inode)))
		return;
	program_of_current(&program);
	if (program_list(place, &program))
		program_report_replaced();
}
