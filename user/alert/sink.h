/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where alerts go. A new sink is one file with one const struct, and one row in sinks.c.
 *
 * A sink never waits: what takes time goes on in the event loop (post.h), behind a queue that has
 * an end.
 */
#ifndef WAX_ALERT_SINK_H
#define WAX_ALERT_SINK_H

#include "model/alert.h"

/* What [alert NAME] may say; unset strings are NULL. */
struct sink_settings {
	const char *path;
	const char *url;
};

enum sink_interest {
	SINK_NEWS,    /* new alerts and those that changed */
	SINK_COURSE,  /* and those that are over */
	SINK_PRESENT, /* and at the start those that are active already */
};

struct sink {
	const char *name;
	const char *help;
	bool enabled_by_default;
	bool needs_url;
	enum sink_interest interest;
	/* Returns 0 and an owned state, or -errno; the caller says what failed. */
	int (*open)(const struct sink_settings *settings, void **ret_state);
	/* Returns 0 or -errno: the alert was not taken. */
	int (*send)(void *state, const struct alert *alert);
	/* For sinks that deliver later, else NULL: how many alerts were taken and then given up.
	 * Returns why deliveries fail at present, in words without the address, or NULL. */
	const char *(*trouble)(const void *state, uint64_t *ret_lost);
	/* May wait a moment for what is not yet delivered; returns how many alerts still are not.
	 */
	uint64_t (*close)(void *state);
};

extern const struct sink journal_sink;
extern const struct sink jsonl_sink;
extern const struct sink syslog_sink;
extern const struct sink webhook_sink;
extern const struct sink alertmanager_sink;

/* All of them, ending with NULL. */
extern const struct sink *const sinks[];

const struct sink *sink_find(const char *name);

#endif
