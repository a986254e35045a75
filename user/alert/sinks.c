/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of sinks. */
#include "alert/sink.h"

#include <string.h>

const struct sink *const sinks[] = {
	&journal_sink, &jsonl_sink, &syslog_sink, &webhook_sink, &alertmanager_sink, NULL,
};

const struct sink *sink_find(const char *name)
{
	for (size_t i = 0; sinks[i]; i++)
		if (!strcmp(sinks[i]->name, name))
			return sinks[i];
	return NULL;
}
