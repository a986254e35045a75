/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that a task took out of a file or socket: was it a credential store?
 *
 * Most are none, and find that out by one bit of their inode. Only while a store is a folder, files
 * on its device are looked at by their path; only while one is behind a socket, sockets are.
 */
#include "lib/tcp.bpf.h"
#include "lib/walk.bpf.h"

const volatile struct store_port store_ports[STORE_PORTS];

static __always_inline struct watched *store_of_inode(const struct watched_filter *filter,
						      struct inode *inode)
{
	struct watched *found;

	if (!may_be_watched(filter, (__u64)inode))
		return NULL;
	found = watched_inode(inode);
	return found && found->kind == WATCHED_STORE ? found : NULL;
}

static __noinline struct watched *store_above(const struct path *path)
{
	struct walk walk = {};
	struct watched *found;

	walk_up(&walk, path);
	found = walk_found(&walk);
	return found && found->kind == WATCHED_STORE ? found : NULL;
}

static __always_inline bool may_lie_in_folder(const struct watched_filter *filter,
					      struct inode *inode)
{
	return filter->folder_devices &&
	       filter->folder_devices & watched_device_bit(BPF_CORE_READ(inode, i_sb, s_dev)) &&
	       (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFREG;
}

static __always_inline struct watched *store_of_path(const struct path *path, struct inode *inode)
{
	struct watched_filter *filter = watched_filter_get();
	struct watched *found;

	if (!filter)
		return NULL;
	found = store_of_inode(filter, inode);
	if (!found && may_lie_in_folder(filter, inode))
		found = store_above(path);
	return found;
}

__hidden void reads_path(const struct path *path, __u64 bytes)
{
	struct watched *store = store_of_path(path, BPF_CORE_READ(path, dentry, d_inode));

	if (store)
		credentials_read(store, bytes);
}

__hidden int reads_is_store(struct file *file)
{
	return store_of_path(&file->f_path, BPF_CORE_READ(file, f_inode)) != NULL;
}

/* ---- Sockets ---- */

/* The end that was accepted carries the place of the socket that was listened on. */
static __always_inline struct path *unix_server_path(struct sock *sk)
{
	struct unix_sock *server = (void *)BPF_CORE_READ((struct unix_sock *)sk, peer);

	return server && BPF_CORE_READ(server, path.dentry) ? &server->path : NULL;
}

/* Which of store_ports leads to what a socket is connected with, as its number + 1. */
static __noinline int inet_store(struct sock *sk)
{
	__u16 port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	struct in6_addr v6 = {};
	__u64 address;

	for (int i = 0; i < STORE_PORTS && store_ports[i].port; i++) {
		if (store_ports[i].port != port)
			continue;
		if (!store_ports[i].address)
			return store_ports[i].store + 1;
		BPF_CORE_READ_INTO(&v6, sk, __sk_common.skc_v6_daddr);
		address = tcp_address(BPF_CORE_READ(sk, __sk_common.skc_daddr), &v6,
				      BPF_CORE_READ(sk, __sk_common.skc_family));
		if (store_ports[i].address == address)
			return store_ports[i].store + 1;
	}
	return 0;
}

static __always_inline bool is_unix(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX;
}

static __always_inline int unix_store(const struct watched_filter *filter, struct sock *sk)
{
	struct path *server = unix_server_path(sk);
	struct watched *store;

	if (!server)
		return 0;
	store = store_of_inode(filter, BPF_CORE_READ(server, dentry, d_inode));
	return store ? store->id + 1 : 0;
}

__hidden void reads_socket(struct sock *sk, __u64 bytes)
{
	struct watched_filter *filter = watched_filter_get();
	int store = 0;

	if (!filter)
		return;
	if (is_unix(sk))
		store = filter->has_sockets ? unix_store(filter, sk) : 0;
	else if (store_ports[0].port && is_tcp_socket(sk))
		store = inet_store(sk);
	if (store)
		credentials_received(store - 1, 0, bytes);
}

/* A server that was started anew listens on a socket of its own: the walk knows it by its name. */
__hidden void reads_connected(struct sock *sk)
{
	struct watched_filter *filter = watched_filter_get();
	struct path *server;
	int store = 0;

	if (!filter)
		return;
	if (!is_unix(sk)) {
		store = store_ports[0].port && is_tcp_socket(sk) ? inet_store(sk) : 0;
	} else if (filter->has_sockets) {
		server = unix_server_path(sk);
		store = server ? walk_to_store(server) : 0;
	}
	if (store)
		credentials_received(store - 1, 1, 0);
}

/* ---- Files ---- */

/* A file of any kind, as a descriptor leads to it. */
__hidden void reads_file(struct file *file, __u64 bytes)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct watched_filter *filter = watched_filter_get();
	struct watched *store;

	if (!filter)
		return;
	store = store_of_inode(filter, inode);
	if (!store && may_lie_in_folder(filter, inode))
		store = store_above(&file->f_path);
	if (store)
		credentials_read(store, bytes);
	else if ((filter->has_sockets || store_ports[0].port) &&
		 (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFSOCK)
		reads_socket(sock_of_file(file), bytes);
}

/* What is mapped, or asked for without waiting for it, counts as read as far as the file goes. */
__hidden void reads_range(struct file *file, __u64 offset, __u64 bytes)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct watched *store = store_of_path(&file->f_path, inode);
	__u64 size;

	if (!store)
		return;
	size = BPF_CORE_READ(inode, i_size);
	if (offset >= size)
		return;
	credentials_read(store, bytes < size - offset ? bytes : size - offset);
}
