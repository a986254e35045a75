/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of Dovecot's configuration for a doveconf that may not read all of it: the file and what it includes,
 * as one text, in memory only.
 */
#ifndef WAX_DISCOVER_DOVECOT_CONFIG_COPY_H
#define WAX_DISCOVER_DOVECOT_CONFIG_COPY_H

#include <stdbool.h>

/*
 * A descriptor of the copy, or -ENODATA: none is needed, since a program without capabilities can read all of
 * it, or there is nothing to copy. -EPERM: a file that must be copied is not root's alone, or any file with
 * of_root; -EFBIG, -ELOOP (of includes) or another -errno.
 */
int config_copy_open(const char *path, bool of_root);

#endif
