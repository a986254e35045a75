/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `syscall` mechanism: workers at the exit of system calls, where every kernel since 6.1 lets
 * one attach.
 */
#include "lib/arch.bpf.h"
#include "lib/send_cursor.bpf.h"
#include "lib/fd_target.bpf.h"

static __always_inline void send_one_buffer(struct cursor *cursor, struct pt_regs *regs)
{
	cursor->base = CALL_ARG1(regs);
	cursor->base_left = cursor->left;
}

static __always_inline void send_segments(struct cursor *cursor, __u64 segment, __u64 segments)
{
	cursor->segment = segment;
	cursor->segments_left = segments;
}

static __always_inline void send_message(struct cursor *cursor, __u64 message)
{
	struct user_msghdr_prefix header = {};

	if (bpf_probe_read_user(&header, sizeof(header), (void *)message))
		return;
	send_segments(cursor, header.iov, header.iov_count);
}

static __always_inline void syscall_on_socket_send(struct cursor *cursor, struct sock *sk,
						   bool is_client)
{
	if (!is_client) {
		if (syscall_auth)
			auth_send(cursor, (__u64)sk);
		return;
	}
	/* a question to a name server is no answer to a client */
	if (syscall_session && is_stream(sk))
		session_send(sk, cursor->left);
	if (syscall_auth && auth_ports[0] && is_tcp_socket(sk))
		auth_send(cursor, (__u64)sk);
}

/* A send went out; cursor describes its bytes, or none when they never were in the sender's memory. */
static __noinline void syscall_on_send(enum fd_target target, __u64 address, struct cursor *cursor)
{
	if (target == FD_TARGET_PIPE && syscall_session)
		dovecot_session_write(cursor);
	if (target == FD_TARGET_FILE && syscall_session)
		cyrus_session_write(cursor, (struct file *)address);
	if (target != FD_TARGET_CLIENT && target != FD_TARGET_SERVER)
		return;
	if (target == FD_TARGET_SERVER && syscall_session)
		dovecot_session_claim(cursor);
	syscall_on_socket_send(cursor, (struct sock *)address, target == FD_TARGET_CLIENT);
}

/* A peer has gone: nothing more will be said on that connection. */
static __always_inline void syscall_on_end_of_stream(__u32 fd)
{
	__u64 address = 0;
	enum fd_target target = fd_target_find(fd, &address);
	struct sock *sk = (struct sock *)address;

	if ((target == FD_TARGET_CLIENT || target == FD_TARGET_SERVER) &&
	    BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX)
		auth_end_unix(sk);
}

/* a descriptor opened with O_PATH cannot be read; to read it, it must be opened again */
static __always_inline bool is_open_to_read(__u32 mode, __u16 type)
{
	return (mode & FMODE_READ) && !(mode & FMODE_PATH) && (type & S_IFMT) == S_IFREG;
}

static __always_inline void syscall_on_open(const struct task_struct *task, __u32 fd)
{
	struct file *file = fast_path_file(task, fd);

	if (file && (!is_open_to_read(file->f_mode, file->f_inode->i_mode) ||
		     !fast_path_concerns_open(file)))
		return;
	file = file_of_fd(fd);
	if (file && is_open_to_read(BPF_CORE_READ(file, f_mode), file_mode(file)))
		files_open(file);
}

/* ---- Bytes that came out of a file or socket ---- */

static __noinline void syscall_on_read(__u32 fd, __u64 bytes)
{
	struct file *file = file_of_fd(fd);

	if (file && syscall_files)
		reads_file(file, bytes);
}

static __noinline void syscall_on_map(__u32 fd, __u64 offset, __u64 bytes)
{
	struct file *file = file_of_fd(fd);

	if (file)
		reads_range(file, offset, bytes);
}

static __noinline void syscall_on_connect(__u32 fd)
{
	struct file *file = file_of_fd(fd);

	if (file && (file_mode(file) & S_IFMT) == S_IFSOCK)
		reads_connected(sock_of_file(file));
}

/* The client wants the body of a message, or the server has to look through it. */
static __noinline void syscall_on_advice(__u32 fd)
{
	struct file *file = file_of_fd(fd);

	if (file)
		mailbox_advise(file);
}

/* Each message of sendmmsg(2) says itself how much of it was sent. */
#define MESSAGES_LIMIT 64
struct user_mmsghdr {
	struct user_msghdr_prefix header;
	__u64 control, control_bytes;
	__u32 flags, reserved;
	__u32 sent, reserved2;
};

struct messages {
	__u64 first;
	__u64 sk;
	bool is_client;
};

/* Known to the linker, not static: what is verified by itself, once, and not again for each number of
 * times that the loop may call it (7.2: 509,988 instructions with the loop's callback in its place).
 * Nothing claims a session in several messages at once. */
int syscall_on_message(__u64 at, __u64 sk, __u32 is_client);
int syscall_on_message(__u64 at, __u64 sk, __u32 is_client)
{
	struct user_mmsghdr message = {};
	struct cursor cursor = {};

	if (bpf_probe_read_user(&message, sizeof(message), (void *)at))
		return 1;
	cursor.left = message.sent;
	send_segments(&cursor, message.header.iov, message.header.iov_count);
	syscall_on_socket_send(&cursor, (struct sock *)sk, is_client);
	return 0;
}

static long syscall_on_one_of_messages(__u32 i, struct messages *messages)
{
	return syscall_on_message(messages->first + i * sizeof(struct user_mmsghdr), messages->sk,
				  messages->is_client) != 0;
}

static __always_inline bool syscall_is_compat(void)
{
	return IS_COMPAT_CALL(bpf_get_current_task_btf());
}

SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_messages, struct pt_regs *regs, long count)
{
	struct messages messages = {.first = CALL_ARG1(regs)};
	enum fd_target target = fd_target_find(CALL_ARG0(regs), &messages.sk);

	if (syscall_is_compat() || (target != FD_TARGET_CLIENT && target != FD_TARGET_SERVER))
		return PROGRAM_OK;
	messages.is_client = target == FD_TARGET_CLIENT;
	bpf_loop(count < MESSAGES_LIMIT ? count : MESSAGES_LIMIT, syscall_on_one_of_messages,
		 &messages, 0);
	if (count > MESSAGES_LIMIT)
		count_loss(LOST_SEND_TOO_LONG, count - MESSAGES_LIMIT);
	return PROGRAM_OK;
}

/* fd is where the bytes went; which argument says so differs. */
SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_send, struct pt_regs *regs, long ret)
{
	struct cursor cursor = {.left = ret};
	__u32 fd = CALL_ARG0(regs);
	__u64 address = 0;
	enum fd_target target;

	if (syscall_is_compat())
		return PROGRAM_OK;
	switch (CALL_NUMBER(regs)) {
	case CALL_WRITE:
	case CALL_SENDTO: send_one_buffer(&cursor, regs); break;
	case CALL_WRITEV:
	case CALL_PWRITEV2: send_segments(&cursor, CALL_ARG1(regs), CALL_ARG2(regs)); break;
	case CALL_SENDMSG: send_message(&cursor, CALL_ARG1(regs)); break;
	case CALL_SENDFILE: syscall_on_read(CALL_ARG1(regs), ret); break;
	case CALL_SPLICE:
		syscall_on_read(CALL_ARG0(regs), ret);
		fd = CALL_ARG2(regs);
		break;
	}
	target = fd_target_find(fd, &address);
	if (target != FD_TARGET_OTHER)
		syscall_on_send(target, address, &cursor);
	return PROGRAM_OK;
}

SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_end, struct pt_regs *regs, long ret)
{
	if (!syscall_is_compat())
		syscall_on_end_of_stream(CALL_ARG0(regs));
	return PROGRAM_OK;
}

/* The file that was opened is the same whichever table the number is of. */
static __always_inline bool is_open_call(long number, bool compat)
{
	switch (number) {
	case CALL_OPENAT2: return true;
	case CALL_OPEN:
	case CALL_CREAT:
	case CALL_OPENAT:
	case CALL_OPEN_BY_HANDLE_AT: return !compat;
	case COMPAT_CALL_OPEN:
	case COMPAT_CALL_CREAT:
	case COMPAT_CALL_OPENAT:
	case COMPAT_CALL_OPEN_BY_HANDLE_AT: return compat;
	default: return false;
	}
}

/* Whoever listens is handed files that others open, unless he asked for their handles instead: then
 * he has to open them. include/uapi/linux/fanotify.h: FAN_REPORT_FID, _DIR_FID, _MNT. */
#define LISTENS_WITHOUT_FILES (0x200 | 0x400 | 0x4000)

/* Calls that open nothing, but come the same way. */
static __always_inline void syscall_on_other_call(struct pt_regs *regs)
{
	long number = CALL_NUMBER(regs);

	if (number == CALL_FADVISE64 &&
	    is_advice_for_all(CALL_ARG1(regs), CALL_ARG2(regs), CALL_ARG3(regs)))
		syscall_on_advice(CALL_ARG0(regs));
	if (number == CALL_FANOTIFY_INIT && !(CALL_ARG0(regs) & LISTENS_WITHOUT_FILES))
		count_loss(LOST_LISTENER_UNSEEN, 1);
}

SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_open, struct pt_regs *regs, long ret)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	bool compat = IS_COMPAT_CALL(task);

	if (is_open_call(CALL_NUMBER(regs), compat))
		syscall_on_open(task, ret);
	else if (!compat)
		syscall_on_other_call(regs);
	return PROGRAM_OK;
}

#define NO_FD (~0U)

/* Where the bytes came from; which argument says so differs. What is only looked at stays there. */
static __always_inline __u32 fd_of_read(struct pt_regs *regs)
{
	switch (CALL_NUMBER(regs)) {
	case CALL_RECVFROM: return CALL_ARG3(regs) & MSG_PEEK ? NO_FD : CALL_ARG0(regs);
	case CALL_RECVMSG: return CALL_ARG2(regs) & MSG_PEEK ? NO_FD : CALL_ARG0(regs);
	case CALL_MMAP: return CALL_ARG4(regs);
	default: return CALL_ARG0(regs);
	}
}

static __always_inline void syscall_on_bytes_read(struct pt_regs *regs, __u32 fd, long ret)
{
	if (CALL_NUMBER(regs) == CALL_MMAP)
		syscall_on_map(fd, CALL_ARG5(regs), CALL_ARG1(regs));
	else
		syscall_on_read(fd, ret);
}

/* mmap2(2) counts the offset in units of 4096 bytes on all machines. */
#define MMAP2_SHIFT 12

/* The hook may have taken the number for one of the other table. */
static __always_inline void syscall_on_compat_bytes_read(struct pt_regs *regs, long ret)
{
	switch (CALL_NUMBER(regs)) {
	case COMPAT_CALL_SENDFILE:
	case COMPAT_CALL_SENDFILE64: syscall_on_read(COMPAT_ARG1(regs), ret); break;
	case COMPAT_CALL_MMAP2:
		if (!(COMPAT_ARG3(regs) & MAP_ANONYMOUS))
			syscall_on_map(COMPAT_ARG4(regs), (__u64)COMPAT_ARG5(regs) << MMAP2_SHIFT,
				       COMPAT_ARG1(regs));
		break;
	case COMPAT_CALL_MREMAP:
		reads_remapped((__u32)ret, COMPAT_ARG1(regs), COMPAT_ARG2(regs));
		break;
	case COMPAT_CALL_READ:
	case COMPAT_CALL_READV:
	case COMPAT_CALL_PREAD64:
	case COMPAT_CALL_PREADV:
	case COMPAT_CALL_PREADV2:
	case COMPAT_CALL_SPLICE:
	case COMPAT_CALL_COPY_FILE_RANGE: syscall_on_read(COMPAT_ARG0(regs), ret); break;
	}
}

SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_read, struct pt_regs *regs, long ret)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	struct file *file;
	__u32 fd;

	if (IS_COMPAT_CALL(task)) {
		syscall_on_compat_bytes_read(regs, ret);
		return PROGRAM_OK;
	}
	if (CALL_NUMBER(regs) == CALL_MREMAP) {
		reads_remapped(ret, CALL_ARG1(regs), CALL_ARG2(regs));
		return PROGRAM_OK;
	}
	fd = fd_of_read(regs);
	file = fast_path_file(task, fd);
	if (!file || fast_path_concerns_read(file->f_inode))
		syscall_on_bytes_read(regs, fd, ret);
	return PROGRAM_OK;
}

SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_connect, struct pt_regs *regs, long ret)
{
	if (!syscall_is_compat())
		syscall_on_connect(CALL_ARG0(regs));
	return PROGRAM_OK;
}

/* socketcall(2) has its arguments in memory; receiving on an auth socket is none of our business. */
#define SOCKETCALL_SEND 9
#define SOCKETCALL_SENDTO 11
#define SOCKETCALL_SENDMSG 16
#define SOCKETCALL_SENDMMSG 20

static __always_inline bool socketcall_sends(__u32 call)
{
	return call == SOCKETCALL_SEND || call == SOCKETCALL_SENDTO || call == SOCKETCALL_SENDMSG ||
	       call == SOCKETCALL_SENDMMSG;
}

/* The bytes of a 32-bit program are not decoded: segments have another shape there. What is lost
 * by that is counted. */
SEC("?tp_btf/sys_exit")
int BPF_WORKER(wax_sys_compat, struct pt_regs *regs, long ret)
{
	__u32 fd = COMPAT_ARG0(regs);
	__u64 sk = 0;

	if (CALL_NUMBER(regs) == COMPAT_CALL_SOCKETCALL &&
	    (!socketcall_sends(fd) ||
	     bpf_probe_read_user(&fd, sizeof(fd), (void *)(__u64)COMPAT_ARG1(regs))))
		return PROGRAM_OK;
	if (fd_target_find(fd, &sk) == FD_TARGET_SERVER)
		auth_miss((struct sock *)sk);
	return PROGRAM_OK;
}
