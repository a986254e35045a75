/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict: half a list would take the accounts of the other half for unknown names. */
#include "detect/state/roster_row.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"

#define LAST_SECOND UINT64_C(253402300799) /* 9999-12-31 */

static const struct {
	const char *word;
	enum account_state state;
} states[] = {
	{"active", ACCOUNT_ACTIVE},
	{"cancelled", ACCOUNT_CANCELLED},
	{"honey", ACCOUNT_HONEY},
};

const char *roster_row_parse(char *line, struct roster_row *ret)
{
	char *account = strsep(&line, "\t"), *word = strsep(&line, "\t");
	char *login = strsep(&line, "\t");
	uint64_t seconds = 0;
	size_t i = 0;

	if (!login || line)
		return "allowed: ACCOUNT, STATE and LAST_LOGIN, separated by tabs";
	if (!*account || strcmp(account, "-") == 0)
		return "ACCOUNT is missing; allowed: text";
	while (i < ARRAY_LENGTH(states) && strcmp(states[i].word, word) != 0)
		i++;
	if (i == ARRAY_LENGTH(states))
		return "STATE; allowed: active, cancelled, honey";
	if (strcmp(login, "-") != 0 && parse_u64(login, 0, LAST_SECOND, &seconds) < 0)
		return "LAST_LOGIN; allowed: Unix seconds, or -";
	*ret = (struct roster_row){account, states[i].state, (int64_t)seconds * US_PER_SECOND};
	return NULL;
}
