/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens paths whose file systems may not answer: NFS, FUSE. It happens in a thread, which is left to itself
 * when it takes too long, so that whoever asks waits a bounded time. A path for which a thread still waits is
 * not tried again.
 */
#ifndef WAX_BASE_PATH_PROBE_H
#define WAX_BASE_PATH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Without progress for this long a path is given up. */
#define PATH_PROBE_MS 500
/* Threads that may wait in vain at a time; with as many, every other path is taken for stuck. */
#define PATH_PROBE_STUCK 8

enum path_answer {
	PATH_ABSENT,
	PATH_SAME, /* the inode that was known before */
	PATH_NEW,  /* another one, open */
	PATH_STUCK,
};

struct probed_path {
	const char *path;
	/* The inode that is known; 0: none. */
	dev_t device;
	ino_t inode;
	bool with_folder; /* its folder, too */

	enum path_answer answer;
	/* Of PATH_NEW: O_PATH, the caller's. folder_fd is -1 if it was not asked for or cannot be opened. */
	int fd, folder_fd;
	struct stat file, folder;
	bool is_folder_roots; /* it and all above it are root's or ours, and nobody else may write */
	char *place; /* without links; the caller's, NULL without a folder */
};

/* Fills in the answers of all. */
void path_probe(struct probed_path *paths, size_t count);

#endif
