/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a roster: which accounts there are.
 *
 *	ACCOUNT STATE LAST_LOGIN	(tab-separated; active, cancelled, honey; Unix seconds or -)
 *
 * No detector asks for it yet; what is checked today will be handed on tomorrow.
 */
#ifndef WAX_CLI_ROSTER_H
#define WAX_CLI_ROSTER_H

#include <stddef.h>
#include <stdio.h>

/* Returns 0, or -EINVAL with "NAME:LINE: what is wrong; allowed: ..." in ret_problem. */
int roster_check(FILE *file, const char *name, char *ret_problem, size_t size);

#endif
