/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who acts: the executable of a task, by device and inode, so that a renamed process
 * hides nothing. Its path is kept on first sight: by the next tick a short-lived program is gone.
 *
 * The path within its file system: where that is mounted is another question in each mount name
 * space, and whoever makes one can make it say what he likes. The daemon asks its own.
 */
#include "lib/program.bpf.h"
#include "lib/script.bpf.h"
#include "lib/unit.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_identity);
	__type(value, struct program);
} programs SEC(".maps");

struct interpreters_map interpreters SEC(".maps");

static const struct program unknown_program;

struct path_walk {
	struct dentry *dentry;
	struct program *program;
};

static __always_inline void program_keep_component(struct program *program, struct dentry *dentry)
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

/* One name up. A file that lies in no folder has a name, too: memfd_create(2). */
static long path_walk_step(__u32 i, struct path_walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	if (!walk->program || (parent == dentry && walk->program->components))
		return 1;
	program_keep_component(walk->program, dentry);
	walk->dentry = parent;
	return parent == dentry;
}

static __noinline void program_keep(struct file_identity *id, struct file *exe,
				    struct task_struct *task)
{
	struct path_walk walk = {.dentry = BPF_CORE_READ(exe, f_path.dentry)};

	/* whoever made the entry fills it */
	if (bpf_map_update_elem(&programs, id, &unknown_program, BPF_NOEXIST) == -EEXIST)
		return;
	walk.program = bpf_map_lookup_elem(&programs, id);
	if (!walk.program) {
		count_loss(LOST_PROGRAMS_FULL, 1);
		return;
	}
	walk.program->owner = BPF_CORE_READ(exe, f_inode, i_uid.val);
	walk.program->mode = BPF_CORE_READ(exe, f_inode, i_mode);
	BPF_CORE_READ_INTO(&walk.program->command, task, comm);
	bpf_loop(PATH_COMPONENTS + 1, path_walk_step, &walk, 0);
	if (walk.program)
		walk.program->whole = 1;
}

static __always_inline void program_identify(struct file_identity *ret_program, struct file *exe)
{
	struct inode *inode = BPF_CORE_READ(exe, f_inode);

	ret_program->inode_number = BPF_CORE_READ(inode, i_ino);
	ret_program->device = BPF_CORE_READ(inode, i_sb, s_dev);
	ret_program->generation = BPF_CORE_READ(inode, i_generation);
}

__hidden void program_of_current(struct file_identity *ret_program)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	__builtin_memset(ret_program, 0, sizeof(*ret_program));
	if (exe)
		program_identify(ret_program, exe);
}

int actor_fill(struct actor *ret_actor, __u64 address)
{
	struct task_struct *task =
		address ? (struct task_struct *)address : (void *)bpf_get_current_task();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct file_identity program = {}; /* 6.1 takes a key from the stack, not from an argument */

	if (!ret_actor)
		return 0;
	ret_actor->uid = BPF_CORE_READ(task, cred, uid.val);
	ret_actor->login_uid =
		bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : -1;
	ret_actor->cgroup = unit_of(task);
	if (!exe)
		return 0;
	program_identify(&program, exe);
	ret_actor->program = program;
	if (!bpf_map_lookup_elem(&programs, &program))
		program_keep(&program, exe, task);
	if (ret_actor->uid == 0 && !address)
		ret_actor->script = script_of_current(&program);
	return 0;
}
