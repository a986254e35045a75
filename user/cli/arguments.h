/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words after a command, checked before anything is asked: every option has one row in one
 * table, a command says which of them it takes.
 */
#ifndef WAX_CLI_ARGUMENTS_H
#define WAX_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"
#include "cli/console.h"

enum option {
	OPTION_BY,
	OPTION_TOP,
	OPTION_TENANT,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_ACCOUNT,
	OPTION_ACTOR,
	OPTION_CSV,
	OPTION_DETECTOR,
	OPTION_FOLLOW,
	OPTION_ROSTER,
	OPTION_CONFIG,
	OPTION_ACCEPTED,
	OPTION_FOR,
	OPTION_NOTE,
	OPTION_REVOKE,
	OPTION_INCLUDE,
	OPTION_FORMAT,
	OPTION_MAX,
};

/* text[i] is NULL for an option that was not given, "" for a given one without a value. since and
 * until are already RFC 3339. All point into argv or into this struct. */
struct arguments {
	const char *text[OPTION_MAX];
	const char *operand;
	char since[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES];
	bool help;
};

/* What a command takes. */
struct grammar {
	const char *command;
	const char *operand;  /* placeholder of its one operand, or NULL; --revoke stands for it */
	unsigned int options; /* bit set of enum option */
	const char *const
		*by; /* allowed words of --by, ending with NULL; the first is the default */
};

#define TAKES(option) (1U << (option))

/* Reads argv[0..argc); --json, --socket and --help are understood here too. Returns 0, or
 * EXIT_USAGE after saying what is wrong in one line. */
int arguments_parse(struct console *console, const struct grammar *grammar, int argc, char **argv,
		    struct arguments *ret);

/* "[--by WORD] [--top N]" of a command, and its lines of help. */
void arguments_print_synopsis(const struct grammar *grammar, FILE *out);
void arguments_print_help(const struct grammar *grammar, FILE *out);

#endif
