/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `function` mechanism: programs at the exit of the kernel functions that every access path to a
 * socket, a pipe or a file ends in, io_uring's included. System calls that end in none of them pay
 * nothing.
 *
 * At exit of a send the iterator has advanced over exactly the bytes that were taken, so the
 * first of them is found by going back.
 */
#include "lib/arch.bpf.h"
#include "lib/fast_path.bpf.h"
#include "lib/send_cursor.bpf.h"

/* Since 6.5 the real file below an overlay's: include/linux/fs.h. */
#define FMODE_BACKING (1 << 25)

/* More than this open(2) never sets and struct file of an overlay's real file always has:
 * include/linux/fs.h FMODE_NOACCOUNT. The open of the overlay's own file is the one to count. */
#define FMODE_NOACCOUNT (1 << 29)

#define SEGMENTS_LIMIT 1024 /* UIO_MAXIOV */

struct back {
	const struct user_iovec *segment; /* kernel memory */
	__u64 offset;			  /* bytes of it that were taken */
	__u64 left;			  /* bytes still to go back */
	__u32 segments;			  /* gone back over */
};

static long step_back(__u32 i, struct back *back)
{
	struct user_iovec before = {};

	if (back->left <= back->offset)
		return 1;
	back->left -= back->offset;
	back->segment--;
	bpf_probe_read_kernel(&before, sizeof(before), back->segment);
	back->offset = before.bytes;
	back->segments = i + 1;
	return 0;
}

static __always_inline const struct user_iovec *iter_segment(struct iov_iter *iter)
{
	struct iov_iter___before_6_4 *former = (void *)iter;

	if (bpf_core_field_exists(iter->__iov))
		return (const void *)BPF_CORE_READ(iter, __iov);
	return (const void *)BPF_CORE_READ(former, iov);
}

/* Points the cursor at the bytes an iterator has passed. */
static __noinline void cursor_from_segments(struct cursor *cursor, struct iov_iter *iter, __u64 sent)
{
	struct back back = {.segment = iter_segment(iter),
			    .offset = BPF_CORE_READ(iter, iov_offset),
			    .left = sent};
	struct user_iovec first = {};

	bpf_loop(SEGMENTS_LIMIT, step_back, &back, 0);
	if (bpf_probe_read_kernel(&first, sizeof(first), back.segment))
		return;
	cursor->base = first.base + back.offset - back.left;
	cursor->base_left = back.left;
	cursor->segment = (__u64)(back.segment + 1);
	cursor->segments_left = back.segments;
	cursor->segments_copied = 1;
}

/* Pages of sendfile(2) and splice(2) were never in the sender's memory: no bytes to look at. */
static __always_inline void cursor_from_iter(struct cursor *cursor, struct iov_iter *iter,
					     __u64 sent)
{
	__u8 type = BPF_CORE_READ(iter, iter_type);

	cursor->left = sent;
	if (type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
		cursor->base = (__u64)BPF_CORE_READ(iter, ubuf) + BPF_CORE_READ(iter, iov_offset) -
			       sent;
		cursor->base_left = sent;
	} else if (type == bpf_core_enum_value(enum iter_type, ITER_IOVEC)) {
		cursor_from_segments(cursor, iter, sent);
	}
}

SEC("?fexit/unix_stream_sendmsg")
int BPF_WORKER(wax_unix_send_w, struct socket *socket, struct msghdr *message, size_t len, int ret)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);
	struct cursor cursor = {};

	if (ret <= 0)
		return PROGRAM_OK;
	if (is_client_socket(sk)) {
		if (function_session)
			session_send(sk, ret);
		return PROGRAM_OK;
	}
	cursor_from_iter(&cursor, &message->msg_iter, ret);
	if (function_session)
		dovecot_session_claim(&cursor);
	if (function_auth)
		auth_send(&cursor, (__u64)sk);
	return PROGRAM_OK;
}

SEC("?fentry/unix_release")
int BPF_WORKER(wax_unix_end_w, struct socket *socket)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (sk)
		auth_end_unix(sk);
	return PROGRAM_OK;
}

SEC("?fexit/tcp_sendmsg")
int BPF_WORKER(wax_tcp_send_w, struct sock *sk, struct msghdr *message, size_t len, int ret)
{
	struct cursor cursor = {};

	if (ret <= 0)
		return PROGRAM_OK;
	if (function_session)
		session_send(sk, ret);
	if (function_auth && auth_ports[0]) {
		cursor_from_iter(&cursor, &message->msg_iter, ret);
		auth_send(&cursor, (__u64)sk);
	}
	return PROGRAM_OK;
}

/* Before 6.5 sendfile(2) did not pass sendmsg: commit dc97391e6610 ("sock: Remove ->sendpage*() in
 * favour of sendmsg(MSG_SPLICE_PAGES)"). */
SEC("?fexit/unix_stream_sendpage")
int BPF_WORKER(wax_unix_page_w, struct socket *socket, struct page *page, int offset, size_t size,
	     int flags, long ret)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (ret > 0 && is_client_socket(sk))
		session_send(sk, ret);
	return PROGRAM_OK;
}

SEC("?fexit/tcp_sendpage")
int BPF_WORKER(wax_tcp_page_w, struct sock *sk, struct page *page, int offset, size_t size, int flags,
	     int ret)
{
	if (ret > 0)
		session_send(sk, ret);
	return PROGRAM_OK;
}

/* anon_pipe_write from 6.15 on; the loader knows which. */
SEC("?fexit/pipe_write")
int BPF_WORKER(wax_pipe_w, struct kiocb *call, struct iov_iter *from, long ret)
{
	struct cursor cursor = {};

	if (ret <= 0)
		return PROGRAM_OK;
	cursor_from_iter(&cursor, from, ret);
	dovecot_session_write(&cursor);
	return PROGRAM_OK;
}

/* write(2) and the like, to whatever. */
SEC("?fexit/vfs_write")
int BPF_WORKER(wax_file_write_w, struct file *file, const char *buffer, size_t count, void *position,
	     long ret)
{
	struct cursor cursor = {.left = ret, .base = (__u64)buffer, .base_left = ret};

	if (ret > 0 && (file->f_inode->i_mode & S_IFMT) == S_IFREG)
		cyrus_session_write(&cursor, file);
	return PROGRAM_OK;
}

SEC("?fexit/security_file_open")
int BPF_WORKER(wax_file_open_w, struct file *file, int ret)
{
	__u32 mode = file->f_mode;

	if (ret == 0 && (mode & FMODE_READ) && !(mode & FMODE_NOACCOUNT) &&
	    (file->f_inode->i_mode & S_IFMT) == S_IFREG && fast_path_concerns_open(file))
		files_open(file);
	return PROGRAM_OK;
}

/* ---- Bytes that came out of a file or socket ---- */

/* The file as it was opened: what an overlay reads is a file of its own below. */
static __always_inline struct path *opened_path(struct file *file)
{
	struct backing_file *backing = (void *)file;

	if (bpf_core_field_exists(backing->user_path) &&
	    (BPF_CORE_READ(file, f_mode) & FMODE_BACKING))
		return &backing->user_path;
	return &file->f_path;
}

static __always_inline void function_on_read(struct file *file, long bytes)
{
	if (bytes > 0 && ((file->f_mode & FMODE_BACKING) ||
			  fast_path_concerns_read(file->f_path.dentry->d_inode)))
		reads_path(opened_path(file), bytes);
}

/* Pages of a file system that has them in memory: read, readv, pread, io_uring, sendfile before 6.5.
 * Bytes that an earlier attempt of the same call read directly are in already_read. */
SEC("?fexit/filemap_read")
int BPF_WORKER(wax_file_read_w, struct kiocb *call, struct iov_iter *to, long already_read, long ret)
{
	function_on_read(call->ki_filp, ret - already_read);
	return PROGRAM_OK;
}

SEC("?fexit/shmem_file_read_iter")
int BPF_WORKER(wax_shmem_read_w, struct kiocb *call, struct iov_iter *to, long ret)
{
	function_on_read(call->ki_filp, ret);
	return PROGRAM_OK;
}

SEC("?fexit/filemap_splice_read")
int BPF_WORKER(wax_file_splice_w, struct file *file, void *position, void *pipe, size_t len,
	     unsigned int flags, long ret)
{
	function_on_read(file, ret);
	return PROGRAM_OK;
}

SEC("?fexit/shmem_file_splice_read")
int BPF_WORKER(wax_shmem_splice_w, struct file *file, void *position, void *pipe, size_t len,
	     unsigned int flags, long ret)
{
	function_on_read(file, ret);
	return PROGRAM_OK;
}

SEC("?fexit/vm_mmap_pgoff")
int BPF_WORKER(wax_file_map_w, struct file *file, unsigned long address, unsigned long bytes,
	     unsigned long protection, unsigned long flags, unsigned long page, long ret)
{
	if (file && (ret > 0 || ret < -ERRNO_LIMIT) && fast_path_concerns_read(file->f_inode))
		reads_range(file, page << PAGE_SHIFT_LEAST, bytes);
	return PROGRAM_OK;
}

static __always_inline void function_on_received(struct socket *socket, int flags, int ret)
{
	if (ret > 0 && !(flags & MSG_PEEK) && fast_path_concerns_sockets(watched_filter_get()))
		reads_socket(BPF_CORE_READ(socket, sk), ret);
}

SEC("?fexit/unix_stream_recvmsg")
int BPF_WORKER(wax_unix_recv_w, struct socket *socket, struct msghdr *message, size_t size, int flags,
	     int ret)
{
	function_on_received(socket, flags, ret);
	return PROGRAM_OK;
}

SEC("?fexit/inet_recvmsg")
int BPF_WORKER(wax_inet_recv_w, struct socket *socket, struct msghdr *message, size_t size, int flags,
	     int ret)
{
	function_on_received(socket, flags, ret);
	return PROGRAM_OK;
}

SEC("?fexit/inet6_recvmsg")
int BPF_WORKER(wax_inet6_recv_w, struct socket *socket, struct msghdr *message, size_t size, int flags,
	     int ret)
{
	function_on_received(socket, flags, ret);
	return PROGRAM_OK;
}

static __always_inline void function_on_connected(struct socket *socket, int ret)
{
	if (ret == 0 || ret == -EINPROGRESS)
		reads_connected(BPF_CORE_READ(socket, sk));
}

SEC("?fexit/unix_stream_connect")
int BPF_WORKER(wax_unix_conn_w, struct socket *socket, void *address, int bytes, int flags, int ret)
{
	function_on_connected(socket, ret);
	return PROGRAM_OK;
}

SEC("?fexit/inet_stream_connect")
int BPF_WORKER(wax_inet_conn_w, struct socket *socket, void *address, int bytes, int flags, int ret)
{
	function_on_connected(socket, ret);
	return PROGRAM_OK;
}

/* The entry of a system call, so the first argument is where it was put. */
SEC("?fentry/__x64_sys_fadvise64")
int BPF_WORKER(wax_advise_w, struct pt_regs *regs)
{
	struct file *file;

	if (!is_advice_for_all(CALL_ARG1(regs), CALL_ARG2(regs), CALL_ARG3(regs)))
		return PROGRAM_OK;
	file = file_of_fd(CALL_ARG0(regs));
	if (file)
		mailbox_advise(file);
	return PROGRAM_OK;
}
