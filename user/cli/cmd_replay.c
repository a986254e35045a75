/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal replay: the trace second by second through the detectors that the daemon runs, with their
 * default settings or those of a configuration file.
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
#include "cli/replay_window.h"
#include "cli/trace.h"
#include "config/config.h"
#include "detect/engine.h"

#define PENDING_ALERTS 262144

struct replay {
	const struct console *console;
	struct registry *registry;
	struct engine *engine;
	const char *roster; /* path, or NULL */
	uint64_t members;   /* of it */
	struct config config;
	struct replay_readers readers;
	json_t *pending; /* id -> alert that waits for being over; keeps the order of raising */
	bool ended;	 /* the trace is; what is closed now is still active */
	unsigned int early_ticks; /* in this second */
	struct finding_list findings;
};

static bool replay_is_over(const json_t *alert)
{
	return strcmp(json_string_value(json_object_get(alert, "state")), "over") == 0;
}

/* Prints the alerts at the head of the queue that are over; at the end of the trace, all. */
static void replay_flush(struct replay *replay)
{
	void *first;

	while ((first = json_object_iter(replay->pending)) != NULL) {
		const json_t *alert = json_object_iter_value(first);
		bool full = json_object_size(replay->pending) > PENDING_ALERTS;

		if (!replay->ended && !full && !replay_is_over(alert))
			return;
		json_dumpf(alert, replay->console->out, JSON_COMPACT);
		fputc('\n', replay->console->out);
		json_object_del(replay->pending, json_object_iter_key(first));
	}
}

static void replay_hear(void *context, struct alert *alert, enum registry_change change)
{
	struct replay *replay = context;
	json_t *document;

	if (change == REGISTRY_NAMED)
		return; /* nobody writes them down here */
	document = alert_to_json(alert);
	if (change == REGISTRY_OVER && replay->ended)
		json_object_set_new(document, "state", json_string("active"));
	json_object_set_new(replay->pending, alert->id, document);
}

static void replay_done(struct replay *replay)
{
	engine_free(replay->engine);
	registry_free(replay->registry);
	finding_list_done(&replay->findings);
	json_decref(replay->pending);
	replay_readers_done(&replay->readers);
	config_done(&replay->config);
}

/* The roster is taken as of the first record; the tables are sized by its length. */
static int replay_load_roster(struct replay *replay, int64_t now_us, char *ret_problem, size_t size)
{
	FILE *file = fopen(replay->roster, "re");
	int64_t count;

	if (!file) {
		snprintf(ret_problem, size, "cannot open %s: %s", replay->roster, strerror(errno));
		return -EIO;
	}
	history_advance(engine_history(replay->engine), now_us);
	history_set_complete(engine_history(replay->engine), true);
	count = roster_read(file, replay->roster, engine_history(replay->engine), ret_problem,
			    size);
	fclose(file);
	return count < 0 ? (int)count : 0;
}

/* Accounts that the configuration names one by one. */
static void replay_add_listed(const struct replay *replay)
{
	const struct config *config = &replay->config;
	struct history *history = engine_history(replay->engine);

	for (size_t i = 0; i < config->cancelled.count; i++)
		history_add_account(history, config->cancelled.items[i], ACCOUNT_CANCELLED, 0);
	for (size_t i = 0; i < config->honey.count; i++)
		history_add_account(history, config->honey.items[i], ACCOUNT_HONEY, 0);
}

/* At the first record. */
static int replay_begin(struct replay *replay, int64_t now_us, char *ret_problem, size_t size)
{
	int r;

	replay->registry = registry_new((int64_t)replay->config.quiet_us, REGISTRY_CAPACITY,
					replay_hear, replay);
	replay->engine = config_start_engine(&replay->config,
					     replay->roster ? replay->members + 1000 : 0);
	r = replay->roster ? replay_load_roster(replay, now_us, ret_problem, size) : 0;
	if (r == 0)
		replay_add_listed(replay);
	return r;
}

/* Seconds without records are skipped; alerts that expired meanwhile are closed first. */
static void replay_tick(struct replay *replay, const struct snapshot *snapshot)
{
	registry_expire(replay->registry, snapshot->from_us);
	engine_observe(replay->engine, snapshot, &replay->findings);
	for (size_t i = 0; i < replay->findings.count; i++) {
		const struct finding_list one = {.items = &replay->findings.items[i], .count = 1};

		if (!acceptances_answer(&replay->readers.acceptances, one.items,
					snapshot->until_us))
			registry_apply(replay->registry, &one, snapshot->until_us);
	}
	finding_list_done(&replay->findings);
	replay_flush(replay);
}

/* As the kernel asks for an early tick, see sensors_is_due(). */
static bool replay_is_due(const struct replay *replay, struct replay_window *window,
			  const struct trace_record *record)
{
	const struct store_row *row = replay_window_store(window, record);

	return row && row->allowed && replay->early_ticks < ENGINE_EARLY_TICKS &&
	       row->bytes >=
		       engine_read_budget(replay->engine, record->time_us, row->path, row->actor);
}

static void replay_early_tick(struct replay *replay, struct replay_window *window, int64_t now_us)
{
	int64_t until_us = window->snapshot.until_us;

	window->snapshot.until_us = now_us;
	replay_tick(replay, &window->snapshot);
	replay_window_go_on(window, now_us, until_us);
	replay->early_ticks++;
}

static void replay_end(struct replay *replay)
{
	replay->ended = true;
	if (!replay->registry)
		return;
	registry_expire(replay->registry, INT64_MAX);
	replay_flush(replay);
}

static int replay_trace(struct replay *replay, struct trace *trace)
{
	struct replay_window window = {.readers = &replay->readers};
	struct trace_record record;
	int r;

	while ((r = trace_next(trace, &record)) > 0) {
		if (!replay->engine) {
			r = replay_begin(replay, record.time_us, trace->problem,
					 sizeof(trace->problem));
			if (r < 0)
				break;
		}
		if (record.time_us >= window.snapshot.until_us) {
			if (window.snapshot.until_us > 0)
				replay_tick(replay, &window.snapshot);
			replay_window_begin(&window, record.time_us);
			replay->early_ticks = 0;
		}
		replay_window_add(&window, &record);
		if (replay_is_due(replay, &window, &record))
			replay_early_tick(replay, &window, record.time_us);
	}
	if (window.snapshot.until_us > 0)
		replay_tick(replay, &window.snapshot);
	replay_end(replay);
	replay_window_done(&window);
	return r;
}

/* The whole file with its drop-ins, as the daemon reads it. */
static int replay_configure(const struct console *console, const char *path, struct replay *replay)
{
	char problem[CONFIG_PROBLEM_BYTES];
	int r;

	if (!path) {
		config_init(&replay->config);
		return EXIT_OK;
	}
	r = config_load_of_anybody(path, &replay->config, problem);
	if (r < 0)
		return r == -EINVAL ? console_misuse(console, "%s", problem)
				    : console_fail(console, "%s", problem);
	replay_readers_configure(&replay->readers, &replay->config);
	if (!replay->roster)
		replay->roster = replay->config.roster;
	return EXIT_OK;
}

/* Of a file, or of the daemon that runs with this configuration. */
static int replay_read_accepted(const struct console *console, const struct arguments *arguments,
				struct replay_readers *readers)
{
	if (arguments->text[OPTION_ACCEPTED])
		return replay_readers_load(readers, console, arguments->text[OPTION_ACCEPTED]);
	return arguments->text[OPTION_CONFIG] ? replay_readers_ask(readers, console) : EXIT_OK;
}

/* Checks the roster even when the trace has no record. */
static int replay_check_roster(const struct console *console, const char *path, uint64_t *ret_count)
{
	char problem[512];
	FILE *file = path ? fopen(path, "re") : NULL;
	int64_t count;

	if (!path)
		return EXIT_OK;
	if (!file)
		return console_fail(console, "cannot open %s: %s", path, strerror(errno));
	count = roster_read(file, path, NULL, problem, sizeof(problem));
	fclose(file);
	*ret_count = count < 0 ? 0 : (uint64_t)count;
	return count < 0 ? console_misuse(console, "%s", problem) : EXIT_OK;
}

static int replay_file(const struct console *console, FILE *file, const char *path,
		       struct replay *replay)
{
	_cleanup_free_ struct trace *trace = xmalloc(sizeof(*trace));
	int r = trace_open(trace, file, path);

	if (r == 0)
		r = replay_trace(replay, trace);
	return r < 0 ? console_misuse(console, "%s", trace->problem) : EXIT_OK;
}

static int replay_path(const struct console *console, const char *path, struct replay *replay)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int code;

	if (!file)
		return console_fail(console, "cannot open %s: %s", path, strerror(errno));
	code = replay_file(console, file, path, replay);
	if (file != stdin)
		fclose(file);
	return code;
}

int replay_run(struct console *console, const struct arguments *arguments)
{
	struct replay replay = {
		.console = console,
		.pending = json_object(),
		.roster = arguments->text[OPTION_ROSTER],
	};
	int code;

	code = replay_configure(console, arguments->text[OPTION_CONFIG], &replay);
	if (code == EXIT_OK)
		code = replay_read_accepted(console, arguments, &replay.readers);
	if (code == EXIT_OK)
		code = replay_check_roster(console, replay.roster, &replay.members);
	if (code == EXIT_OK)
		code = replay_path(console, arguments->operand, &replay);
	replay_done(&replay);
	return code;
}
