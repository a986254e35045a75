/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of a roster:
 *
 *	ACCOUNT STATE LAST_LOGIN	(tab-separated; active, cancelled, honey; Unix seconds or -)
 */
#ifndef WAX_DETECT_MEMBER_H
#define WAX_DETECT_MEMBER_H

#include "detect/memory.h"

struct member {
	const char *account; /* points into the line */
	enum account_state state;
	int64_t last_login_us; /* 0: unknown or never */
};

/* Cuts the line at its tabs. Returns NULL, or what is wrong and what is allowed. */
const char *member_parse(char *line, struct member *ret);

#endif
