/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between architectures at sys_exit: where a system call's number and arguments lie,
 * the numbers themselves, and how a 32-bit task is told.
 *
 * At exit the arguments are still in the registers. On arm64 x0 holds the result by then, so the
 * first argument comes from orig_x0.
 */
#ifndef WAX_ARCH_BPF_H
#define WAX_ARCH_BPF_H

#include "vmlinux.h"

#if defined(__TARGET_ARCH_x86)

#define CALL_NUMBER(regs) ((regs)->orig_ax)
#define CALL_ARG0(regs) ((regs)->di)
#define CALL_ARG1(regs) ((regs)->si)
#define CALL_ARG2(regs) ((regs)->dx)

enum call {
	CALL_READ = 0,
	CALL_WRITE = 1,
	CALL_OPEN = 2,
	CALL_READV = 19,
	CALL_WRITEV = 20,
	CALL_SENDFILE = 40,
	CALL_SENDTO = 44,
	CALL_RECVFROM = 45,
	CALL_SENDMSG = 46,
	CALL_RECVMSG = 47,
	CALL_CREAT = 85,
	CALL_OPENAT = 257,
	CALL_SPLICE = 275,
	CALL_OPEN_BY_HANDLE_AT = 304,
	CALL_SENDMMSG = 307,
	CALL_PWRITEV2 = 328,
	CALL_OPENAT2 = 437,
};

/* The 32-bit table has other numbers; a file that was opened is the same whichever was used. */
enum compat_call {
	COMPAT_CALL_OPEN = 5,
	COMPAT_CALL_CREAT = 8,
	COMPAT_CALL_OPENAT = 295,
	COMPAT_CALL_OPEN_BY_HANDLE_AT = 342,
	/* openat2 has the same number in both tables */
};

/* TS_COMPAT, arch/x86/include/asm/thread_info.h: the call came through int 0x80 or sysenter, so
 * its number means another call: 20 is getpid there and writev here. */
#define IS_COMPAT_CALL(task) ((task)->thread_info.status & 0x0002)

#elif defined(__TARGET_ARCH_arm64)

#define CALL_NUMBER(regs) ((regs)->syscallno)
#define CALL_ARG0(regs) ((regs)->orig_x0)
#define CALL_ARG1(regs) ((regs)->regs[1])
#define CALL_ARG2(regs) ((regs)->regs[2])

enum call {
	CALL_OPENAT = 56,
	CALL_READ = 63,
	CALL_WRITE = 64,
	CALL_READV = 65,
	CALL_WRITEV = 66,
	CALL_SENDFILE = 71,
	CALL_SPLICE = 76,
	CALL_SENDTO = 206,
	CALL_RECVFROM = 207,
	CALL_SENDMSG = 211,
	CALL_RECVMSG = 212,
	CALL_OPEN_BY_HANDLE_AT = 265,
	CALL_SENDMMSG = 269,
	CALL_PWRITEV2 = 287,
	CALL_OPENAT2 = 437,
	/* not on this architecture */
	CALL_OPEN = -1,
	CALL_CREAT = -2,
};

/* arm32's table, arch/arm/tools/syscall.tbl */
enum compat_call {
	COMPAT_CALL_OPEN = 5,
	COMPAT_CALL_CREAT = 8,
	COMPAT_CALL_OPENAT = 322,
	COMPAT_CALL_OPEN_BY_HANDLE_AT = 371,
};

/* TIF_32BIT, arch/arm64/include/asm/thread_info.h */
#define IS_COMPAT_CALL(task) ((task)->thread_info.flags & (1UL << 22))

#endif
#endif
