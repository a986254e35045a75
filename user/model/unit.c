/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd.unit(5), systemd.slice(5): slices only divide; the first other group with a unit's name
 * is the unit, and what lies below is its own business. Only a user's manager has units in turn.
 */
#include "model/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static bool unit_name_ends_with(const char *name, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len > end_len && memcmp(name + len - end_len, end, end_len) == 0;
}

static bool is_unit(const char *name, size_t len)
{
	static const char *const kinds[] = {".service", ".scope", ".socket", ".mount", ".swap"};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		if (unit_name_ends_with(name, len, kinds[i]))
			return true;
	return false;
}

static const char *find_unit(const char *path, size_t *ret_len)
{
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (is_unit(path, len)) {
			*ret_len = len;
			return path;
		}
		if (!unit_name_ends_with(path, len, ".slice"))
			return NULL;
		path += len;
	}
	return NULL;
}

/* With or without an instance behind an @. */
static const char *const shared_services[] = {
	/* jobs of users */
	"cron", "crond", "cronie", "fcron", "bcron", "dcron", "vixie-cron", "systemd-cron", "anacron",
	"at", "atd", "slurmd", "pbs", "gitlab-runner", "jenkins",
	/* logins */
	"ssh", "sshd", "dropbear", "tinysshd", "telnet", "telnetd", "xinetd", "inetd", "openbsd-inetd",
	"inetutils-inetd", "getty", "agetty", "autovt", "serial-getty", "console-getty",
	"container-getty", "rescue", "emergency", "debug-shell", "gdm", "gdm3", "lightdm", "sddm",
	"xdm", "lxdm", "ly", "greetd", "display-manager", "xrdp", "xrdp-sesman", "cockpit",
	"cockpit-session", "ttyd", "shellinabox", "systemd-logind", "user", "rc-local", "screen", "tmux",
};

bool unit_is_shared(const char *unit)
{
	static const char end[] = ".service";
	size_t len = strlen(unit), end_len = strlen(end);

	if (strcmp(unit, "init.scope") == 0 || strncmp(unit, "session-", 8) == 0 ||
	    strncmp(unit, "user@", 5) == 0)
		return true;
	if (len <= end_len || strcmp(unit + len - end_len, end) != 0)
		return false;
	len = strcspn(unit, "@");
	if (!unit[len])
		len -= end_len;
	for (size_t i = 0; i < ARRAY_LENGTH(shared_services); i++)
		if (strlen(shared_services[i]) == len &&
		    memcmp(unit, shared_services[i], len) == 0)
			return true;
	return false;
}

void unit_of_group(const char *path, char *ret_text, size_t size)
{
	size_t len, inner_len = 0;
	const char *unit = find_unit(path, &len), *inner = NULL;

	if (!unit) {
		(void)snprintf(ret_text, size, "%s", strcmp(path, "/") == 0 ? "" : path);
		return;
	}
	if (strncmp(unit, "user@", 5) == 0)
		inner = find_unit(unit + len, &inner_len);
	(void)snprintf(ret_text, size, "%.*s%s%.*s", (int)len, unit, inner ? "/" : "",
		       (int)inner_len, inner ? inner : "");
}
