/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Appends alerts to a file as lines of JSON. The file may be rotated at any time: each line goes
 * to the file that has the name now.
 */
#include "alert/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/foreign_file.h"
#include "base/mem.h"

enum { JSONL_PATH };

static const struct sink_key jsonl_keys[] = {
	[JSONL_PATH] = {.name = "path",
			.kind = SINK_KEY_PATH,
			.help = "The file; without it, alerts.jsonl of the state directory."},
	{},
};

struct jsonl {
	char *path;
	int fd;
	bool is_torn; /* the file ends in the middle of a line */
};

/* On a full disk half a line may be there, also from an earlier run. */
static bool jsonl_ends_torn(int fd)
{
	char link[64], last;
	struct stat file;
	_cleanup_close_ int reader = -1;

	if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode) || file.st_size == 0)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	reader = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return reader >= 0 && pread(reader, &last, 1, file.st_size - 1) == 1 && last != '\n';
}

static bool jsonl_is_in_place(const struct jsonl *jsonl)
{
	struct stat by_name, by_fd;

	return jsonl->fd >= 0 && stat(jsonl->path, &by_name) == 0 &&
	       fstat(jsonl->fd, &by_fd) == 0 && by_name.st_dev == by_fd.st_dev &&
	       by_name.st_ino == by_fd.st_ino;
}

static int jsonl_reopen(struct jsonl *jsonl)
{
	int fd = foreign_file_open_end(jsonl->path, 0640);

	if (fd < 0)
		return fd;
	if (jsonl->fd >= 0)
		(void)close(jsonl->fd);
	jsonl->fd = fd;
	jsonl->is_torn = jsonl_ends_torn(fd);
	return 0;
}

static uint64_t jsonl_close(void *state)
{
	struct jsonl *jsonl = state;

	if (jsonl->fd >= 0)
		(void)close(jsonl->fd);
	free(jsonl->path);
	free(jsonl);
	return 0;
}

static int jsonl_open(const struct sink_settings *settings, void **ret_state)
{
	const char *path = settings->values[JSONL_PATH].text;
	struct jsonl *jsonl = xcalloc(1, sizeof(*jsonl));

	jsonl->path = path ? xstrdup(path) : xasprintf("%s/alerts.jsonl", settings->state_dir);
	jsonl->fd = -1;
	*ret_state = jsonl;
	return jsonl_reopen(jsonl); /* else with the next alert */
}

/* Half a line is taken back; where that fails, too, the next one begins on a line of its own. */
static void jsonl_take_back(struct jsonl *jsonl, size_t written)
{
	struct stat file;

	if (written == 0)
		return;
	if (fstat(jsonl->fd, &file) < 0 || !S_ISREG(file.st_mode) ||
	    ftruncate(jsonl->fd, file.st_size - (off_t)written) < 0)
		jsonl->is_torn = true;
}

static int jsonl_write(struct jsonl *jsonl, const char *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t written = write(jsonl->fd, bytes + done, length - done);
		int error = errno;

		if (written < 0 && error == EINTR)
			continue;
		if (written < 0) {
			jsonl_take_back(jsonl, done);
			return -error;
		}
		done += (size_t)written;
	}
	jsonl->is_torn = false;
	return 0;
}

static int jsonl_send(void *state, const struct alert *alert)
{
	struct jsonl *jsonl = state;
	_cleanup_free_ char *line = NULL, *text = NULL;
	json_t *json;
	int r;

	if (!jsonl_is_in_place(jsonl)) {
		r = jsonl_reopen(jsonl);
		if (r < 0)
			return r;
	}
	json = alert_to_json(alert);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!text)
		return -EILSEQ;
	line = xasprintf("%s%s\n", jsonl->is_torn ? "\n" : "", text);
	return jsonl_write(jsonl, line, strlen(line));
}

const struct sink jsonl_sink = {
	.name = "jsonl",
	.help = "lines of JSON at the end of the file `path`",
	.keys = jsonl_keys,
	.enabled_by_default = false,
	.open = jsonl_open,
	.send = jsonl_send,
	.close = jsonl_close,
};
