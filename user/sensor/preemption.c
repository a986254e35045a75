/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No feature tells whether a program may be interrupted, and what a program misses is only seen
 * when it is lost; so this goes by what the kernel says of itself.
 */
#include "sensor/preemption.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* kernel/Kconfig.preempt of 7.0 has no "none" and no "voluntary" any more where the processor
 * allows PREEMPT_LAZY. */
#define ALWAYS_SINCE_MAJOR 7

#define LINE_BYTES 4096

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}

bool preemption_is_possible(const struct preemption_signs *signs)
{
	if (strtoul(signs->release, NULL, 10) >= ALWAYS_SINCE_MAJOR)
		return true;
	/* "#1 SMP PREEMPT_RT Debian 6.12.57-1": as built. PREEMPT_DYNAMIC: as chosen at boot. */
	if (has_word(signs->version, "PREEMPT") || has_word(signs->version, "PREEMPT_RT") ||
	    has_word(signs->version, "PREEMPT_LAZY"))
		return true;
	if (signs->model[0])
		return strstr(signs->model, "(full)") || strstr(signs->model, "(lazy)");
	return has_word(signs->command_line, "preempt=full") ||
	       has_word(signs->command_line, "preempt=lazy");
}

static void read_line(const char *path, char ret_line[LINE_BYTES])
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(ret_line, LINE_BYTES, file))
		ret_line[0] = '\0';
	if (file)
		fclose(file);
}

bool preemption_is_possible_here(void)
{
	char command_line[LINE_BYTES], model[LINE_BYTES];
	struct utsname kernel;

	if (uname(&kernel) < 0)
		return true;
	read_line("/proc/cmdline", command_line);
	read_line("/sys/kernel/debug/sched/preempt", model);
	return preemption_is_possible(&(struct preemption_signs){
		.release = kernel.release,
		.version = kernel.version,
		.command_line = command_line,
		.model = model,
	});
}
