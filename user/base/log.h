/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines for the operator, on standard error. Under systemd each line carries its priority so
 * that the journal can filter it.
 */
#ifndef WAX_BASE_LOG_H
#define WAX_BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_MAX,
	LOG_LEVEL_INVALID = -22,
};

/* The default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* "error", "warning", "info", "debug"; -EINVAL for any other word. */
enum log_level log_level_from_string(const char *word);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs the message with the reason behind it. error may be positive or negative; returns it
 * negative, so that a caller can log and return in one line. */
int log_error_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
int log_warning_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
