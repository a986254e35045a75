/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a takeover is told as: one function for each way in which it is found. */
#ifndef WAX_DETECT_TEXT_TAKEOVER_TEXT_H
#define WAX_DETECT_TEXT_TAKEOVER_TEXT_H

#include "detect/state/attacked.h"
#include "detect/detector.h"

#define TAKEOVER_ODDS 4.0 /* amid an attack, at which a login is told */
#define READ_ODDS 2.0 /* and one whose mailbox was read far */

/* A mailbox opened amid an attack on its tenant. */
struct loss {
	const char *account, *source;
	int64_t first_us, last_us;
	uint64_t messages;
	double odds, doubts, read_nats; /* odds of the login amid the attack */
};

/* The source failed on other accounts before. */
void takeover_tell_of_source(const struct contact *contact, double level, struct finding_list *ret);
/* Others failed on the account before. */
void takeover_tell_of_account(const struct contact *contact, const struct attacked_account *account,
			      struct finding_list *ret);
void takeover_tell_of_siege(const struct loss *loss, int64_t since_us, struct finding_list *ret);
/* Failures spoke against it, and now what was read does. */
void takeover_tell_of_reading(const struct first_access *first_access, const struct read_row *row,
			      double login_nats, double read_nats, double level,
			      struct finding_list *ret);
/* It was read, soon after another mailbox of the tenant was taken over and read. */
void takeover_tell_of_next(const struct first_access *first_access, const struct read_row *row,
			   int64_t since_us, double odds, double least, struct finding_list *ret);
/* The source failed on other accounts later. */
void takeover_tell_of_past(const struct first_access *opened, const struct contact *contact,
			   const struct detector_input *input, struct finding_list *ret);

#endif
