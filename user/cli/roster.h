/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a roster: which accounts there are.
 *
 *	ACCOUNT STATE LAST_LOGIN	(tab-separated; active, cancelled, honey; Unix seconds or -)
 */
#ifndef WAX_CLI_ROSTER_H
#define WAX_CLI_ROSTER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "detect/state/history.h"

/* Returns the number of accounts, or -EINVAL with "NAME:LINE: what is wrong; allowed: ..." in
 * ret_problem. With a history, tells it of each. */
int64_t roster_read(FILE *file, const char *name, struct history *history, char *ret_problem,
		    size_t size);

#endif
