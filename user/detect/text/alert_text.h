/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of alert sentences that several detectors share. */
#ifndef WAX_DETECT_TEXT_ALERT_TEXT_H
#define WAX_DETECT_TEXT_ALERT_TEXT_H

#include <jansson.h>
#include <stdint.h>

#define ALERT_TEXT_BYTES 48

/* "less than 1 s", "62 s", "14 min", "5 h", "3 days": rounded; up to two minutes in seconds. */
void alert_text_duration(int64_t us, char *ret_text);
/* "1 mailbox", "12 mailboxes" */
void alert_text_count(uint64_t count, const char *one, const char *many, char *ret_text);
/* e^nats, to two digits: "1200", "3 million", "more than a billion" */
void alert_text_odds(double nats, char *ret_text);

/* Who acts: "(pid 4711, uid 33, login uid 1000, running /root/x.py, in session-5.scope, started by bash)" with what is
 * known of it; pid 0: not known. Owned by the caller. */
char *alert_text_actor(uint32_t pid, uint32_t uid, uint32_t login_uid, const char *unit,
		       const char *script, const char *parent);
/* The same as members of an alert's evidence; unknown is null. */
void alert_text_actor_evidence(json_t *evidence, uint32_t uid, uint32_t login_uid, const char *unit,
			       const char *script, const char *parent);

#endif
