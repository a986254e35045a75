/* SPDX-License-Identifier: GPL-2.0-or-later */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
} scratch SEC(".maps");
