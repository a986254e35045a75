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
};

void follow_done(struct follow *follow);
/* The alerts (array) that are new or changed since the last call. New reference. */
json_t *follow_news(struct follow *follow, const json_t *alerts);

#endif
