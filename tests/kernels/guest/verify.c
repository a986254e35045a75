/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the kernel's verifier about each program of an object apart, with every part of it switched
 * on: the daemon would do without a part that is refused. Prints one line for each:
 *
 *    program NAME accepted INSTRUCTIONS MILLISECONDS
 *    program NAME absent                               the function it hooks is not in this kernel
 *    program NAME refused WHY                          what the verifier said last
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define TEXT_BYTES (1 << 20)

static char refusal[512];

/* Read once: libbpf_find_vmlinux_btf_id() reads all of it again each time. */
static struct btf *kernel_types;

static bool is_reason(const char *line)
{
	return line[0] && !strstr(line, "-- END PROG") && strncmp(line, "processed ", 10) != 0;
}

/* A verifier's log is one long text; its reason is its last line before the summary. */
static int keep_refusal(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static char text[TEXT_BYTES];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	if (!strstr(text, "BEGIN PROG LOAD LOG"))
		return 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (is_reason(line))
			snprintf(refusal, sizeof(refusal), "%s", line);
	return 0;
}

static double milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool has_kernel(const char *name, enum bpf_attach_type type)
{
	char typed[128];

	/* as libbpf_find_vmlinux_btf_id(): by the type of the tracepoint, by the function of the iterator */
	snprintf(typed, sizeof(typed), "%s%s",
		 type == BPF_TRACE_RAW_TP ? "btf_trace_" : type == BPF_TRACE_ITER ? "bpf_iter_" : "", name);
	return btf__find_by_name_kind(kernel_types, typed,
				      type == BPF_TRACE_RAW_TP ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC) > 0;
}

/* Aims at the function that the program's section names; the name of the pipe's moved in 6.15. */
static bool find_target(struct bpf_program *program)
{
	enum bpf_attach_type type = bpf_program__expected_attach_type(program);
	const char *section = bpf_program__section_name(program);
	const char *slash = strchr(section, '/');
	const char *target = slash ? slash + 1 : "";
	char moved[64];

	if (!slash) /* run by hand, hooks nothing */
		return true;
	if (has_kernel(target, type))
		return true;
	snprintf(moved, sizeof(moved), "anon_%s", target);
	return has_kernel(moved, type) && bpf_program__set_attach_target(program, 0, moved) == 0;
}

static __u32 instructions_of(const struct bpf_program *program)
{
	struct bpf_prog_info found = {0};
	__u32 size = sizeof(found);

	return bpf_obj_get_info_by_fd(bpf_program__fd(program), &found, &size) == 0 ?
		       found.verified_insns : 0;
}

#define PLACEHOLDER_CAST 0x57415801 /* include/abi.h */

/* Sets a constant of the programs. */
static void set_constant(struct bpf_object *object, const char *name, bool value)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_type *section =
		btf__type_by_id(btf, (__u32)btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC));
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf_var_secinfo *place = btf_var_secinfos(section);
	size_t size;
	bool *constants = (bool *)bpf_map__initial_value(map, &size);

	for (int i = 0; i < btf_vlen(section); i++)
		if (strcmp(btf__str_by_offset(btf, btf__type_by_id(btf, place[i].type)->name_off),
			   name) == 0)
			constants[place[i].offset] = value;
}

/* As place_casts() in user/sensor/load.c. */
static void place_casts(struct bpf_object *object, struct bpf_program *program)
{
	struct bpf_insn *insns = (struct bpf_insn *)bpf_program__insns(program);
	int function = btf__find_by_name_kind(kernel_types, "bpf_rdonly_cast", BTF_KIND_FUNC);

	if (function <= 0)
		return;
	set_constant(object, "can_cast", true);
	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++)
		if (insns[i].code == (BPF_ALU64 | BPF_MOV | BPF_K) &&
		    insns[i].imm == PLACEHOLDER_CAST)
			insns[i] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL,
						     .src_reg = BPF_PSEUDO_KFUNC_CALL,
						     .imm = function};
}

#define FEW_ENTRIES 16

/*
 * The kernel makes all entries of a hash beforehand, for each program anew: that took most of the time.
 * The verifier looks at the sizes of keys and values, never at how many there may be.
 */
static void shrink_hashes(struct bpf_object *object)
{
	struct bpf_map *map = NULL;

	while ((map = bpf_object__next_map(object, map)))
		if (bpf_map__type(map) == BPF_MAP_TYPE_HASH && bpf_map__max_entries(map) > FEW_ENTRIES)
			(void)bpf_map__set_max_entries(map, FEW_ENTRIES);
}

static void load_alone(struct bpf_object *object, struct bpf_program *program)
{
	const char *name = bpf_program__name(program);
	double started;

	if (!find_target(program)) {
		printf("program %s absent\n", name);
		return;
	}
	bpf_program__set_autoload(program, true);
	place_casts(object, program);
	shrink_hashes(object);
	refusal[0] = '\0';
	started = milliseconds_now();
	if (bpf_object__load(object) < 0)
		printf("program %s refused %s\n", name, refusal[0] ? refusal : strerror(errno));
	else
		printf("program %s accepted %u %.0f\n", name, instructions_of(program),
		       milliseconds_now() - started);
}

/* Returns false when there is no program of that number. */
static bool verify(const char *path, int number)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program = NULL, *chosen = NULL;
	int i = 0;

	if (!object) {
		fprintf(stderr, "verify: cannot open %s\n", path);
		exit(1);
	}
	while ((program = bpf_object__next_program(object, program))) {
		bpf_program__set_autoload(program, false);
		if (i++ == number)
			chosen = program;
	}
	if (chosen)
		load_alone(object, chosen);
	bpf_object__close(object);
	return chosen;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: verify OBJECT\n");
		return 2;
	}
	libbpf_set_print(keep_refusal);
	kernel_types = btf__load_vmlinux_btf();
	if (!kernel_types) {
		fprintf(stderr, "verify: the kernel says nothing of its types\n");
		return 1;
	}
	for (int i = 0; verify(argv[1], i); i++)
		;
	return 0;
}
