/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each sensor takes the function mechanism where its functions can be hooked, and the syscall
 * mechanism elsewhere. All sensors of the latter share one hook, so that other system calls pay
 * once; a sensor that a kernel refuses is left out.
 */
#include "sensor/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "sensor/function.h"
#include "sensor/maps.h"
#include "sensor/ports.h"
#include "sensor/preemption.h"
#include "sensor/hook_table.h"
#include "waxseal.skel.h"

/* The last line that libbpf or the verifier said: a refusal's reason comes at the end. */
static char last_word[256];

static int load_keep_last_word(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[256];

	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	/* the closing lines say only that it failed */
	if (level == LIBBPF_WARN && line[0] && !strstr(line, "BEGIN PROG LOAD LOG") &&
	    !(last_word[0] && strstr(line, "failed to load")))
		memcpy(last_word, line, sizeof(last_word));
	log_debug("libbpf: %s", line);
	return 0;
}

static struct bpf_program *load_find_program(const struct waxseal *skeleton, const char *name)
{
	return bpf_object__find_program_by_name(skeleton->obj, name);
}

/* A function's name may be the kernel's version's or the architecture's. */
static void load_set_target(const struct waxseal *skeleton, const char *hook, const char *worker,
			    const char *function)
{
	for (int replica = 1; replica <= HOOK_REPLICAS; replica++) {
		char name[HOOK_NAME_BYTES];

		hook_table_replica_name(hook, replica, name);
		(void)bpf_program__set_attach_target(load_find_program(skeleton, name), 0,
						     function);
	}
	(void)bpf_program__set_attach_target(load_find_program(skeleton, worker), 0, function);
}

/* bpf/hooks/replica.bpf.h */
static void load_choose_replicas(struct waxseal *skeleton, const char *hook)
{
	for (int replica = 2; replica <= HOOK_REPLICAS; replica++) {
		char name[HOOK_NAME_BYTES];

		hook_table_replica_name(hook, replica, name);
		bpf_program__set_autoload(load_find_program(skeleton, name), true);
	}
}

enum hooks { HOOKS_KEPT, HOOKS_SINGLE, HOOKS_REPLICATED };

static void load_choose_programs(struct waxseal *skeleton, const struct load_plan *plan,
				 enum hooks hooks)
{
	for (const struct hook_row *hook_row = hook_table; hook_row->hook; hook_row++) {
		if (!hook_row_is_needed(hook_row, plan))
			continue;
		bpf_program__set_autoload(load_find_program(skeleton, hook_row->hook),
					  hooks != HOOKS_KEPT);
		if (hooks == HOOKS_REPLICATED)
			load_choose_replicas(skeleton, hook_row->hook);
		bpf_program__set_autoload(load_find_program(skeleton, hook_row->worker), true);
		bpf_program__set_autoattach(load_find_program(skeleton, hook_row->worker), false);
	}
	if (plan->session == HOOK_FUNCTION)
		load_set_target(skeleton, "wax_pipe_write", "wax_pipe_w", function_pipe_write());
	if (plan->files == HOOK_FUNCTION) {
		load_set_target(skeleton, "wax_advise", "wax_advise_w", FUNCTION_ADVISE);
		load_set_target(skeleton, "wax_file_remap", "wax_file_remap_w", FUNCTION_REMAP);
	}
	/* these run when they are asked */
	bpf_program__set_autoload(skeleton->progs.wax_find_sockets, true);
	bpf_program__set_autoload(skeleton->progs.wax_own_files, true);
	bpf_program__set_autoload(skeleton->progs.wax_adopt_files, true);
	bpf_program__set_autoattach(skeleton->progs.wax_find_sockets, false);
	bpf_program__set_autoattach(skeleton->progs.wax_own_files, false);
	bpf_program__set_autoattach(skeleton->progs.wax_adopt_files, false);
	bpf_program__set_autoload(skeleton->progs.wax_expire_req, true);
	bpf_program__set_autoload(skeleton->progs.wax_expire_verd, true);
	bpf_program__set_autoload(skeleton->progs.wax_drop_login, true);
	skeleton->rodata->with_replicas = hooks != HOOKS_SINGLE; /* kept hooks may have some */
	if (hooks == HOOKS_SINGLE)
		(void)bpf_map__set_max_entries(skeleton->maps.replica_marks, 1);
	skeleton->rodata->syscall_auth = plan->auth == HOOK_SYSCALL;
	skeleton->rodata->syscall_session = plan->session == HOOK_SYSCALL;
	skeleton->rodata->function_auth = plan->auth == HOOK_FUNCTION;
	skeleton->rodata->function_session = plan->session == HOOK_FUNCTION;
	skeleton->rodata->syscall_files = plan->files == HOOK_SYSCALL;
	skeleton->rodata->advice_seen =
		plan->files != HOOK_FUNCTION || function_exists(FUNCTION_ADVISE);
}

/* Puts the workers into their slots; each takes over from one event to the next. */
static int load_put_workers(struct waxseal *skeleton, const struct load_plan *plan)
{
	for (const struct hook_row *hook_row = hook_table; hook_row->hook; hook_row++) {
		struct bpf_map *array =
			bpf_object__find_map_by_name(skeleton->obj, hook_row->array);
		int worker = bpf_program__fd(load_find_program(skeleton, hook_row->worker));
		int r;

		if (!hook_row_is_needed(hook_row, plan))
			continue;
		r = bpf_map_update_elem(bpf_map__fd(array), &hook_row->slot, &worker, BPF_ANY);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Puts the call of a kernel function where its placeholder stands; its arguments stand there, too.
 */
static void load_place_call(struct bpf_program *program, int32_t placeholder, int function)
{
	/* before loading the instructions are ours to change; their number stays */
	struct bpf_insn *insns = (struct bpf_insn *)bpf_program__insns(program);

	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++)
		if (insns[i].code == (BPF_ALU64 | BPF_MOV | BPF_K) && insns[i].imm == placeholder)
			insns[i] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL,
						     .src_reg = BPF_PSEUDO_KFUNC_CALL,
						     .imm = function};
}

/* bpf/lib/fast_path.bpf.h */
static void load_place_casts(struct waxseal *skeleton)
{
	int function = function_find_type("bpf_rdonly_cast", BPF_TRACE_FEXIT);
	struct bpf_program *program;

	skeleton->rodata->can_cast = function > 0;
	if (function <= 0)
		return;
	bpf_object__for_each_program(program, skeleton->obj)
		load_place_call(program, PLACEHOLDER_CAST, function);
}

/*
 * Types of newer kernels are looked for in vmlinux alone. libbpf would go on to the modules' types,
 * which takes CAP_SYS_ADMIN, and fail without it; with a path of its own it does not.
 */
static struct waxseal *load_open_skeleton(void)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, options,
			    .btf_custom_path = "/sys/kernel/btf/vmlinux");

	return waxseal__open_opts(&options);
}

bool has_status_folders(const struct sensor_settings *settings)
{
	return settings->watch->of[WATCH_STATUS_FOLDER].count > 0;
}

/* A connection may have this part of all requests that wait. */
#define REQUESTS_SHARES 4

static int load_with(const struct sensor_settings *settings, const struct load_plan *plan,
		     struct waxseal **ret)
{
	struct waxseal *skeleton = load_open_skeleton();
	int r;

	if (!skeleton)
		return -errno;
	maps_size(skeleton, settings);
	load_choose_programs(skeleton, plan,
			     settings->replicate_hooks || preemption_is_possible_here()
				     ? HOOKS_REPLICATED
				     : HOOKS_SINGLE);
	ports_choose(skeleton, settings);
	if (settings->requests_entries)
		skeleton->rodata->requests_share = settings->requests_entries / REQUESTS_SHARES;
	skeleton->rodata->status_watched = has_status_folders(settings);
	load_place_casts(skeleton);
	function_forget_types(); /* libbpf reads them itself */
	r = waxseal__load(skeleton);
	if (r == 0)
		r = load_put_workers(skeleton, plan);
	if (r < 0) {
		waxseal__destroy(skeleton);
		return r;
	}
	*ret = skeleton;
	return 0;
}

/* Probing complains about what is not there; that is an answer and no news. */
static struct load_plan plan_by_function(enum hook otherwise, bool with_status)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	struct load_plan plan = {
		.auth = function_can_watch_auth() ? HOOK_FUNCTION : otherwise,
		.session = function_can_watch_session(with_status) ? HOOK_FUNCTION : otherwise,
		.files = function_can_watch_files() ? HOOK_FUNCTION : otherwise,
		.status = with_status,
	};

	libbpf_set_print(print);
	return plan;
}

static bool plan_is_empty(const struct load_plan *plan)
{
	return plan->auth == HOOK_OFF && plan->session == HOOK_OFF && plan->files == HOOK_OFF;
}

/* What to try, best first. */
static size_t load_make_plans(const struct sensor_settings *settings, struct load_plan ret_plans[8])
{
	static const struct load_plan by_syscall[] = {
		{HOOK_SYSCALL, HOOK_SYSCALL, HOOK_SYSCALL, false},
		{HOOK_SYSCALL, HOOK_OFF, HOOK_SYSCALL, false},
		{HOOK_SYSCALL, HOOK_SYSCALL, HOOK_OFF, false},
		{HOOK_OFF, HOOK_SYSCALL, HOOK_SYSCALL, false},
		{HOOK_SYSCALL, HOOK_OFF, HOOK_OFF, false},
	};
	bool with_status = has_status_folders(settings);
	size_t n = 0;

	if (strcmp(settings->mechanism, "function") == 0) {
		ret_plans[0] = plan_by_function(HOOK_OFF, with_status);
		return 1;
	}
	if (strcmp(settings->mechanism, "auto") == 0)
		ret_plans[n++] = plan_by_function(HOOK_SYSCALL, with_status);
	memcpy(ret_plans + n, by_syscall, sizeof(by_syscall));
	return n + ARRAY_LENGTH(by_syscall);
}

int load_skeleton(const struct sensor_settings *settings, struct waxseal **ret,
		  struct load_plan *ret_plan, char *ret_problem, size_t size)
{
	struct load_plan plans[8];
	size_t n;
	int r = -EOPNOTSUPP;

	libbpf_set_print(load_keep_last_word);
	n = load_make_plans(settings, plans);
	last_word[0] = '\0';
	if (plan_is_empty(&plans[0])) {
		function_forget_types();
		snprintf(ret_problem, size,
			 "mechanism 'function' needs kernel functions that cannot be hooked here");
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		r = load_with(settings, &plans[i], ret);
		if (r == 0) {
			*ret_plan = plans[i];
			return 0;
		}
		if (r == -EPERM)
			break;
	}
	snprintf(ret_problem, size, "cannot load the BPF programs: %s%s%s%s", strerror(-r),
		 last_word[0] ? " (" : "", last_word, last_word[0] ? ")" : "");
	return r;
}

int load_workers(const struct sensor_settings *settings, const struct load_plan *plan,
		 const struct persist *persist, struct waxseal **ret, char *ret_problem, size_t size)
{
	struct waxseal *skeleton;
	int r;

	libbpf_set_print(load_keep_last_word);
	skeleton = load_open_skeleton();
	if (!skeleton)
		return -errno;
	load_choose_programs(skeleton, plan, HOOKS_KEPT);
	ports_choose(skeleton, settings);
	skeleton->rodata->status_watched = has_status_folders(settings);
	load_place_casts(skeleton);
	function_forget_types();
	r = maps_reuse(skeleton, persist);
	if (r == 0)
		r = waxseal__load(skeleton);
	if (r == 0)
		r = load_put_workers(skeleton, plan);
	if (r < 0) {
		snprintf(ret_problem, size, "cannot take over: %s (%s)", strerror(-r), last_word);
		waxseal__destroy(skeleton);
		return r;
	}
	*ret = skeleton;
	return 0;
}
