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

#define EVENTS 1024 /* between two ticks; more of them reach the detectors, but not the trace */

static const char *text_or_dash(const char *text)
{
	return *text ? text : "-";
}

static void write_attempt(FILE *out, const char *time, const struct attempt_row *row)
{
	for (int i = 0; i < OUTCOME_MAX; i++) {
		if (!row->count[i])
			continue;
		fprintf(out, "#also\tmechanism=%s\ttransport=%s\n",
			mechanism_to_string(row->mechanism), transport_to_string(row->transport));
		fprintf(out, "%s\tauth\t%s\t%s\t%s\t%s\t%" PRIu64 "\t-\t-\n", time,
			text_or_dash(row->service), text_or_dash(row->source), text_or_dash(row->account),
			outcome_to_string(i), row->count[i]);
	}
}

/* Who acts, after the beginning of an #also. */
static void write_actor(FILE *out, uint32_t uid, uint32_t login_uid, const char *unit,
			const char *script, const char *parent)
{
	fprintf(out, "\tuid=%" PRIu32 "\tlogin_uid=%" PRIu32, uid, login_uid);
	if (*unit)
		fprintf(out, "\tunit=%s", unit);
	if (*script)
		fprintf(out, "\tscript=%s", script);
	if (*parent)
		fprintf(out, "\tparent=%s", parent);
	fputc('\n', out);
}

static void write_read(FILE *out, const char *time, const struct read_row *row)
{
	/* for a program beside the mail server, an open of a file of many messages counts like that
	 * of a message */
	uint64_t opens = row->messages + (row->reader == READER_SESSION ? 0 : row->mailbox_files);

	if (opens) {
		fprintf(out, "#also\treader=%s", reader_to_string(row->reader));
		write_actor(out, row->uid, row->login_uid, row->unit, row->script,
			    row->parent);
		fprintf(out, "%s\tread\t%s\t%s\t%s\t-\t%" PRIu64 "\t-\t%s\n", time,
			text_or_dash(row->service), text_or_dash(row->source), text_or_dash(row->account), opens,
			text_or_dash(row->actor));
	}
	if (row->bytes_sent)
		fprintf(out, "%s\tsent\t%s\t%s\t%s\t-\t1\t%" PRIu64 "\t-\n", time,
			text_or_dash(row->service), text_or_dash(row->source), text_or_dash(row->account),
			row->bytes_sent);
}

static void write_store(FILE *out, const char *time, const struct store_row *row)
{
	fprintf(out, "#also\tlisted=%s", row->allowed ? "yes" : "no");
	write_actor(out, row->uid, row->login_uid, row->unit, row->script, "");
	fprintf(out, "%s\tstore\t-\t-\t%s\t-\t%" PRIu64 "\t%" PRIu64 "\t%s\n", time, row->path,
		row->opens, row->bytes, text_or_dash(row->actor));
}

static void write_connection(FILE *out, const char *time, const struct connection_row *row)
{
	if (row->accepted)
		fprintf(out, "%s\tconn\t%s\t%s\t-\t-\t%" PRIu64 "\t%" PRIu64 "\t-\n", time,
			text_or_dash(row->service), text_or_dash(row->source), row->accepted, row->bytes_sent);
}

/* Stores' readers are in the counts of the tick as well. */
static void write_event(FILE *out, const char *time, const struct event_row *row)
{
	if (row->kind != EVENT_SECOND_ACCOUNT && row->kind != EVENT_OTHER_LOGIN)
		return;
	fprintf(out, "#also\tsession=%s\tpid=%" PRIu32, text_or_dash(row->account), row->pid);
	write_actor(out, row->uid, row->login_uid, row->unit, row->script, row->parent);
	fprintf(out, "%s\tread\t-\t%s\t%s\t-\t0\t-\t%s\n", time, text_or_dash(row->source),
		text_or_dash(row->object), text_or_dash(row->actor));
}

static void write_events(FILE *out, const char *time, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_events; i++)
		write_event(out, time, &snapshot->events[i]);
}

static char *lines_of(const struct snapshot *snapshot, const struct snapshot *heard)
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
	write_events(out, time, heard);
	write_events(out, time, snapshot);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		write_read(out, time, &snapshot->reads[i]);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		write_store(out, time, &snapshot->stores[i]);
	for (size_t i = 0; i < snapshot->n_connections; i++)
		write_connection(out, time, &snapshot->connections[i]);
	fclose(out);
	return text;
}

/* Rows of a snapshot that is gone by the next tick. */
void stream_hear(struct stream *stream, const struct snapshot *snapshot)
{
	struct snapshot *heard = &stream->heard;

	for (size_t i = 0; i < snapshot->n_events && heard->n_events < EVENTS; i++) {
		struct event_row *row = snapshot_add_event(heard);

		*row = snapshot->events[i];
		row->actor = snapshot_string(heard, row->actor);
		row->command = snapshot_string(heard, row->command);
		row->parent = snapshot_string(heard, row->parent);
		row->unit = snapshot_string(heard, row->unit);
		row->script = snapshot_string(heard, row->script);
		row->object = snapshot_string(heard, row->object);
		row->account = snapshot_string(heard, row->account);
		row->source = snapshot_string(heard, row->source);
	}
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
	stream->ticks[at].lines = lines_of(snapshot, &stream->heard);
	snapshot_reset(&stream->heard);
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
	snapshot_done(&stream->heard);
	*stream = (struct stream){0};
}
