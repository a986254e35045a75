/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs by the place where they lie; defined in program_place.bpf.c. */
#ifndef WAX_PROGRAM_PLACE_BPF_H
#define WAX_PROGRAM_PLACE_BPF_H

#include "lib/shared.bpf.h"

/* The current task has executed a program: one that lies where a listed one lay is that one. */
__hidden void program_place_follow(void);

#endif
