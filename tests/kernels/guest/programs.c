/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the id and the name of every BPF program that the kernel holds. */
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

int main(void)
{
	__u32 id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		struct bpf_prog_info program = {0};
		__u32 size = sizeof(program);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &program, &size) == 0)
			printf("%u %s\n", id, program.name[0] ? program.name : "-");
		close(fd);
	}
	return 0;
}
