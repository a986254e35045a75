/* SPDX-License-Identifier: GPL-2.0-or-later */
static long read_name(char *name, const char *from)
{
	return bpf_probe_read_kernel_str(name, 16, from);
}
