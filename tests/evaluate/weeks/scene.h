/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens beside everyday life. Each scene is asked for each day. */
#ifndef WAX_WEEKS_SCENE_H
#define WAX_WEEKS_SCENE_H

#include "host.h"

struct scene {
	const char *name;
	void (*day)(struct host *host, int day);
};

/* Both end with an empty row. */
extern const struct scene life_scenes[];
extern const struct scene attack_scenes[];

#endif
