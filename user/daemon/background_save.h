/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a large file beside the event loop: a child has the memory as it was at the fork, encodes it,
 * writes it and waits for the disk, and no tick waits for any of that. */
#ifndef WAX_DAEMON_BACKGROUND_SAVE_H
#define WAX_DAEMON_BACKGROUND_SAVE_H

#include <sys/types.h>

struct background_save {
	pid_t child; /* 0: none */
};

/* save returns 0 or -errno; it runs in the child, which has no descriptor but the standard ones. Returns
 * 0, -EBUSY (the last one is not finished) or another -errno. */
int background_save_start(struct background_save *background_save, int (*save)(void *context),
			  void *context);
/* -EINPROGRESS: not finished; -ENOENT: nothing was started. Else, once, what save() returned. */
int background_save_check(struct background_save *background_save);
/* Ends one that is not finished: what it wrote beside the file is of no use then. */
void background_save_cancel(struct background_save *background_save);

#endif
