/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel can do, found out by doing it: never by its version. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/mem.h"
#include "sensor/function.h"
#include "sensor/kernel.h"

static bool has_kernel_types(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static bool has_maps(void)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wax_probe", 4, 8, 1, NULL);

	return fd >= 0;
}

static bool has_ring_buffer(void)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "wax_probe", 0, 0, 65536, NULL);

	return fd >= 0;
}

static bool has_syscall_tracepoint(void)
{
	return function_can_attach("sys_exit", BPF_TRACE_RAW_TP);
}

static bool has_exec_tracepoint(void)
{
	return function_can_attach("sched_process_exec", BPF_TRACE_RAW_TP);
}

static bool has_file_iterator(void)
{
	return function_can_attach("task_file", BPF_TRACE_ITER);
}

static bool has_function_hooks(void)
{
	return function_can_watch_auth() && function_can_watch_session(/* with_status= */ false) &&
	       function_can_watch_files();
}

static const struct {
	const char *name, *needed_by, *lost_without;
	bool required;
	bool (*probe)(void);
} features[] = {
	{"kernel types (BTF)", "all sensors", "everything: the programs cannot be fitted to this kernel",
	 true, has_kernel_types},
	{"BPF maps", "all sensors", "everything: the daemon may not use bpf(2)", true, has_maps},
	{"system call tracepoint", "all sensors, mechanism syscall", "everything", true,
	 has_syscall_tracepoint},
	{"open file iterator", "mailbox, credentials, auth",
	 "what is watched cannot be learned; connections older than the sensor stay unseen", true,
	 has_file_iterator},
	{"exec tracepoint", "session", "sessions: whom a mail process serves", false,
	 has_exec_tracepoint},
	{"ring buffer", "credentials", "alerts at once: readers show only at the tick", false,
	 has_ring_buffer},
	{"function hooks (fentry)", "mechanism function",
	 "nothing now: the syscall mechanism does the whole job, but cannot follow io_uring", false,
	 has_function_hooks},
};

static int feature_drop_message(enum libbpf_print_level level, const char *format,
				va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

size_t sensors_probe(const struct kernel_feature **ret)
{
	static struct kernel_feature found[ARRAY_LENGTH(features)];
	libbpf_print_fn_t print = libbpf_set_print(feature_drop_message);

	for (size_t i = 0; i < ARRAY_LENGTH(features); i++)
		found[i] = (struct kernel_feature){
			.name = features[i].name,
			.needed_by = features[i].needed_by,
			.lost_without = features[i].lost_without,
			.required = features[i].required,
			.present = features[i].probe(),
		};
	function_forget_types();
	libbpf_set_print(print);
	*ret = found;
	return ARRAY_LENGTH(features);
}
