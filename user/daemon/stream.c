/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All rows of a tick carry the time of its end: what replay joins into one second, the daemon
 * judged as one tick. */
#include "daemon/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define PATIENCE_US (60 * US_PER_SECOND)

static const char *present(const char *text)
{
	return *text ? text : "-";
}

static void write_attempt(FILE *out, const char *time, const struct attempt_row *row)
{
	for (int i = 0; i < OUTCOME_MAX; i++)
		if (row->count[i])
			fprintf(out, "%s\tauth\t%s\t%s\t%s\t%s\t%" PRIu64 "\t-\t-\n", time,
				present(row->service), present(row->source),
				present(row->account), outcome_to_string(i), row->count[i]);
}

static void write_read(FILE *out, const char *time, const struct read_row *row)
{
	/* a stranger's open of a file of many messages is judged like that of one */
	uint64_t opens = row->messages + (row->reader == READER_SESSION ? 0 : row->containers);

	if (opens)
		fprintf(out, "%s\tread\t%s\t%s\t%s\t-\t%" PRIu64 "\t-\t%s\n", time,
			present(row->service), present(row->source), present(row->account), opens,
			present(row->actor));
	if (row->bytes_sent)
		fprintf(out, "%s\tsent\t%s\t%s\t%s\t-\t1\t%" PRIu64 "\t-\n", time,
			present(row->service), present(row->source), present(row->account),
			row->bytes_sent);
}

static void write_connection(FILE *out, const char *time, const struct connection_row *row)
{
	if (row->accepted)
		fprintf(out, "%s\tconn\t%s\t%s\t-\t-\t%" PRIu64 "\t%" PRIu64 "\t-\n", time,
			present(row->service), present(row->source), row->accepted, row->bytes_sent);
}

static char *lines_of(const struct snapshot *snapshot)
{
	char time[48], *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int64_t us = snapshot->until_us - 1;

	if (!out)
		abort();
	snprintf(time, sizeof(time), "%" PRId64 ".%06" PRId64, us / US_PER_SECOND,
		 us % US_PER_SECOND);
	for (size_t i = 0; i < snapshot->n_attempts; i++)
		write_attempt(out, time, &snapshot->attempts[i]);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		write_read(out, time, &snapshot->reads[i]);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		fprintf(out, "%s\tstore\t-\t-\t%s\t-\t%" PRIu64 "\t%" PRIu64 "\t%s\n", time,
			snapshot->stores[i].path, snapshot->stores[i].opens,
			snapshot->stores[i].bytes, present(snapshot->stores[i].actor));
	for (size_t i = 0; i < snapshot->n_connections; i++)
		write_connection(out, time, &snapshot->connections[i]);
	fclose(out);
	return text;
}

void stream_add(struct stream *stream, const struct snapshot *snapshot)
{
	size_t at;

	stream->next += !stream->next;
	if (snapshot->until_us - stream->asked_us > PATIENCE_US) {
		uint64_t next = stream->next;
		int64_t asked_us = stream->asked_us;

		stream_done(stream);
		stream->next = next;
		stream->asked_us = asked_us;
		return;
	}
	at = stream->next % STREAM_TICKS;
	free(stream->ticks[at].lines);
	stream->ticks[at].number = stream->next++;
	stream->ticks[at].lines = lines_of(snapshot);
}

json_t *stream_read(struct stream *stream, uint64_t number, int64_t now_us)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	uint64_t lost = 0;
	json_t *document;

	if (!out)
		abort();
	stream->asked_us = now_us;
	stream->next += !stream->next;
	for (; number && number < stream->next; number++) {
		size_t at = number % STREAM_TICKS;

		if (stream->ticks[at].number == number && stream->ticks[at].lines)
			fputs(stream->ticks[at].lines, out);
		else
			lost++;
	}
	fclose(out);
	document = json_pack("{s:I, s:I, s:s}", "next", (json_int_t)stream->next, "lost",
			     (json_int_t)lost, "lines", text);
	free(text);
	return document;
}

void stream_done(struct stream *stream)
{
	for (size_t i = 0; i < STREAM_TICKS; i++)
		free(stream->ticks[i].lines);
	*stream = (struct stream){0};
}
