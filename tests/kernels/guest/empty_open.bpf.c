/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that a program can do at the function that every open ends in: the price of the hook
 * itself, against which the sensor's own work is to be read.
 */
__attribute__((section("fexit/security_file_open"), used)) int empty_open(void *context)
{
	(void)context;
	return 0;
}

char empty_license[] __attribute__((section("license"), used)) = "GPL";
