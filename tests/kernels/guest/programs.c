/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the id and the name of every BPF program that the kernel holds; with --skipped, how often the
 * kernel left each out, if ever. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

int main(int argc, char **argv)
{
	bool skipped = argc > 1 && strcmp(argv[1], "--skipped") == 0;
	__u32 id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		struct bpf_prog_info program = {0};
		__u32 size = sizeof(program);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &program, &size) < 0)
			continue;
		if (!skipped)
			printf("%u %s\n", id, program.name[0] ? program.name : "-");
		else if (program.recursion_misses)
			printf("%s %llu\n", program.name, program.recursion_misses);
		close(fd);
	}
	return 0;
}
