/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands: a new one is one function, declared here, and one row in commands.c.
 */
#ifndef WAX_CLI_COMMAND_H
#define WAX_CLI_COMMAND_H

#include "cli/arguments.h"
#include "cli/console.h"

struct command {
	struct grammar grammar;
	const char *help;	 /* for the list of commands, 48 columns at most */
	const char *description; /* lines for its own help, 80 columns at most */
	int (*run)(struct console *console, const struct arguments *arguments);
};

/* Ends with a NULL run. */
extern const struct command commands[];

const struct command *command_find(const char *name);
void command_print_help(const struct command *command, FILE *out);
/* Parses the words after the command's name and runs it. Returns an exit code. */
int command_run(const struct command *command, struct console *console, int argc, char **argv);

int status_run(struct console *console, const struct arguments *arguments);
int accounts_run(struct console *console, const struct arguments *arguments);
int account_run(struct console *console, const struct arguments *arguments);
int sources_run(struct console *console, const struct arguments *arguments);
int source_run(struct console *console, const struct arguments *arguments);
int tenants_run(struct console *console, const struct arguments *arguments);
int stores_run(struct console *console, const struct arguments *arguments);
int alerts_run(struct console *console, const struct arguments *arguments);
int blocklist_run(struct console *console, const struct arguments *arguments);
int accept_run(struct console *console, const struct arguments *arguments);
int accepted_run(struct console *console, const struct arguments *arguments);
int explain_run(struct console *console, const struct arguments *arguments);
int affected_run(struct console *console, const struct arguments *arguments);
int ledger_run(struct console *console, const struct arguments *arguments);
int coverage_run(struct console *console, const struct arguments *arguments);
int doctor_run(struct console *console, const struct arguments *arguments);
int record_run(struct console *console, const struct arguments *arguments);
int replay_run(struct console *console, const struct arguments *arguments);

#endif
