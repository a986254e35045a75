/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was there before the sensors: iterators over open files. One finds accepted Unix sockets
 * with the name of their listener, one counts mail and stores that are open already, one tells the
 * daemon what the kernel calls its own files.
 */
#include "lib/mail_server.bpf.h"

#define TCP_ESTABLISHED 1 /* also the state of connected Unix sockets */

static __always_inline struct sock *accepted_unix_socket(struct file *file)
{
	struct sock *sk;

	if ((file_mode(file) & S_IFMT) != S_IFSOCK)
		return NULL;
	sk = sock_of_file(file);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX ||
	    BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_ESTABLISHED ||
	    !BPF_CORE_READ((struct unix_sock *)sk, addr))
		return NULL;
	return sk;
}

/* The name is a struct sockaddr_un: a family and the path. */
static __always_inline void read_socket_path(struct found_socket *found, struct sock *sk)
{
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	__u32 bytes = BPF_CORE_READ(name, len) - sizeof(__u16);

	found->path_bytes = bytes < SOCKET_PATH_BYTES ? bytes : SOCKET_PATH_BYTES;
	bpf_probe_read_kernel(found->path, SOCKET_PATH_BYTES,
			      (char *)name + bpf_core_field_offset(struct unix_address, name) +
				      sizeof(__u16));
}

SEC("?iter/task_file")
int wax_find_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct found_socket found = {};
	struct sock *sk;

	if (!task || !file)
		return PROGRAM_OK;
	sk = accepted_unix_socket(file);
	if (!sk)
		return PROGRAM_OK;
	found.socket = (__u64)sk;
	found.inode_number = BPF_CORE_READ(file, f_inode, i_ino);
	found.pid = task->tgid;
	found.believed = mail_server_accepted(sk, task, /* is_server= */ true);
	read_socket_path(&found, sk);
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return PROGRAM_OK;
}

/* A child has the descriptors of its parent: they count for the one that had them first. */
static __always_inline bool is_inherited(struct task_struct *task, __u32 fd, struct file *file)
{
	struct fdtable *fdt = BPF_CORE_READ(task, real_parent, files, fdt);
	struct file *of_parent = NULL;

	if (!fdt || fd >= BPF_CORE_READ(fdt, max_fds))
		return false;
	bpf_probe_read_kernel(&of_parent, sizeof(of_parent), BPF_CORE_READ(fdt, fd) + fd);
	return of_parent == file;
}

SEC("?iter/task_file")
int wax_adopt_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u32 mode;

	if (!task || !file || is_own_process(task))
		return PROGRAM_OK;
	mode = BPF_CORE_READ(file, f_mode);
	if ((file_mode(file) & S_IFMT) == S_IFREG && (mode & FMODE_READ) && !(mode & FMODE_PATH) &&
	    !is_inherited(task, ctx->fd, file))
		files_adopt(file, task);
	return PROGRAM_OK;
}

SEC("?iter/task_file")
int wax_own_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct found_file found = {.fd = ctx->fd};
	struct inode *inode;

	if (!task || !file)
		return PROGRAM_OK;
	inode = BPF_CORE_READ(file, f_inode);
	found.inode = (__u64)inode;
	found.inode_number = BPF_CORE_READ(inode, i_ino);
	found.device = BPF_CORE_READ(inode, i_sb, s_dev);
	found.generation = BPF_CORE_READ(inode, i_generation);
	found.name.folder = (__u64)BPF_CORE_READ(file, f_path.dentry, d_parent, d_inode);
	found.name.hash_len = BPF_CORE_READ(file, f_path.dentry, d_name.hash_len);
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return PROGRAM_OK;
}
