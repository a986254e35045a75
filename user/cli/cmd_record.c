/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal record: asks for the ticks since the last question, once a second. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/view.h"

#define PAUSE_SECONDS 1

static volatile sig_atomic_t record_is_over;

static void record_on_signal(int number)
{
	(void)number;
	record_is_over = 1;
}

/* Interrupting is how a recording ends, so it is no failure: what came until then is
 * written. A second signal ends the program while it waits for the daemon. */
static void record_catch_signals(void)
{
	const struct sigaction action = {.sa_handler = record_on_signal,
					 .sa_flags = SA_RESTART | (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Writes the ticks from *next on and moves it. Returns an exit code. */
static int record_write_ticks(const struct console *console, FILE *file, uint64_t *next)
{
	_cleanup_free_ char *target = xasprintf("/v1/stream/%" PRIu64, *next);
	struct client_reply reply = {0};
	json_t *document = NULL;
	const char *lines;
	int code = client_fetch(console, target, NULL, &reply, &document);

	if (code != EXIT_OK)
		return code;
	if (json_integer_value(json_object_get(document, "lost")) > 0)
		fprintf(file, "# %lld ticks are missing here\n",
			(long long)json_integer_value(json_object_get(document, "lost")));
	lines = json_string_value(json_object_get(document, "lines"));
	fputs(lines ? lines : "", file);
	*next = (uint64_t)json_integer_value(json_object_get(document, "next"));
	json_decref(document);
	client_reply_done(&reply);
	return fflush(file) == 0 ? EXIT_OK
				 : console_fail(console, "cannot write: %s", strerror(errno));
}

int record_run(struct console *console, const struct arguments *arguments)
{
	FILE *file = fopen(arguments->operand, "we");
	uint64_t next = 0;
	int code;

	if (!file)
		return console_fail(console, "cannot write %s: %s", arguments->operand,
				    strerror(errno));
	fputs("#waxseal-trace 1\n", file);
	record_catch_signals();
	while ((code = record_write_ticks(console, file, &next)) == EXIT_OK && !record_is_over)
		sleep(PAUSE_SECONDS);
	fclose(file);
	return code;
}
