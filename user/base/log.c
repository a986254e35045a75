/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines; each is one write, so that lines of several processes do not mix. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define LINE_BYTES 2048

/* syslog(3) priorities as the journal expects them (sd-daemon(3)). */
static const char *const prefixes[LOG_LEVEL_MAX] = {"<3>", "<4>", "<6>", "<7>"};
static const char *const words[LOG_LEVEL_MAX] = {"error", "warning", "info", "debug"};

static enum log_level current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	current_level = level;
}

enum log_level log_get_level(void)
{
	return current_level;
}

enum log_level log_level_from_string(const char *word)
{
	for (int i = 0; i < LOG_LEVEL_MAX; i++)
		if (!strcmp(words[i], word))
			return i;
	return LOG_LEVEL_INVALID;
}

/* JOURNAL_STREAM names the journal's device and inode, because standard error may have been
 * redirected since (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

static void write_line(enum log_level level, const char *text, const char *reason)
{
	const char *prefix = stderr_is_journal() ? prefixes[level] : "";
	_cleanup_free_ char *line = NULL;
	char safe[TEXT_ESCAPE_BYTES * LINE_BYTES];

	/* Paths in it may be anybody's. */
	text_escape(text, safe, sizeof(safe));
	line = xasprintf("%s%s%s%s\n", prefix, safe, reason ? ": " : "", reason ? reason : "");
	/* journald behind standard error may hang: then a line is lost, and nobody waits for it */
	if (send(STDERR_FILENO, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno == ENOTSOCK)
		(void)fputs(line, stderr);
}

static void log_text(enum log_level level, int error, const char *format, va_list arguments)
{
	const int saved_errno = errno;
	char text[LINE_BYTES];

	if (level <= current_level) {
		(void)vsnprintf(text, sizeof(text), format, arguments);
		write_line(level, text, error ? strerror(abs(error)) : NULL);
	}
	errno = saved_errno;
}

#define LOG_AT(level, error)                                                                       \
	do {                                                                                       \
		va_list arguments;                                                                 \
		va_start(arguments, format);                                                       \
		log_text(level, error, format, arguments);                                         \
		va_end(arguments);                                                                 \
	} while (0)

void log_error(const char *format, ...)
{
	LOG_AT(LOG_LEVEL_ERROR, 0);
}

void log_warning(const char *format, ...)
{
	LOG_AT(LOG_LEVEL_WARNING, 0);
}

void log_info(const char *format, ...)
{
	LOG_AT(LOG_LEVEL_INFO, 0);
}

void log_debug(const char *format, ...)
{
	LOG_AT(LOG_LEVEL_DEBUG, 0);
}

int log_error_errno(int error, const char *format, ...)
{
	LOG_AT(LOG_LEVEL_ERROR, error);
	return -abs(error);
}

int log_warning_errno(int error, const char *format, ...)
{
	LOG_AT(LOG_LEVEL_WARNING, error);
	return -abs(error);
}
