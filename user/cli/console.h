/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a command speaks to and how: streams, width, colour and the moment it was called. All are
 * members, so that a test can hand a command its own.
 */
#ifndef WAX_CLI_CONSOLE_H
#define WAX_CLI_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Exit status of the contract. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2,
};

struct console {
	FILE *out, *err;
	const char *socket; /* path of the daemon's socket */
	bool json;	    /* print documents as they came */
	bool color;
	unsigned int width; /* columns of the terminal; 0: not a terminal, cut nothing */
	int64_t now_us;
};

/* Standard streams; colour and width only when standard output is a terminal. */
void console_init(struct console *console);

/* One line "waxseal: ..." on err. Return EXIT_RUNTIME and EXIT_USAGE. */
int console_fail(const struct console *console, const char *message, ...)
	__attribute__((format(printf, 2, 3)));
int console_misuse(const struct console *console, const char *message, ...)
	__attribute__((format(printf, 2, 3)));

/* Tells whether all of the output could be written; says so when not. EXIT_OK or EXIT_RUNTIME. */
int console_finish(const struct console *console, int code);

#endif
