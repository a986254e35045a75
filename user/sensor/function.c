/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes by attaching; names of kernel functions differ from version to version. */
#include "sensor/function.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "base/mem.h"

/* Some megabytes that take a while to read, and the probes ask for dozens of names. */
static struct btf *kernel_types;

void function_forget_types(void)
{
	btf__free(kernel_types);
	kernel_types = NULL;
}

/* What libbpf_find_vmlinux_btf_id() answers, which reads all types anew for each name. */
int function_find_type(const char *target, enum bpf_attach_type type)
{
	const char *prefix = type == BPF_TRACE_RAW_TP ? "btf_trace_"
			     : type == BPF_TRACE_ITER ? "bpf_iter_"
						      : "";
	char name[128];

	if (!kernel_types)
		kernel_types = btf__load_vmlinux_btf();
	if (!kernel_types)
		return -errno;
	snprintf(name, sizeof(name), "%s%s", prefix, target);
	return btf__find_by_name_kind(kernel_types, name,
				      type == BPF_TRACE_RAW_TP ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC);
}

/* return 0; */
static const struct bpf_insn nothing[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

bool function_can_attach(const char *target, enum bpf_attach_type type)
{
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = type);
	_cleanup_close_ int program = -1;
	_cleanup_close_ int link = -1;
	int id = function_find_type(target, type);

	if (id < 0)
		return false;
	options.attach_btf_id = id;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "wax_probe", "GPL", nothing,
				ARRAY_LENGTH(nothing), &options);
	if (program < 0)
		return false;
	if (type == BPF_TRACE_ITER)
		return true;
	link = bpf_raw_tracepoint_open(NULL, program);
	return link >= 0;
}

bool function_exists(const char *target)
{
	return function_find_type(target, BPF_TRACE_FEXIT) > 0 ||
	       function_find_type(target, BPF_TRACE_RAW_TP) > 0;
}

bool function_can_watch_auth(void)
{
	return function_can_attach("unix_stream_sendmsg", BPF_TRACE_FEXIT) &&
	       function_can_attach("unix_release", BPF_TRACE_FENTRY) &&
	       function_can_attach("tcp_sendmsg", BPF_TRACE_FEXIT);
}

/* Where sendpage still exists, sendfile(2) goes through it and nowhere else. */
static bool can_watch_pages(void)
{
	return (!function_exists("unix_stream_sendpage") ||
		function_can_attach("unix_stream_sendpage", BPF_TRACE_FEXIT)) &&
	       (!function_exists("tcp_sendpage") ||
		function_can_attach("tcp_sendpage", BPF_TRACE_FEXIT));
}

bool function_can_watch_session(bool with_status)
{
	return (!with_status || function_can_attach("vfs_write", BPF_TRACE_FEXIT)) &&
	       function_can_attach("unix_stream_sendmsg", BPF_TRACE_FEXIT) &&
	       function_can_attach("tcp_sendmsg", BPF_TRACE_FEXIT) && function_pipe_write() &&
	       can_watch_pages();
}

bool function_can_watch_files(void)
{
	static const char *const needed[] = {"security_file_open", "filemap_read",
					     "vm_mmap_pgoff",	   "unix_stream_recvmsg",
					     "inet_recvmsg",	   "unix_stream_connect",
					     "inet_stream_connect", "vfs_rename"};
	static const char *const where_they_exist[] = {
		"shmem_file_read_iter", "filemap_splice_read", "shmem_file_splice_read",
		"inet6_recvmsg", "iomap_dio_complete", FUNCTION_REMAP};

	for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
		if (!function_can_attach(needed[i], BPF_TRACE_FEXIT))
			return false;
	for (size_t i = 0; i < ARRAY_LENGTH(where_they_exist); i++)
		if (function_exists(where_they_exist[i]) &&
		    !function_can_attach(where_they_exist[i], BPF_TRACE_FEXIT))
			return false;
	return true;
}

const char *function_pipe_write(void)
{
	/* fs/pipe.c: pipe_write was divided into these in 6.15 */
	static const char *const names[] = {"pipe_write", "anon_pipe_write"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (function_can_attach(names[i], BPF_TRACE_FEXIT))
			return names[i];
	return NULL;
}
