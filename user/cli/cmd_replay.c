/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal replay: the trace second by second through the detectors that the daemon runs, with their
 * default settings.
 *
 * Each alert is one line, as it stood when it was over or at the end of the trace, in the order in
 * which they were raised.
 */
#include <errno.h>
#include <string.h>

#include "alert/registry.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/roster.h"
#include "cli/second.h"
#include "cli/trace.h"
#include "detect/detector.h"

#define QUIET_US US_PER_HOUR /* the daemon's default, too */
#define ACTIVE_ALERTS 65536
#define PENDING_ALERTS (4 * ACTIVE_ALERTS)
#define MAX_DETECTORS 32

struct replay {
	const struct console *console;
	struct registry *registry;
	void *states[MAX_DETECTORS];
	json_t *pending; /* id -> alert that waits for being over; keeps the order of raising */
	bool ended;	 /* the trace is; what is closed now is still active */
	struct finding_list findings;
};

static void print_line(const struct replay *replay, const json_t *alert)
{
	json_dumpf(alert, replay->console->out, JSON_COMPACT);
	fputc('\n', replay->console->out);
}

static bool is_over(const json_t *alert)
{
	return strcmp(json_string_value(json_object_get(alert, "state")), "over") == 0;
}

/* Writes what stands first and changes no more; all of it at the end. */
static void replay_flush(struct replay *replay)
{
	void *first;

	while ((first = json_object_iter(replay->pending)) != NULL) {
		const json_t *alert = json_object_iter_value(first);
		bool full = json_object_size(replay->pending) > PENDING_ALERTS;

		if (!replay->ended && !full && !is_over(alert))
			return;
		print_line(replay, alert);
		json_object_del(replay->pending, json_object_iter_key(first));
	}
}

static void replay_hear(void *context, const struct alert *alert, enum registry_change change)
{
	struct replay *replay = context;
	json_t *document = alert_to_json(alert);

	if (change == REGISTRY_OVER && replay->ended)
		json_object_set_new(document, "state", json_string("active"));
	json_object_set_new(replay->pending, alert->id, document);
}

static void *detector_start(const struct detector *detector)
{
	double settings[64];
	size_t n = 0;

	for (; detector->keys && detector->keys[n].name && n < ARRAY_LENGTH(settings); n++)
		settings[n] = detector->keys[n].value;
	return detector->new (settings);
}

static void replay_init(struct replay *replay, const struct console *console)
{
	*replay = (struct replay){.console = console, .pending = json_object()};
	replay->registry = registry_new(QUIET_US, ACTIVE_ALERTS, replay_hear, replay);
	for (size_t i = 0; detectors[i] && i < MAX_DETECTORS; i++)
		replay->states[i] = detector_start(detectors[i]);
}

static void replay_done(struct replay *replay)
{
	for (size_t i = 0; detectors[i] && i < MAX_DETECTORS; i++)
		detectors[i]->free(replay->states[i]);
	registry_free(replay->registry);
	finding_list_done(&replay->findings);
	json_decref(replay->pending);
}

/* Seconds in which nothing happened are skipped; what went quiet meanwhile is closed first. */
static void replay_tick(struct replay *replay, const struct snapshot *snapshot)
{
	registry_expire(replay->registry, snapshot->from_us);
	for (size_t i = 0; detectors[i] && i < MAX_DETECTORS; i++)
		detectors[i]->observe(replay->states[i], snapshot, &replay->findings);
	registry_apply(replay->registry, &replay->findings, snapshot->until_us);
	finding_list_done(&replay->findings);
	replay_flush(replay);
}

static void replay_end(struct replay *replay)
{
	replay->ended = true;
	registry_expire(replay->registry, INT64_MAX);
	replay_flush(replay);
}

static int replay_trace(struct replay *replay, struct trace *trace)
{
	struct second second = {0};
	struct trace_record record;
	int r;

	while ((r = trace_next(trace, &record)) > 0) {
		if (record.time_us >= second.snapshot.until_us) {
			if (second.snapshot.until_us > 0)
				replay_tick(replay, &second.snapshot);
			second_begin(&second, record.time_us);
		}
		second_add(&second, &record);
	}
	if (second.snapshot.until_us > 0)
		replay_tick(replay, &second.snapshot);
	replay_end(replay);
	second_done(&second);
	return r;
}

/* "-" is standard input. */
static FILE *open_input(const char *path)
{
	return strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
}

static int check_roster(const struct console *console, const char *path)
{
	char problem[512];
	FILE *file = fopen(path, "re");
	int r;

	if (!file)
		return console_fail(console, "cannot open %s: %s", path, strerror(errno));
	r = roster_check(file, path, problem, sizeof(problem));
	fclose(file);
	if (r < 0)
		return console_misuse(console, "%s", problem);
	fputs("waxseal: replay: the roster is correct, but no detector asks for it yet\n",
	      console->err);
	return EXIT_OK;
}

static int replay_file(const struct console *console, FILE *file, const char *path)
{
	_cleanup_free_ struct trace *trace = xmalloc(sizeof(*trace));
	struct replay replay;
	int r = trace_open(trace, file, path);

	if (r == 0) {
		replay_init(&replay, console);
		r = replay_trace(&replay, trace);
		replay_done(&replay);
	}
	return r < 0 ? console_misuse(console, "%s", trace->problem) : EXIT_OK;
}

int replay_run(struct console *console, const struct arguments *arguments)
{
	FILE *file;
	int code;

	if (arguments->text[OPTION_CONFIG])
		return console_fail(console, "replay: --config is not yet supported; the detectors "
					     "run with their defaults");
	if (arguments->text[OPTION_ROSTER]) {
		code = check_roster(console, arguments->text[OPTION_ROSTER]);
		if (code != EXIT_OK)
			return code;
	}
	file = open_input(arguments->operand);
	if (!file)
		return console_fail(console, "cannot open %s: %s", arguments->operand,
				    strerror(errno));
	code = replay_file(console, file, arguments->operand);
	if (file != stdin)
		fclose(file);
	return code;
}
