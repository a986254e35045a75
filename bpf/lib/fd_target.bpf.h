/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where what is sent on a descriptor goes: by typed pointers, or copied where there are none. */
#ifndef WAX_BPF_LIB_FD_TARGET_BPF_H
#define WAX_BPF_LIB_FD_TARGET_BPF_H

#include "lib/fast_path.bpf.h"

/* What a descriptor leads to. */
enum fd_target {
	FD_TARGET_UNKNOWN,
	FD_TARGET_OTHER,
	FD_TARGET_PIPE,
	FD_TARGET_FILE,
	FD_TARGET_CLIENT,
	FD_TARGET_SERVER
};

/* Of what is written to files only status lines matter. */
static __always_inline enum fd_target fd_target_of_type(__u16 type)
{
	if (type == S_IFIFO)
		return FD_TARGET_PIPE;
	return type == S_IFREG && status_watched ? FD_TARGET_FILE : FD_TARGET_OTHER;
}

/* Unnamed Unix sockets and TCP lead to clients: see is_client_socket(). */
static __always_inline bool fd_target_is_client(struct sock *sk)
{
	struct unix_sock *own = TYPED(sk, struct unix_sock);
	struct sock *peer;

	if (sk->__sk_common.skc_family != AF_UNIX)
		return true;
	if (own->addr)
		return false;
	peer = own->peer;
	return !peer || !TYPED(peer, struct unix_sock)->addr;
}

/* Sets address to that of the socket, or of the file. */
static __always_inline enum fd_target fd_target_typed(const struct task_struct *task, __u32 fd,
						      __u64 *address)
{
	struct file *file = fast_path_file(task, fd);
	struct socket *socket;
	__u16 type;

	if (!file)
		return FD_TARGET_UNKNOWN;
	type = file->f_inode->i_mode & S_IFMT;
	if (type != S_IFSOCK) {
		*address = fast_path_address(file, task);
		return fd_target_of_type(type);
	}
	socket = TYPED(file->private_data, struct socket);
	*address = fast_path_address(socket->sk, task);
	return fd_target_is_client(socket->sk) ? FD_TARGET_CLIENT : FD_TARGET_SERVER;
}

static __always_inline enum fd_target fd_target_copy(__u32 fd, __u64 *address)
{
	struct file *file = file_of_fd(fd);
	__u16 type = file ? file_mode(file) & S_IFMT : 0;

	*address = (__u64)file;
	if (type != S_IFSOCK)
		return fd_target_of_type(type);
	*address = (__u64)sock_of_file(file);
	return is_client_socket((struct sock *)*address) ? FD_TARGET_CLIENT : FD_TARGET_SERVER;
}

static __always_inline enum fd_target fd_target_find(__u32 fd, __u64 *address)
{
	enum fd_target target = fd_target_typed(bpf_get_current_task_btf(), fd, address);

	return target == FD_TARGET_UNKNOWN ? fd_target_copy(fd, address) : target;
}

#endif
