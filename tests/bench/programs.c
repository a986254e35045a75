/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints for each program id given: id, name, verified instructions, translated bytes, runs,
 * nanoseconds (the last two are counted while kernel.bpf_stats_enabled is 1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

static int programs_print(__u32 id)
{
	struct bpf_prog_info program = {0};
	__u32 size = sizeof(program);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &program, &size) == 0)
		printf("%u %s %u %u %llu %llu\n", id, program.name[0] ? program.name : "-",
		       program.verified_insns, program.xlated_prog_len,
		       (unsigned long long)program.run_cnt,
		       (unsigned long long)program.run_time_ns);
	return close(fd);
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed += programs_print((__u32)strtoul(argv[i], NULL, 10)) < 0;
	return failed ? 1 : 0;
}
