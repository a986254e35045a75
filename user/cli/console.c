/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two streams of a command, and its way of failing: one line that names the program. */
#include "cli/console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/time.h"

#define MINIMUM_WIDTH 40

static unsigned int console_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col < MINIMUM_WIDTH ? MINIMUM_WIDTH : size.ws_col;
}

/* https://no-color.org: set and not empty means none. */
static bool console_has_color(void)
{
	const char *refused = getenv("NO_COLOR"), *term = getenv("TERM");

	if (refused && *refused)
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

void console_init(struct console *console)
{
	*console = (struct console){
		.out = stdout,
		.err = stderr,
		.socket = "/run/waxseal/waxseal.sock",
		.color = console_has_color(),
		.width = console_terminal_width(),
		.now_us = time_now_us(),
	};
}

static void console_print_error(const struct console *console, const char *message, va_list args)
{
	fflush(console->out);
	fputs("waxseal: ", console->err);
	vfprintf(console->err, message, args);
	fputc('\n', console->err);
}

int console_fail(const struct console *console, const char *message, ...)
{
	va_list args;

	va_start(args, message);
	console_print_error(console, message, args);
	va_end(args);
	return EXIT_RUNTIME;
}

int console_misuse(const struct console *console, const char *message, ...)
{
	va_list args;

	va_start(args, message);
	console_print_error(console, message, args);
	va_end(args);
	return EXIT_USAGE;
}

int console_finish(const struct console *console, int code)
{
	errno = 0;
	if (fflush(console->out) == 0 && !ferror(console->out))
		return code;
	return console_fail(console, "cannot write the output: %s", strerror(errno ? errno : EIO));
}
