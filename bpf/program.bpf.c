/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who acts: the executable of the current task, by device and inode, so that a renamed process
 * hides nothing. Its path is kept on first sight: by the next tick a short-lived program is gone.
 */
#include "shared.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_identity);
	__type(value, struct program);
} programs SEC(".maps");

static const struct program unknown_program;

struct path_walk {
	struct dentry *dentry;
	struct mount *mount;
	struct program *program;
};

static __always_inline void keep_component(struct program *program, struct dentry *dentry)
{
	__u32 bytes = BPF_CORE_READ(dentry, d_name.len);
	__u32 at = program->components;
	char *to;

	barrier_step(at);
	if (at >= PATH_COMPONENTS) {
		program->cut = 1;
		return;
	}
	to = program->component[at];
	program->cut |= bytes > COMPONENT_BYTES;
	if (bytes > COMPONENT_BYTES)
		bytes = COMPONENT_BYTES;
	barrier_step(bytes);
	if (bytes > 0 && bytes <= COMPONENT_BYTES)
		bpf_probe_read_kernel(to, bytes, BPF_CORE_READ(dentry, d_name.name));
	program->components = at + 1;
}

/* One name up; over a mount point into the file system it is mounted on. */
static long path_walk_step(__u32 i, struct path_walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct mount *mount = walk->mount, *above;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	if (!walk->program)
		return 1;
	if (dentry != BPF_CORE_READ(mount, mnt.mnt_root)) {
		keep_component(walk->program, dentry);
		walk->dentry = parent;
		/* a file that lies in no folder: memfd_create(2) */
		return dentry == parent;
	}
	above = BPF_CORE_READ(mount, mnt_parent);
	if (above == mount)
		return 1;
	walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	walk->mount = above;
	return 0;
}

static __noinline void keep_program(struct file_identity *id, struct file *exe)
{
	struct path_walk walk = {.dentry = BPF_CORE_READ(exe, f_path.dentry)};
	struct vfsmount *mnt = BPF_CORE_READ(exe, f_path.mnt);

	bpf_map_update_elem(&programs, id, &unknown_program, BPF_NOEXIST);
	walk.program = bpf_map_lookup_elem(&programs, id);
	if (!walk.program) {
		count_loss(LOST_PROGRAMS_FULL, 1);
		return;
	}
	walk.mount = (struct mount *)((char *)mnt - bpf_core_field_offset(struct mount, mnt));
	walk.program->first_boot_ns = bpf_ktime_get_boot_ns();
	walk.program->pid = current_tgid();
	bpf_get_current_comm(walk.program->command, COMMAND_BYTES);
	bpf_loop(2 * PATH_COMPONENTS, path_walk_step, &walk, 0);
}

static __always_inline void identify(struct file_identity *ret_program, struct file *exe)
{
	struct inode *inode = BPF_CORE_READ(exe, f_inode);

	ret_program->inode_number = BPF_CORE_READ(inode, i_ino);
	ret_program->device = BPF_CORE_READ(inode, i_sb, s_dev);
}

__hidden void program_of_current(struct file_identity *ret_program)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	__builtin_memset(ret_program, 0, sizeof(*ret_program));
	if (exe)
		identify(ret_program, exe);
}

__hidden void actor_of_current(struct actor *ret_actor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	__builtin_memset(ret_actor, 0, sizeof(*ret_actor));
	ret_actor->uid = BPF_CORE_READ(task, cred, uid.val);
	ret_actor->login_uid = bpf_core_field_exists(task->loginuid) ? task->loginuid.val : -1;
	ret_actor->cgroup = unit_of_current();
	if (!exe)
		return;
	identify(&ret_actor->program, exe);
	if (!bpf_map_lookup_elem(&programs, &ret_actor->program))
		keep_program(&ret_actor->program, exe);
}
