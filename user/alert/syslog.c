/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts as lines of the system log. Not by syslog(3), which waits when the log's daemon does not
 * read: one datagram, in its form, that is sent at once or not at all.
 */
#include "alert/sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include "base/mem.h"
#include "base/time.h"

#define MESSAGE_BYTES 8192 /* what rsyslog takes by default */

static const int priorities[SEVERITY_MAX] = {
	[SEVERITY_NOTICE] = LOG_NOTICE,
	[SEVERITY_WARNING] = LOG_WARNING,
	[SEVERITY_CRITICAL] = LOG_CRIT,
};

enum { SYSLOG_PATH };

static const struct sink_key syslog_keys[] = {
	[SYSLOG_PATH] = {"path", SINK_KEY_PATH, "The datagram socket of the log's daemon.",
			 .initial = "/dev/log"},
	{},
};

struct syslog {
	struct sockaddr_un address;
	int fd;
};

static int syslog_open(const struct sink_settings *settings, void **ret_state)
{
	const char *path = settings->values[SYSLOG_PATH].text;
	struct syslog *syslog;

	if (strlen(path) >= sizeof(syslog->address.sun_path))
		return -ENAMETOOLONG;
	syslog = xcalloc(1, sizeof(*syslog));
	syslog->address.sun_family = AF_UNIX;
	(void)strcpy(syslog->address.sun_path, path);
	syslog->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (syslog->fd < 0) {
		free(syslog);
		return -errno;
	}
	*ret_state = syslog;
	return 0;
}

static size_t syslog_write(const struct alert *alert, char *ret_text, size_t size)
{
	time_t seconds = alert->last_us / US_PER_SECOND;
	char when[32] = "";
	struct tm local;
	int length;

	if (localtime_r(&seconds, &local))
		(void)strftime(when, sizeof(when), "%h %e %T", &local);
	length = snprintf(ret_text, size, "<%d>%s waxseald[%d]: %s %s: %s (%s %s, alert %s)",
			  LOG_AUTHPRIV | priorities[alert->severity], when, (int)getpid(),
			  severity_to_string(alert->severity), alert->detector, alert->message,
			  subject_kind_to_string(alert->subject_kind), alert->subject, alert->id);
	return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

static int syslog_send(void *state, const struct alert *alert)
{
	const struct syslog *syslog = state;
	char text[MESSAGE_BYTES];
	size_t length = syslog_write(alert, text, sizeof(text));

	/* To the name each time: the log's daemon may be a new one. */
	if (sendto(syslog->fd, text, length, MSG_NOSIGNAL,
		   (const struct sockaddr *)&syslog->address, sizeof(syslog->address)) < 0)
		return -errno;
	return 0;
}

static uint64_t syslog_close(void *state)
{
	struct syslog *syslog = state;

	(void)close(syslog->fd);
	free(syslog);
	return 0;
}

const struct sink syslog_sink = {
	.name = "syslog",
	.help = "the system log, at the socket `path` (/dev/log), facility authpriv",
	.keys = syslog_keys,
	.enabled_by_default = false,
	.open = syslog_open,
	.send = syslog_send,
	.close = syslog_close,
};
