/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the loaded object: new ones of the wanted size, or those that an earlier daemon kept.
 */
#include "sensor/maps.h"

#include <errno.h>
#include <stdio.h>

#include "waxseal.skel.h"

static void set_entries(struct bpf_map *map, uint32_t entries)
{
	if (entries)
		(void)bpf_map__set_max_entries(map, entries);
}

void maps_size(struct waxseal *skeleton, const struct sensor_settings *settings)
{
	set_entries(skeleton->maps.attempts_0, settings->attempts_entries);
	set_entries(skeleton->maps.attempts_1, settings->attempts_entries);
	set_entries(skeleton->maps.reads_0, settings->reads_entries);
	set_entries(skeleton->maps.reads_1, settings->reads_entries);
	set_entries(skeleton->maps.stores_0, settings->stores_entries);
	set_entries(skeleton->maps.stores_1, settings->stores_entries);
	set_entries(skeleton->maps.client_conns_0, settings->attempts_entries);
	set_entries(skeleton->maps.client_conns_1, settings->attempts_entries);
	/* a connection has two directions */
	set_entries(skeleton->maps.streams, settings->auth_connections_entries * 2);
	set_entries(skeleton->maps.requests, settings->requests_entries);
	set_entries(skeleton->maps.sessions, settings->sessions_entries);
}

/* The version number of the layout is kept by people; sizes are what the kernel has. How many
 * entries a hash has is the configuration's business. */
static bool is_same_layout(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return false;
	if (info.type == BPF_MAP_TYPE_ARRAY && info.max_entries != bpf_map__max_entries(map))
		return false;
	return info.type == bpf_map__type(map) && info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map);
}

int maps_reuse(struct waxseal *skeleton, const struct persist *persist)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		char name[64];
		int fd, r;

		if (bpf_map__is_internal(map))
			continue;
		snprintf(name, sizeof(name), "map_%s", bpf_map__name(map));
		fd = persist_find(persist, name);
		if (fd < 0)
			return -ENOENT;
		if (!is_same_layout(map, fd))
			return -EPROTONOSUPPORT;
		r = bpf_map__reuse_fd(map, fd);
		if (r < 0)
			return r;
	}
	return 0;
}

void maps_find(struct waxseal *skeleton, struct kernel_maps *ret_maps)
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
		.client_conns = bpf_map__fd(skeleton->maps.client_conns),
		.client_conns_set = {bpf_map__fd(skeleton->maps.client_conns_0),
				     bpf_map__fd(skeleton->maps.client_conns_1)},
		.streams = bpf_map__fd(skeleton->maps.streams),
		.requests = bpf_map__fd(skeleton->maps.requests),
		.verdicts = bpf_map__fd(skeleton->maps.verdicts),
		.ended_streams = bpf_map__fd(skeleton->maps.ended_streams),
		.sessions = bpf_map__fd(skeleton->maps.sessions),
		.logins = bpf_map__fd(skeleton->maps.logins),
		.login_habits = bpf_map__fd(skeleton->maps.login_habits),
		.master_names = bpf_map__fd(skeleton->maps.master_names),
		.watched = bpf_map__fd(skeleton->maps.watched),
		.watched_filter = bpf_map__fd(skeleton->maps.watched_filter),
		.store_reported = bpf_map__fd(skeleton->maps.store_reported),
		.read_budgets = bpf_map__fd(skeleton->maps.read_budgets),
		.watched_names = bpf_map__fd(skeleton->maps.watched_names),
		.program_places = bpf_map__fd(skeleton->maps.program_places),
		.programs = bpf_map__fd(skeleton->maps.programs),
		.scripts = bpf_map__fd(skeleton->maps.scripts),
		.interpreters = bpf_map__fd(skeleton->maps.interpreters),
		.units = bpf_map__fd(skeleton->maps.units),
		.store_readers = bpf_map__fd(skeleton->maps.store_readers),
		.session_programs = bpf_map__fd(skeleton->maps.session_programs),
		.mail_helpers = bpf_map__fd(skeleton->maps.mail_helpers),
		.masters = bpf_map__fd(skeleton->maps.masters),
		.replica_marks = bpf_map__fd(skeleton->maps.replica_marks),
		.replica_totals = bpf_map__fd(skeleton->maps.replica_totals),
		.settings = bpf_map__fd(skeleton->maps.settings),
		.lost = bpf_map__fd(skeleton->maps.lost),
		.records = bpf_map__fd(skeleton->maps.records),
	};
}
