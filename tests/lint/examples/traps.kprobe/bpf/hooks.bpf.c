/* SPDX-License-Identifier: GPL-2.0-or-later */
SEC("?kprobe/do_filp_open") int wax_open(void *ctx)
{
	return 0;
}
