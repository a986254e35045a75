/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept is only believed when it says itself that it is whole and of this layout. */
#include "sensor/handover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sensor/hook_table.h"
#include "waxseal.skel.h"

#define NAME_BYTES 64

static bool handover_has_hook(void *context, const char *hook)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof(name), HANDOVER_LINK "%s", hook);
	return persist_find(context, name) >= 0;
}

static int handover_read_settings(int fd, struct settings *ret_settings)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info), zero = 0;
	int r;

	r = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (r < 0)
		return r;
	if (info.value_size != sizeof(*ret_settings))
		return -EPROTONOSUPPORT;
	return bpf_map_lookup_elem(fd, &zero, ret_settings);
}

static bool handover_is_wanted(const struct load_plan *plan, const struct sensor_settings *settings)
{
	const char *mechanism = settings->mechanism;

	/* hooks cannot be added to what is kept */
	if (has_status_folders(settings) && plan->session == HOOK_FUNCTION && !plan->status)
		return false;
	if (strcmp(mechanism, "function") == 0)
		return plan->auth != HOOK_SYSCALL && plan->session != HOOK_SYSCALL &&
		       plan->files != HOOK_SYSCALL;
	if (strcmp(mechanism, "syscall") == 0)
		return plan->auth != HOOK_FUNCTION && plan->session != HOOK_FUNCTION &&
		       plan->files != HOOK_FUNCTION;
	return true;
}

int handover_check(const struct persist *persist, const struct sensor_settings *wanted,
		   struct settings *ret_settings, struct load_plan *ret_plan, const char **ret_why)
{
	struct settings settings;
	struct load_plan plan;
	int fd = persist_find(persist, "map_settings");

	if (persist_count(persist) == 0)
		return 0;
	*ret_why = "a start that was not finished";
	if (fd < 0)
		return -ENOENT;
	*ret_why = "another version, whose counts cannot be read and are lost,";
	if (handover_read_settings(fd, &settings) < 0 ||
	    settings.layout_version != WAX_LAYOUT_VERSION)
		return -EPROTONOSUPPORT;
	*ret_why = "a start that was not finished";
	if (!settings.complete)
		return -ENOENT;
	plan = hook_table_plan_of_hooks(handover_has_hook, (void *)persist);
	*ret_why = "another mechanism, or without a look at Cyrus,";
	if (!handover_is_wanted(&plan, wanted))
		return -ESTALE;
	*ret_settings = settings;
	*ret_plan = plan;
	return 1;
}

static int handover_keep_maps(struct persist *persist, const struct waxseal *skeleton)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		char name[NAME_BYTES];

		if (bpf_map__is_internal(map))
			continue;
		snprintf(name, sizeof(name), "map_%s", bpf_map__name(map));
		r = persist_put(persist, name, bpf_map__fd(map));
		if (r < 0)
			break;
	}
	return r;
}

static int handover_keep_named(struct persist *persist, const char *kind, const char *program,
			       int fd)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof(name), "%s%s", kind, program);
	return persist_put(persist, name, fd);
}

/* The hooks themselves too: what they missed is asked of them. */
static int handover_keep_hooks(struct persist *persist, struct waxseal *skeleton)
{
	int r = 0;

	for (int i = 0; i < skeleton->skeleton->prog_cnt && r == 0; i++) {
		const struct bpf_prog_skeleton *program = &skeleton->skeleton->progs[i];

		if (!*program->link)
			continue;
		r = handover_keep_named(persist, HANDOVER_HOOK, program->name,
					bpf_program__fd(*program->prog));
		if (r == 0)
			r = handover_keep_named(persist, HANDOVER_LINK, program->name,
						bpf_link__fd(*program->link));
	}
	return r;
}

int handover_prepare(struct persist *persist, struct waxseal *skeleton)
{
	int r = handover_keep_maps(persist, skeleton);

	return r < 0 ? r : handover_keep_hooks(persist, skeleton);
}
