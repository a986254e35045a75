/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ticks of the last minute as lines of a trace, for `waxseal record`. Kept only while
 * somebody asks; nothing is written anywhere.
 */
#ifndef WAX_DAEMON_STREAM_H
#define WAX_DAEMON_STREAM_H

#include <jansson.h>
#include <stdint.h>

#include "model/snapshot.h"

#define STREAM_TICKS 64

struct stream {
	struct {
		uint64_t number;
		char *lines;
	} ticks[STREAM_TICKS];
	struct snapshot heard; /* events since the last tick */
	uint64_t next;	  /* number of the next tick; the first is 1 */
	int64_t asked_us; /* last time somebody asked */
};

/* Events that the detectors had between two ticks; they go out with the next one. */
void stream_hear(struct stream *stream, const struct snapshot *snapshot);
void stream_add(struct stream *stream, const struct snapshot *snapshot);
/* {"next": N, "lost": ticks that are gone, "lines": "..."} of the ticks from number on; 0: from
 * now on. New reference. */
json_t *stream_read(struct stream *stream, uint64_t number, int64_t now_us);
void stream_done(struct stream *stream);

#endif
