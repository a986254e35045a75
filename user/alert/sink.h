/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where alerts go. A new sink is one file with one const struct, and one row in sinks.c.
 */
#ifndef WAX_ALERT_SINK_H
#define WAX_ALERT_SINK_H

#include "model/alert.h"

/* What [alert NAME] may say; unset strings are NULL. */
struct sink_settings {
	const char *path;
	const char *url;
};

struct sink {
	const char *name;
	const char *help;
	bool enabled_by_default;
	/* Returns 0 and an owned state, or -errno; the caller says what failed. */
	int (*open)(const struct sink_settings *settings, void **ret_state);
	/* A new alert, or one that changed. Returns 0 or -errno: the alert was not delivered. */
	int (*send)(void *state, const struct alert *alert);
	void (*close)(void *state);
};

extern const struct sink journal_sink;
extern const struct sink jsonl_sink;

/* All of them, ending with NULL. */
extern const struct sink *const sinks[];

const struct sink *sink_find(const char *name);

#endif
