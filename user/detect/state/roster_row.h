/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of a roster:
 *
 *	ACCOUNT STATE LAST_LOGIN	(tab-separated; active, cancelled, honey; Unix seconds or -)
 */
#ifndef WAX_DETECT_STATE_ROSTER_ROW_H
#define WAX_DETECT_STATE_ROSTER_ROW_H

#include "detect/state/history.h"

struct roster_row {
	const char *account; /* points into the line */
	enum account_state state;
	int64_t last_login_us; /* 0: unknown or never */
};

/* Cuts the line at its tabs. Returns NULL, or what is wrong and what is allowed. */
const char *roster_row_parse(char *line, struct roster_row *ret);

#endif
