/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why `affected` names an account, in words. */
#ifndef WAX_LEDGER_HARM_REASON_H
#define WAX_LEDGER_HARM_REASON_H

#include "model/alert.h"

/* Of an alert of this detector about this subject; evidence as it is stored, or NULL. Owned by the
 * caller. */
char *harm_reason(enum account_harm harm, const char *detector, const char *subject,
		  const char *evidence);

#endif
