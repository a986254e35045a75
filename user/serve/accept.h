/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POST /v1/accept: what the body may say. */
#ifndef WAX_SERVE_ACCEPT_H
#define WAX_SERVE_ACCEPT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define ACCEPT_BODY_BYTES 4096
#define ACCEPT_NOTE_BYTES 512

struct accept_request {
	const char *alert; /* its id; NULL: an acceptance is taken back */
	int64_t revoke;	   /* id of that acceptance */
	uint64_t for_us;   /* 0: without end */
	const char *note;  /* "" when there is none */
	uint32_t by_uid;
};

/* {"alert": ID, "for": SECONDS or "90d", "note": TEXT} or {"revoke": ID}. The texts point into
 * document. Returns 0, or -EINVAL with one line in ret_wrong (size bytes). */
int accept_parse(const json_t *document, struct accept_request *ret, char *ret_wrong, size_t size);

#endif
