/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says in words what a master's login_habits (abi.h) turn off. */
#include "sensor/login_gaps.h"

static void login_gaps_add(void *context, const void *key, const void *value)
{
	const struct login_habits *habits = value;
	const uint32_t *master = key;

	if (habits->are_renamed)
		strlist_addf(context,
			     "dovecot (process %u): its user database gives accounts other names than "
			     "those that logged in, so Waxseal does not compare the two: a session that "
			     "goes on with the login of another account raises no alert",
			     *master);
	if (habits->hibernate)
		strlist_addf(context,
			     "dovecot (process %u): imap-hibernate keeps clients, who come back without a "
			     "login: a session that goes on without one raises no alert",
			     *master);
}

void login_gaps_find(const struct kernel_maps *maps, struct strlist *ret)
{
	strlist_done(ret);
	(void)kernel_each_entry(maps->login_habits, sizeof(uint32_t), sizeof(struct login_habits),
				/* remove= */ false, login_gaps_add, ret);
}
