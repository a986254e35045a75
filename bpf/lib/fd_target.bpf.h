/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where what is sent on a descriptor goes: by typed pointers, or copied where there are none. */
#ifndef WAX_BPF_LIB_FD_TARGET_BPF_H
#define WAX_BPF_LIB_FD_TARGET_BPF_H

#include "lib/fast_path.bpf.h"

/* What a descriptor leads to. */
enum way { WAY_UNKNOWN, WAY_NEITHER, WAY_PIPE, WAY_FILE, WAY_CLIENT, WAY_SERVER };

/* Of what is written to files only status lines matter. */
static __always_inline enum way way_of_type(__u16 type)
{
	if (type == S_IFIFO)
		return WAY_PIPE;
	return type == S_IFREG && status_watched ? WAY_FILE : WAY_NEITHER;
}

/* Unnamed Unix sockets and TCP lead to clients: see is_client_socket(). */
static __always_inline bool glance_is_client(struct sock *sk)
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
static __always_inline enum way glance_at_way(const struct task_struct *task, __u32 fd,
					      __u64 *address)
{
	struct file *file = glance_at_fd(task, fd);
	struct socket *socket;
	__u16 type;

	if (!file)
		return WAY_UNKNOWN;
	type = file->f_inode->i_mode & S_IFMT;
	if (type != S_IFSOCK) {
		*address = address_of(file, task);
		return way_of_type(type);
	}
	socket = TYPED(file->private_data, struct socket);
	*address = address_of(socket->sk, task);
	return glance_is_client(socket->sk) ? WAY_CLIENT : WAY_SERVER;
}

static __always_inline enum way look_at_way(__u32 fd, __u64 *address)
{
	struct file *file = file_of_fd(fd);
	__u16 type = file ? file_mode(file) & S_IFMT : 0;

	*address = (__u64)file;
	if (type != S_IFSOCK)
		return way_of_type(type);
	*address = (__u64)sock_of_file(file);
	return is_client_socket((struct sock *)*address) ? WAY_CLIENT : WAY_SERVER;
}

static __always_inline enum way way_of_fd(__u32 fd, __u64 *address)
{
	enum way way = glance_at_way(bpf_get_current_task_btf(), fd, address);

	return way == WAY_UNKNOWN ? look_at_way(fd, address) : way;
}

#endif
