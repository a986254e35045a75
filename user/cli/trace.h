/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a trace: what happened on a mail host as text, one record a line.
 *
 *	#waxseal-trace 1
 *	TIME KIND SERVICE SOURCE ACCOUNT OUTCOME COUNT BYTES ACTOR      (tab-separated, - for
 *absent)
 *
 * Further lines that begin with '#' are comments; but "#also NAME=VALUE ..." (tab-separated) says
 * more of the record that follows. The first line that is not exactly so ends the reading: a trace
 * is evidence, nothing in it is guessed.
 */
#ifndef WAX_CLI_TRACE_H
#define WAX_CLI_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/line_reader.h"
#include "model/attempt.h"

enum trace_kind {
	TRACE_AUTH,
	TRACE_READ,
	TRACE_SENT,
	TRACE_STORE,
	TRACE_CONN,
	TRACE_MAX,
};

/* What is absent is "", and 1 for count, 0 for bytes. Strings live until the next record. */
struct trace_record {
	int64_t time_us;
	enum trace_kind kind;
	const char *service, *source, *account, *actor;
	enum outcome outcome; /* of TRACE_AUTH only */
	uint64_t count, bytes;
	/* What #also may say: */
	enum mechanism mechanism; /* MECHANISM_OTHER */
	enum transport transport; /* TRANSPORT_TLS */
	enum reader reader;	  /* READER_INVALID: as the program's place says */
	bool is_listed_known, is_listed; /* whether the program may read the store */
	uint32_t uid, login_uid;
	uint32_t pid; /* 0: not said */
	const char *unit, *script, *parent;
	const char *session; /* whose session's process opened another account's mail */
};

struct trace {
	struct line_reader reader;
	const char *name;
	unsigned long line;
	int64_t last_us;
	char *text; /* the line at hand */
	char also[LINE_READER_BYTES + 1]; /* of the next record, "" when there is none */
	char problem[512]; /* "FILE:LINE: what is wrong; allowed: ..." */
};

/* Reads the first line. file and name stay the caller's. Returns 0 or -EINVAL with the problem. */
int trace_open(struct trace *trace, FILE *file, const char *name);
/* Returns 1 with a record, 0 at the end, or -EINVAL with the problem. */
int trace_next(struct trace *trace, struct trace_record *ret);

#endif
