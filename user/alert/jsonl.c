/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Appends alerts to a file as lines of JSON. The file may be rotated at any time: each line goes
 * to the file that has the name now.
 */
#include "alert/sink.h"

#include <errno.h>
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
};

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

static int jsonl_write(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		length -= (size_t)written;
	}
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
	line = xasprintf("%s\n", text);
	return jsonl_write(jsonl->fd, line, strlen(line));
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
