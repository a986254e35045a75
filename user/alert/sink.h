/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where alerts go. A new sink is one file with one const struct, and one row in sinks.c; the keys
 * of its section [alert NAME] are a table of its own.
 *
 * A sink never waits: what takes time goes on in the event loop (post.h), behind a queue that has
 * an end.
 */
#ifndef WAX_ALERT_SINK_H
#define WAX_ALERT_SINK_H

#include "model/alert.h"

enum sink_key_kind {
	SINK_KEY_TEXT,
	SINK_KEY_CHOICE, /* one of the words of `allowed`: "a | b | c" */
	SINK_KEY_NUMBER, /* minimum to maximum */
	SINK_KEY_PATH,	 /* absolute */
	SINK_KEY_URL,	 /* http:// or https:// */
};

/* A key of [alert NAME], besides `enabled`. */
struct sink_key {
	const char *name;
	enum sink_key_kind kind;
	const char *help;    /* one line, for waxseal.conf(5) */
	const char *initial; /* the default as text; NULL: none */
	bool required;	     /* an enabled sink without it is refused */
	const char *allowed; /* of SINK_KEY_CHOICE */
	double minimum, maximum;
};

/* A value of any kind as text, and that of SINK_KEY_NUMBER as a number, too. */
struct sink_value {
	char *text; /* NULL: not set */
	double number;
};

struct sink_settings {
	const struct sink_value *values; /* values[i] belongs to sink->keys[i] */
	const char *state_dir;		 /* the daemon's */
};

enum sink_interest {
	SINK_NEWS,    /* new alerts and those that changed */
	SINK_COURSE,  /* and those that are over */
	SINK_PRESENT, /* and at the start those that are active already */
};

struct sink {
	const char *name;
	const char *help;
	const struct sink_key *keys; /* ends with a NULL name; NULL when there are none */
	bool enabled_by_default;
	enum sink_interest interest;
	/* Returns 0 and an owned state, or -errno; the caller says what failed. With an error, too, there may
	 * be a state: then it tries again with each alert. */
	int (*open)(const struct sink_settings *settings, void **ret_state);
	/* Returns 0 or -errno: the alert was not taken. */
	int (*send)(void *state, const struct alert *alert);
	/* For sinks that deliver later, else NULL: how many alerts were taken and then given up.
	 * Returns why deliveries fail at present, as text without the address, or NULL. */
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
