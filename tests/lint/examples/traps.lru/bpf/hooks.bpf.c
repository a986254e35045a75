/* SPDX-License-Identifier: GPL-2.0-or-later */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
} counts SEC(".maps");
