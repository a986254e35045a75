/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between architectures at sys_exit: where a system call's number and arguments lie,
 * the numbers themselves, and how a 32-bit task is told.
 *
 * At exit the arguments are still in the registers. On arm64 x0 holds the result by then, so the
 * first argument comes from orig_x0.
 */
#ifndef WAX_BPF_HOOKS_ARCH_BPF_H
#define WAX_BPF_HOOKS_ARCH_BPF_H

#include "vmlinux.h"

/* Numbers below this are looked at. The last of them, which no call has, stand for calls that an
 * architecture has not. */
#define CALL_NUMBERS 512

#if defined(__TARGET_ARCH_x86)

#define CALL_NUMBER(regs) ((regs)->orig_ax)
#define CALL_ARG0(regs) ((regs)->di)
#define CALL_ARG1(regs) ((regs)->si)
#define CALL_ARG2(regs) ((regs)->dx)
#define CALL_ARG3(regs) ((regs)->r10)
#define CALL_ARG4(regs) ((regs)->r8)
#define CALL_ARG5(regs) ((regs)->r9)

enum call {
	CALL_READ = 0,
	CALL_WRITE = 1,
	CALL_OPEN = 2,
	CALL_MMAP = 9,
	CALL_PREAD64 = 17,
	CALL_MREMAP = 25,
	CALL_READV = 19,
	CALL_WRITEV = 20,
	CALL_SENDFILE = 40,
	CALL_CONNECT = 42,
	CALL_SENDTO = 44,
	CALL_RECVFROM = 45,
	CALL_SENDMSG = 46,
	CALL_RECVMSG = 47,
	CALL_CREAT = 85,
	CALL_IO_SUBMIT = 209,
	CALL_FADVISE64 = 221,
	CALL_OPENAT = 257,
	CALL_SPLICE = 275,
	CALL_OPEN_BY_HANDLE_AT = 304,
	CALL_PREADV = 295,
	CALL_FANOTIFY_INIT = 300,
	CALL_SENDMMSG = 307,
	CALL_COPY_FILE_RANGE = 326,
	CALL_PREADV2 = 327,
	CALL_PWRITEV2 = 328,
	CALL_OPENAT2 = 437,
};

/* The 32-bit table has other numbers; a file that was opened is the same whichever was used. */
enum compat_call {
	COMPAT_CALL_READ = 3,
	COMPAT_CALL_OPEN = 5,
	COMPAT_CALL_CREAT = 8,
	COMPAT_CALL_READV = 145,
	COMPAT_CALL_MREMAP = 163,
	COMPAT_CALL_PREAD64 = 180,
	COMPAT_CALL_SENDFILE = 187,
	COMPAT_CALL_MMAP2 = 192,
	COMPAT_CALL_SENDFILE64 = 239,
	COMPAT_CALL_OPENAT = 295,
	COMPAT_CALL_SPLICE = 313,
	COMPAT_CALL_PREADV = 333,
	COMPAT_CALL_OPEN_BY_HANDLE_AT = 342,
	COMPAT_CALL_COPY_FILE_RANGE = 377,
	COMPAT_CALL_PREADV2 = 378,
	COMPAT_CALL_WRITE = 4,
	COMPAT_CALL_SOCKETCALL = 102,
	COMPAT_CALL_WRITEV = 146,
	COMPAT_CALL_SENDMMSG = 345,
	COMPAT_CALL_SEND = CALL_NUMBERS - 1, /* by socketcall(2) only */
	COMPAT_CALL_SENDTO = 369,
	COMPAT_CALL_SENDMSG = 370,
	/* openat2 has the same number in both tables */
};

/* One number, two calls: case labels must differ. */
#define COMPAT_OPENAT_IS_PREADV 1

/* TS_COMPAT, arch/x86/include/asm/thread_info.h: the call came through int 0x80 or sysenter, so
 * its number means another call: 20 is getpid there and writev here. */
#define IS_COMPAT_CALL(task) ((task)->thread_info.status & 0x0002)
/* arguments of a 32-bit call: bx, cx, dx, si, di, bp */
#define COMPAT_ARG0(regs) ((__u32)(regs)->bx)
#define COMPAT_ARG1(regs) ((__u32)(regs)->cx)
#define COMPAT_ARG2(regs) ((__u32)(regs)->dx)
#define COMPAT_ARG3(regs) ((__u32)(regs)->si)
#define COMPAT_ARG4(regs) ((__u32)(regs)->di)
#define COMPAT_ARG5(regs) ((__u32)(regs)->bp)

#elif defined(__TARGET_ARCH_arm64)

#define CALL_NUMBER(regs) ((regs)->syscallno)
#define CALL_ARG0(regs) ((regs)->orig_x0)
#define CALL_ARG1(regs) ((regs)->regs[1])
#define CALL_ARG2(regs) ((regs)->regs[2])
#define CALL_ARG3(regs) ((regs)->regs[3])
#define CALL_ARG4(regs) ((regs)->regs[4])
#define CALL_ARG5(regs) ((regs)->regs[5])

enum call {
	CALL_IO_SUBMIT = 2,
	CALL_OPENAT = 56,
	CALL_READ = 63,
	CALL_WRITE = 64,
	CALL_READV = 65,
	CALL_WRITEV = 66,
	CALL_PREAD64 = 67,
	CALL_PREADV = 69,
	CALL_SENDFILE = 71,
	CALL_SPLICE = 76,
	CALL_CONNECT = 203,
	CALL_SENDTO = 206,
	CALL_RECVFROM = 207,
	CALL_SENDMSG = 211,
	CALL_RECVMSG = 212,
	CALL_MREMAP = 216,
	CALL_MMAP = 222,
	CALL_FADVISE64 = 223,
	CALL_FANOTIFY_INIT = 262,
	CALL_OPEN_BY_HANDLE_AT = 265,
	CALL_SENDMMSG = 269,
	CALL_COPY_FILE_RANGE = 285,
	CALL_PREADV2 = 286,
	CALL_PWRITEV2 = 287,
	CALL_OPENAT2 = 437,
	/* not on this architecture */
	CALL_OPEN = CALL_NUMBERS - 1,
	CALL_CREAT = CALL_NUMBERS - 2,
};

/* arm32's table, arch/arm/tools/syscall.tbl */
enum compat_call {
	COMPAT_CALL_READ = 3,
	COMPAT_CALL_OPEN = 5,
	COMPAT_CALL_CREAT = 8,
	COMPAT_CALL_READV = 145,
	COMPAT_CALL_MREMAP = 163,
	COMPAT_CALL_PREAD64 = 180,
	COMPAT_CALL_SENDFILE = 187,
	COMPAT_CALL_MMAP2 = 192,
	COMPAT_CALL_SENDFILE64 = 239,
	COMPAT_CALL_OPENAT = 322,
	COMPAT_CALL_SPLICE = 340,
	COMPAT_CALL_PREADV = 361,
	COMPAT_CALL_OPEN_BY_HANDLE_AT = 371,
	COMPAT_CALL_COPY_FILE_RANGE = 391,
	COMPAT_CALL_PREADV2 = 392,
	COMPAT_CALL_WRITE = 4,
	COMPAT_CALL_WRITEV = 146,
	COMPAT_CALL_SEND = 289,
	COMPAT_CALL_SENDTO = 290,
	COMPAT_CALL_SENDMSG = 296,
	COMPAT_CALL_SENDMMSG = 374,
	/* not on this architecture */
	COMPAT_CALL_SOCKETCALL = CALL_NUMBERS - 3,
};

#define COMPAT_OPENAT_IS_PREADV 0

/* TIF_32BIT, arch/arm64/include/asm/thread_info.h */
#define IS_COMPAT_CALL(task) ((task)->thread_info.flags & (1UL << 22))
#define COMPAT_ARG0(regs) ((__u32)(regs)->orig_x0)
#define COMPAT_ARG1(regs) ((__u32)(regs)->regs[1])
#define COMPAT_ARG2(regs) ((__u32)(regs)->regs[2])
#define COMPAT_ARG3(regs) ((__u32)(regs)->regs[3])
#define COMPAT_ARG4(regs) ((__u32)(regs)->regs[4])
#define COMPAT_ARG5(regs) ((__u32)(regs)->regs[5])

#endif
#endif
