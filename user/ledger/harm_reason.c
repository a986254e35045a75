/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One short sentence without a verb too many: it stands in a column of a table. */
#include "ledger/harm_reason.h"

#include <string.h>

#include "base/mem.h"

static const char *harm_reason_text(const json_t *evidence, const char *name)
{
	const char *text = json_string_value(json_object_get(evidence, name));

	return text ? text : "";
}

static char *harm_reason_user(const json_t *evidence)
{
	const json_t *uid = json_object_get(evidence, "uid");

	if (!json_is_integer(uid))
		return xstrdup("");
	if (json_integer_value(uid) == 0)
		return xstrdup(", root");
	return xasprintf(", uid %lld", (long long)json_integer_value(uid));
}

/* "read by /usr/bin/tar, root, backup.service" */
static char *harm_reason_reader(const char *program, const json_t *evidence)
{
	const char *script = harm_reason_text(evidence, "script");
	const char *unit = harm_reason_text(evidence, "unit");
	const char *session = harm_reason_text(evidence, "session_account");
	_cleanup_free_ char *user = harm_reason_user(evidence);

	if (*session)
		return xasprintf("read in the session of %s, by %s%s", session, program, user);
	return xasprintf("read by %s%s%s%s%s%s", program, *script ? " " : "", script, user,
			 *unit ? ", " : "", unit);
}

/* How somebody else came to the password, as far as the alert says it. */
static char *harm_reason_password(const char *detector, const json_t *evidence)
{
	static const struct {
		const char *detector, *text;
	} known[] = {
		{"campaign", "password leaked or guessed: opened in a campaign against the tenant"},
		{"new_network_success", "password leaked: opened at the first try by a new network"},
		{"dormant_hits", "password leaked or guessed: opened after long disuse"},
		{"honey_account", "list of accounts leaked: a honey account was opened"},
		{"bulk_read", "password leaked or guessed: read far by a source new to it"},
	};
	const char *source = harm_reason_text(evidence, "source");
	const char *by = *source ? " by " : "";

	if (json_object_get(evidence, "failures_on_account"))
		return xasprintf("password guessed%s%s", by, source);
	if (json_object_get(evidence, "other_accounts_failed"))
		return xasprintf("password guessed%s%s, which tried other accounts too", by, source);
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (strcmp(detector, known[i].detector) == 0)
			return xstrdup(known[i].text);
	return xasprintf("password leaked or guessed: opened%s%s", by, source);
}

char *harm_reason(enum account_harm harm, const char *detector, const char *subject,
		  const char *evidence)
{
	json_t *parsed = evidence ? json_loads(evidence, 0, NULL) : NULL;
	char *reason;

	if (harm == HARM_NONEXISTENT)
		reason = xstrdup("there is no such account");
	else if (harm == HARM_TRIED)
		reason = xstrdup("wrong password, not opened");
	else if (harm == HARM_READ)
		reason = harm_reason_reader(subject, parsed);
	else
		reason = harm_reason_password(detector, parsed);
	json_decref(parsed);
	return reason;
}
