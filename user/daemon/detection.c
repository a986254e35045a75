/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state is written beside and renamed, so that a crash leaves the old one or the new one. */
#include "daemon/detection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/foreign_file.h"
#include "base/mem.h"

#define STATE_MODE 0600
#define STATE_BYTES (UINT64_C(4) << 30) /* ten times what 14 million accounts take */

struct detection {
	const struct config *config;
	struct engine *engine;
};

struct detection *detection_new(const struct config *config)
{
	struct detection *detection = xcalloc(1, sizeof(*detection));

	detection->config = config;
	detection->engine = config_start_engine(config, /* listed= */ 0);
	return detection;
}

void detection_free(struct detection *detection)
{
	if (!detection)
		return;
	engine_free(detection->engine);
	free(detection);
}

struct engine *detection_engine(struct detection *detection)
{
	return detection->engine;
}

void detection_observe(struct detection *detection, const struct snapshot *snapshot,
		       struct finding_list *ret)
{
	engine_observe(detection->engine, snapshot, ret);
}

static int detection_read_file(const char *path, char **ret_bytes, size_t *ret_length)
{
	_cleanup_close_ int fd =
		foreign_file_open(path, FOREIGN_OF_ANYBODY, STATE_BYTES, NULL);

	return fd < 0 ? fd : foreign_file_read(fd, STATE_BYTES, ret_bytes, ret_length);
}

int detection_load(struct detection *detection, const char *path)
{
	_cleanup_free_ char *bytes = NULL;
	_cleanup_free_ char *aside = xasprintf("%s.bad", path);
	size_t length = 0;
	int r = detection_read_file(path, &bytes, &length);

	if (r < 0)
		return r;
	r = engine_decode(detection->engine, (const unsigned char *)bytes, length);
	if (r == 0)
		return 0;
	engine_free(detection->engine);
	detection->engine = config_start_engine(detection->config, /* listed= */ 0);
	(void)rename(path, aside);
	return r;
}

static int detection_write_file(int fd, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int detection_save(struct detection *detection, const char *path)
{
	_cleanup_free_ char *beside = xasprintf("%s.new", path);
	_cleanup_close_ int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, STATE_MODE);
	_cleanup_free_ unsigned char *bytes = NULL;
	size_t length;
	int r;

	if (fd < 0)
		return -errno;
	bytes = engine_encode(detection->engine, &length);
	r = detection_write_file(fd, bytes, length);
	if (r < 0)
		return r;
	return rename(beside, path) < 0 ? -errno : 0;
}
