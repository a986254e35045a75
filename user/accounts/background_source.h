/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source that is read in a thread of its own, because its files may lie where nobody answers (NFS, FUSE). When
 * nothing comes for too long it is broken, and the thread is left to itself.
 *
 * The source gets copies of the lists of roots and last logins, and nothing else of its settings but the time.
 */
#ifndef WAX_ACCOUNTS_BACKGROUND_SOURCE_H
#define WAX_ACCOUNTS_BACKGROUND_SOURCE_H

#include "accounts/account_source.h"

/* Without an answer for this long a source is broken. */
#define BACKGROUND_SOURCE_SECONDS 30

/* For the three functions of a struct account_source; NULL as of the inner source, or without a thread. */
void *background_source_open(const struct account_source *inner,
			     const struct account_source_settings *scope);
enum account_source_step background_source_step(void *state, struct found_account *ret, char *problem);
void background_source_close(void *state);

#endif
