/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts as journal entries with fields of their own: journalctl WAXSEAL_DETECTOR=takeover. Not by
 * sd_journal_send(3), which waits when journald does not read: one datagram in the journal's native
 * protocol, that is sent at once or not at all.
 */
#include "alert/sink.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "base/mem.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static const int priorities[SEVERITY_MAX] = {
	[SEVERITY_NOTICE] = LOG_NOTICE,
	[SEVERITY_WARNING] = LOG_WARNING,
	[SEVERITY_CRITICAL] = LOG_CRIT,
};

enum { JOURNAL_PATH };

static const struct sink_key journal_keys[] = {
	[JOURNAL_PATH] = {"path", SINK_KEY_PATH, "The datagram socket of journald.",
			  .initial = JOURNAL_SOCKET},
	{},
};

struct journal {
	struct sockaddr_un address;
	int fd;
};

static int journal_open(const struct sink_settings *settings, void **ret_state)
{
	const char *path = settings->values[JOURNAL_PATH].text;
	struct journal *journal;

	if (strlen(path) >= sizeof(journal->address.sun_path))
		return -ENAMETOOLONG;
	journal = xcalloc(1, sizeof(*journal));
	journal->address.sun_family = AF_UNIX;
	(void)strcpy(journal->address.sun_path, path);
	journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (journal->fd < 0) {
		free(journal);
		return -errno;
	}
	*ret_state = journal;
	return 0;
}

/* NAME, newline, length, value, newline: so a value may have lines of its own. */
static void journal_write_field(FILE *out, const char *name, const char *value)
{
	uint64_t length = htole64(strlen(value));

	fprintf(out, "%s\n", name);
	(void)fwrite(&length, sizeof(length), 1, out);
	fprintf(out, "%s\n", value);
}

static void journal_write(FILE *out, const struct alert *alert)
{
	_cleanup_free_ char *message =
		xasprintf("%s%s", alert->active ? "" : "Over: ", alert->message);

	journal_write_field(out, "MESSAGE", message);
	fprintf(out, "PRIORITY=%i\nSYSLOG_IDENTIFIER=waxseald\n",
		alert->active ? priorities[alert->severity] : LOG_INFO);
	journal_write_field(out, "WAXSEAL_ALERT_ID", alert->id);
	journal_write_field(out, "WAXSEAL_DETECTOR", alert->detector);
	journal_write_field(out, "WAXSEAL_SEVERITY", severity_to_string(alert->severity));
	journal_write_field(out, "WAXSEAL_SUBJECT_KIND",
			    subject_kind_to_string(alert->subject_kind));
	journal_write_field(out, "WAXSEAL_SUBJECT", alert->subject);
	journal_write_field(out, "WAXSEAL_STATE", alert->active ? "active" : "over");
}

static int journal_send(void *state, const struct alert *alert)
{
	const struct journal *journal = state;
	_cleanup_free_ char *entry = NULL;
	size_t length;
	FILE *out = open_memstream(&entry, &length);

	if (!out)
		abort();
	journal_write(out, alert);
	(void)fclose(out);
	/* To the name each time: journald may be a new one. */
	if (sendto(journal->fd, entry, length, MSG_NOSIGNAL,
		   (const struct sockaddr *)&journal->address, sizeof(journal->address)) >= 0)
		return 0;
	/* a host without journald is no trouble */
	return errno == ENOENT ? 0 : -errno;
}

static uint64_t journal_close(void *state)
{
	struct journal *journal = state;

	(void)close(journal->fd);
	free(journal);
	return 0;
}

const struct sink journal_sink = {
	.name = "journal",
	.help = "the systemd journal",
	.keys = journal_keys,
	.enabled_by_default = true,
	.open = journal_open,
	.send = journal_send,
	.close = journal_close,
};
