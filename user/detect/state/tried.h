/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a contact is by what was tried in the days before. Each call notes that it was tried now. */
#ifndef WAX_DETECT_STATE_TRIED_H
#define WAX_DETECT_STATE_TRIED_H

#include "detect/state/contacts.h"

bool tried_is_first_today(const struct contact_context *with, uint64_t key, int64_t now_us);
/* A cancelled mailbox that somebody tried within the last days. */
bool tried_is_forgotten_device(const struct contact_context *with, const struct contact *contact);
/* A failure of a network that failed on one of the days before. */
bool tried_is_returning(const struct contact_context *with, const struct contact *contact);
/* An old password from where the account was opened, for the upheaval of the whole host. */
void tried_note_stale_of_host(const struct contact_context *with, const struct contact *contact);

#endif
