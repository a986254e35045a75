/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel types and fields the programs read, by hand, and nothing else: what Waxseal depends
 * on in the kernel is visible on this page. Offsets are found at load time (CO-RE), so order and
 * gaps do not matter; names and types do.
 */
#ifndef WAX_VMLINUX_H
#define WAX_VMLINUX_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;
typedef unsigned long size_t;
#define true 1
#define false 0
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r9, r8, r10;
	unsigned long bp;
	unsigned long bx, ax, cx, dx, si, di;
	unsigned long orig_ax;
};
struct thread_info {
	u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
};
struct thread_info {
	unsigned long flags;
};
#else
#error "no pt_regs for this architecture"
#endif

typedef struct {
	u32 val;
} kuid_t;

struct cred {
	kuid_t uid, euid;
};

struct pid_namespace {
	struct task_struct *child_reaper;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

/* numbers[0] is the number in the initial name space, numbers[level] that in the process's own. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct user_namespace {
	int level; /* 0: the initial one */
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
	struct user_namespace *s_user_ns; /* of whoever mounted it */
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct inode {
	u16 i_mode;
	kuid_t i_uid;
	unsigned int i_nlink;
	unsigned long i_ino;
	struct super_block *i_sb;
	s64 i_size;
	u32 i_generation;
	struct hlist_head i_dentry; /* its names that are in memory */
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	union {
		struct hlist_node d_alias;
	} d_u;
};
/* 7.2 took the name of the union away. */
struct dentry___since_7_2 {
	struct hlist_node d_alias;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	u32 f_mode;
	const struct cred *f_cred;
	void *private_data;
};

/* The real file below an overlay's. Until 6.7 its f_path was the overlay's own. */
struct backing_file {
	struct file file;
	struct path user_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
};

struct kernfs_node {
	const char *name;
	u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct mm_struct *mm;
	struct files_struct *files;
	const struct cred *cred;
	kuid_t loginuid; /* with CONFIG_AUDIT */
	struct css_set *cgroups;
	char comm[16];
};

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	volatile unsigned char skc_state;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	u16 sk_type;
	struct socket *sk_socket;
	const struct cred *sk_peer_cred;
	struct pid *sk_peer_pid;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct tcp_sock {
	u64 bytes_received;
	u64 bytes_acked;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sockaddr_un {
	u16 sun_family;
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path; /* of the listener, also in the sockets it accepts */
	struct sock *peer;
};

/* Where a send's bytes are. Field names and enumerators moved: `iov` became `__iov` in 6.4, and
 * ITER_UBUF is the last in 6.0 and the first from 6.4 on. */
enum iter_type {
	ITER_UBUF,
	ITER_IOVEC,
};

struct iov_iter {
	u8 iter_type;
	size_t iov_offset;
	void *ubuf;
	const struct iovec *__iov;
};

struct iov_iter___before_6_4 {
	const struct iovec *iov;
};

struct msghdr {
	struct iov_iter msg_iter;
};

struct kiocb {
	struct file *ki_filp;
	s64 ki_pos;
	void *ki_complete; /* NULL: the caller waits */
};

struct iomap_dio {
	struct kiocb *iocb;
	s64 size;
	unsigned int flags;
	int error;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

struct renamedata {
	struct dentry *old_dentry;
	struct dentry *new_dentry;
};

struct page;
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

/* User-space structures the programs read from a sender's memory. */
struct user_iovec {
	u64 base;
	u64 bytes;
};

struct user_msghdr_prefix {
	u64 name;
	u64 name_bytes; /* an int and padding */
	u64 iov;
	u64 iov_count;
};

#endif
