/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentence and evidence of a takeover: one function for each way in which it is found. */
#ifndef WAX_DETECT_TEXT_TAKEOVER_TEXT_H
#define WAX_DETECT_TEXT_TAKEOVER_TEXT_H

#include "detect/detector.h"
#include "detect/state/attacked.h"

/* Least odds, during an attack on the tenant, that raise the alert: for a login alone, and for one
 * whose mailbox was then read far. */
#define TAKEOVER_LOGIN_ODDS 4.0
#define TAKEOVER_READ_ODDS 2.0

/* A first login during an attack on its tenant. */
struct login_in_attack {
	const char *account, *source;
	int64_t first_us, last_us;
	uint64_t messages; /* read since */
	double odds;	   /* that the login is the attack's, by how many such logins it has */
	double suspicion_nats, read_nats; /* what else makes it likelier */
};

/* The source failed on other accounts before. */
void takeover_report_source(const struct contact *contact, double threshold,
			    struct finding_list *ret);
/* Others failed on the account before. */
void takeover_report_account(const struct contact *contact, const struct attacked_account *account,
			     enum severity severity, struct finding_list *ret);
/* The owner is still where he came from before; row: from there. */
void takeover_report_return(const struct moved *moved, const struct attempt_row *row,
			    struct finding_list *ret);
/* The tenant is under attack since attack_us. */
void takeover_report_in_attack(const struct login_in_attack *login, int64_t attack_us,
			       struct finding_list *ret);
/* The login was suspicious, and then the mailbox was read far. */
void takeover_report_reading(const struct first_access *first_access, const struct read_row *row,
			     double login_nats, double read_nats, double threshold,
			     struct finding_list *ret);
/* The mailbox was read far, since_us after another one of the tenant was taken over and read. */
void takeover_report_next(const struct first_access *first_access, const struct read_row *row,
			  int64_t since_us, double odds, double least_odds,
			  struct finding_list *ret);
/* The source failed on other accounts later. */
void takeover_report_past(const struct first_access *first_access, const struct contact *contact,
			  const struct detector_input *input, struct finding_list *ret);

#endif
