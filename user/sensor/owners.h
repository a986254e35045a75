/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose mailbox is the user's own: accounts that are named as users of the system are. */
#ifndef WAX_SENSOR_OWNERS_H
#define WAX_SENSOR_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

struct owners;

/* path: a file like /etc/passwd, root's or ours, read again when it has changed. */
struct owners *owners_new(const char *path);
void owners_free(struct owners *owners);

/* Looks for changes of the file; once a tick is enough. */
void owners_refresh(struct owners *owners);

/* Is the account, by its name before an @, called as the user with this number? */
bool owners_owns(const struct owners *owners, uint32_t uid, const char *account);

#endif
