/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All sensors of the syscall mechanism live in one program, so that other system calls pay for
 * one hook only. A part that a kernel refuses is switched off by a constant, and the rest loads.
 */
#include "sensor/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "waxseal.skel.h"

/* The last line that libbpf or the verifier said: a refusal's reason comes at the end. */
static char last_word[256];

static int keep_last_word(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[256];

	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	if (level == LIBBPF_WARN && line[0] && !strstr(line, "BEGIN PROG LOAD LOG"))
		memcpy(last_word, line, sizeof(last_word));
	log_debug("libbpf: %s", line);
	return 0;
}

static void set_entries(struct bpf_map *map, uint32_t entries)
{
	if (entries)
		(void)bpf_map__set_max_entries(map, entries);
}

static void size_maps(struct waxseal *skeleton, const struct sensor_settings *settings)
{
	set_entries(skeleton->maps.attempts_0, settings->attempts_entries);
	set_entries(skeleton->maps.attempts_1, settings->attempts_entries);
	set_entries(skeleton->maps.reads_0, settings->reads_entries);
	set_entries(skeleton->maps.reads_1, settings->reads_entries);
	set_entries(skeleton->maps.stores_0, settings->stores_entries);
	set_entries(skeleton->maps.stores_1, settings->stores_entries);
	/* a connection has two directions */
	set_entries(skeleton->maps.streams, settings->connections_entries * 2);
	set_entries(skeleton->maps.requests, settings->requests_entries);
	set_entries(skeleton->maps.sessions, settings->sessions_entries);
}

static void choose_programs(struct waxseal *skeleton, const struct load_parts *parts)
{
	bpf_program__set_autoload(skeleton->progs.wax_sys_exit, true);
	bpf_program__set_autoload(skeleton->progs.wax_find_sockets, true);
	bpf_program__set_autoload(skeleton->progs.wax_own_files, true);
	bpf_program__set_autoload(skeleton->progs.wax_exec, parts->session);
	bpf_program__set_autoload(skeleton->progs.wax_exit, parts->session);
	skeleton->rodata->watch_auth = parts->auth;
	skeleton->rodata->watch_session = parts->session;
	skeleton->rodata->watch_files = parts->files;
}

static int load_with(const struct sensor_settings *settings, const struct load_parts *parts,
		     struct waxseal **ret)
{
	struct waxseal *skeleton = waxseal__open();
	int r;

	if (!skeleton)
		return -errno;
	size_maps(skeleton, settings);
	choose_programs(skeleton, parts);
	r = waxseal__load(skeleton);
	if (r < 0) {
		waxseal__destroy(skeleton);
		return r;
	}
	*ret = skeleton;
	return 0;
}

int load_skeleton(const struct sensor_settings *settings, struct waxseal **ret,
		  struct load_parts *ret_parts, char *ret_problem, size_t size)
{
	static const struct load_parts choices[] = {
		{true, true, true}, {true, false, true}, {true, true, false}, {false, true, true},
		{true, false, false},
	};
	int r = 0;

	libbpf_set_print(keep_last_word);
	for (size_t i = 0; i < ARRAY_LENGTH(choices); i++) {
		r = load_with(settings, &choices[i], ret);
		if (r == 0) {
			*ret_parts = choices[i];
			return 0;
		}
		if (r == -EPERM)
			break;
	}
	snprintf(ret_problem, size, "cannot load the BPF programs: %s%s%s%s", strerror(-r),
		 last_word[0] ? " (" : "", last_word, last_word[0] ? ")" : "");
	return r;
}

void load_find_maps(struct waxseal *skeleton, struct kernel_maps *ret_maps)
{
	*ret_maps = (struct kernel_maps){
		.attempts = bpf_map__fd(skeleton->maps.attempts),
		.attempts_set = {bpf_map__fd(skeleton->maps.attempts_0),
				 bpf_map__fd(skeleton->maps.attempts_1)},
		.reads = bpf_map__fd(skeleton->maps.reads),
		.reads_set = {bpf_map__fd(skeleton->maps.reads_0),
			      bpf_map__fd(skeleton->maps.reads_1)},
		.stores = bpf_map__fd(skeleton->maps.stores),
		.stores_set = {bpf_map__fd(skeleton->maps.stores_0),
			       bpf_map__fd(skeleton->maps.stores_1)},
		.streams = bpf_map__fd(skeleton->maps.streams),
		.requests = bpf_map__fd(skeleton->maps.requests),
		.verdicts = bpf_map__fd(skeleton->maps.verdicts),
		.sessions = bpf_map__fd(skeleton->maps.sessions),
		.watched = bpf_map__fd(skeleton->maps.watched),
		.programs = bpf_map__fd(skeleton->maps.programs),
		.store_readers = bpf_map__fd(skeleton->maps.store_readers),
		.session_programs = bpf_map__fd(skeleton->maps.session_programs),
		.settings = bpf_map__fd(skeleton->maps.settings),
		.lost = bpf_map__fd(skeleton->maps.lost),
		.records = bpf_map__fd(skeleton->maps.records),
	};
}
