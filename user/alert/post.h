/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON to a web service, one request at a time, in the thread's default event loop: nobody waits
 * for it. What fails is tried again, later each time; what the service refuses is not.
 *
 * The address may hold a password or a token, so it stands in no text that this file gives out.
 */
#ifndef WAX_ALERT_POST_H
#define WAX_ALERT_POST_H

#include <stdbool.h>

struct post;

enum post_outcome {
	POST_TAKEN,   /* 2xx */
	POST_REFUSED, /* for good: 3xx, 4xx */
	POST_FAILED,  /* for now: the next body is asked for after a pause */
};

/* Whose bodies are posted. */
struct post_client {
	/* The body to post now, owned by the caller, or NULL: there is none. */
	char *(*next)(void *context);
	/* What became of the last one. */
	void (*done)(void *context, enum post_outcome outcome);
};

#define POST_FLUSH_MS 3000

/* Returns 0 and a post to free, or -errno (-EINVAL: no address of a web service). */
int post_open(const char *url, const struct post_client *client, void *context, struct post **ret);
/* There is something to post. */
void post_kick(struct post *post);
/* For the end: tries for at most POST_FLUSH_MS to get rid of what is there; blocks. */
void post_flush(struct post *post);
void post_close(struct post *post);

/* Why the last request failed; NULL when it did not. Valid until the next request. */
const char *post_trouble(const struct post *post);

#endif
