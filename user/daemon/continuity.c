/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names the place, and clears it on request. */
#include "daemon/continuity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/folders.h"
#include "sensor/sensors.h"

#define PIN_PATH "/sys/fs/bpf/waxseal"
#define USUAL_STATE "/var/lib/waxseal"

bool continuity_is_systemds(void)
{
	return getenv("INVOCATION_ID") && getenv("NOTIFY_SOCKET");
}

/* bpffs takes no dots in names. */
static char *continuity_pins(const char *state_dir)
{
	char *path;

	if (strcmp(state_dir, USUAL_STATE) == 0)
		return xstrdup(PIN_PATH);
	path = xasprintf(PIN_PATH "%s", state_dir);
	for (char *at = path + strlen(PIN_PATH); *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '-';
	return path;
}

char *continuity_folder(const char *state_dir)
{
	return continuity_is_systemds() ? NULL : continuity_pins(state_dir);
}

static void continuity_say(const char *name)
{
	printf("removed %s\n", name);
}

int continuity_detach(const struct config *config)
{
	_cleanup_free_ char *folder = continuity_pins(config->state_dir);
	_cleanup_close_ int state = -1;

	if (geteuid() != 0) {
		log_error("waxseald --detach needs root");
		return EXIT_FAILURE;
	}
	if (access(config->state_dir, F_OK) == 0)
		state = folder_hold(config->state_dir);
	if (state == -EBUSY) {
		log_error("waxseald runs on %s: stop it first, it detaches then",
			  config->state_dir);
		return EXIT_FAILURE;
	}
	if (access(folder, F_OK) < 0 || sensors_detach(folder, continuity_say) == 0)
		puts("nothing to detach: no program or map of an earlier daemon is left");
	return EXIT_SUCCESS;
}
