/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads and attaches every program of one object file, prints their ids on one line and keeps them
 * until its standard input ends.
 */
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int hold_attach(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info held = {0};
		__u32 size = sizeof(held);

		if (libbpf_get_error(bpf_program__attach(program)) ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &held, &size) < 0)
			return -1;
		printf("%u ", held.id);
	}
	printf("\n");
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	char byte;

	if (argc != 2) {
		fprintf(stderr, "usage: hold OBJECT\n");
		return 2;
	}
	object = bpf_object__open_file(argv[1], NULL);
	if (libbpf_get_error(object) || bpf_object__load(object) < 0 || hold_attach(object) < 0) {
		fprintf(stderr, "hold: %s does not load here\n", argv[1]);
		return 1;
	}
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0; /* the kernel lets go of links, programs and maps */
}
