/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which alerts of two successive answers are news. Remembers only what the last answer held, so it
 * stays as small as the answer is.
 */
#ifndef WAX_CLI_FOLLOW_H
#define WAX_CLI_FOLLOW_H

#include <jansson.h>
#include <stdbool.h>

/* Needs no call but zero-initialisation. */
struct follow {
	json_t *known; /* id -> the alert as it was */
	char *oldest;  /* time of the oldest one that may still change; NULL when there is none */
};

void follow_done(struct follow *follow);
/* The alerts (array) that are new or changed since the last call. New reference. */
json_t *follow_news(struct follow *follow, const json_t *alerts);
/* From when on the next answer must reach back: to what may still change, and to recent (RFC 3339,
 * as are the daemon's times), but not beyond limit (NULL: none). Points into the arguments. */
const char *follow_since(const struct follow *follow, const char *recent, const char *limit);

#endif
