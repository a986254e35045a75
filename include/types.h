/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed-width types for code that is compiled for two worlds: into the BPF programs, where
 * vmlinux.h brings them, and into user space.
 */
#ifndef WAX_TYPES_H
#define WAX_TYPES_H

#ifdef __bpf__
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define static_assert _Static_assert
#define offsetof(type, member) __builtin_offsetof(type, member)
#include "vmlinux.h"
#else
#include <assert.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#endif
