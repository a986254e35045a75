/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace as replay reads it, up to the snapshots the detectors see. What is accepted holds no
 * NUL, keeps the promises of its columns, and goes forward in time.
 */
#include "cli/replay_window.h"
#include "cli/trace.h"
#include "fuzz/fuzz.h"

static void check(const struct trace_record *record, int64_t last_us)
{
	const char *texts[] = {record->service, record->source, record->account, record->actor,
			       record->unit,	record->parent, record->session};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		must(fuzz_is_utf8(texts[i]) && fuzz_is_one_line(texts[i]));
	must(record->time_us >= last_us && (unsigned int)record->kind < TRACE_MAX);
	must((record->kind == TRACE_AUTH) == (record->outcome >= 0));
	must(record->outcome < OUTCOME_MAX);
	must((unsigned int)record->mechanism < MECHANISM_MAX);
	must((unsigned int)record->transport < TRANSPORT_MAX && record->reader < READER_MAX);
	must(!record->actor[0] || record->actor[0] == '/');
}

static void add(struct replay_window *second, const struct trace_record *record)
{
	const struct snapshot *snapshot = &second->snapshot;

	if (record->time_us >= snapshot->until_us)
		replay_window_begin(second, record->time_us);
	replay_window_add(second, record);
	must(snapshot->from_us <= record->time_us && record->time_us < snapshot->until_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct trace trace;
	FILE *file = size ? fmemopen((void *)(uintptr_t)bytes, size, "r") : NULL;
	struct replay_window second = {0};
	struct trace_record record;
	int64_t last_us = 0;
	int r;

	if (!file)
		return 0;
	r = trace_open(&trace, file, "fuzz");
	if (r == 0)
		while ((r = trace_next(&trace, &record)) > 0) {
			check(&record, last_us);
			add(&second, &record);
			last_us = record.time_us;
		}
	must(r == 0 || strncmp(trace.problem, "fuzz:", 5) == 0);
	must(r == 0 || fuzz_is_one_line(trace.problem));
	must(r < 0 || !memchr(bytes, '\0', size));
	replay_window_done(&second);
	fclose(file);
	return 0;
}
