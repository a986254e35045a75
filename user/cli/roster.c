/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As strict as the trace. */
#include "cli/roster.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/parse.h"
#include "base/time.h"
#include "cli/lines.h"

#define LAST_SECOND UINT64_C(253402300799) /* 9999-12-31 */

struct member {
	const char *account;
	enum account_state state;
	int64_t last_login_us;
};

/* NULL when the line is a member of the roster, else what is wrong with it. */
static const char *roster_judge(char *line, struct member *ret)
{
	static const char *const states[] = {"active", "cancelled", "honey", NULL};
	static const enum account_state meanings[] = {ACCOUNT_ACTIVE, ACCOUNT_CANCELLED,
						      ACCOUNT_HONEY};
	char *fields[3];
	uint64_t seconds = 0;
	size_t i = 0;

	if (lines_split(line, fields, 3) != 3)
		return "allowed: ACCOUNT, STATE and LAST_LOGIN, separated by tabs";
	if (!*fields[0] || strcmp(fields[0], "-") == 0)
		return "ACCOUNT is missing; allowed: text";
	while (states[i] && strcmp(states[i], fields[1]) != 0)
		i++;
	if (!states[i])
		return "STATE; allowed: active, cancelled, honey";
	if (strcmp(fields[2], "-") != 0 && parse_u64(fields[2], 0, LAST_SECOND, &seconds) < 0)
		return "LAST_LOGIN; allowed: Unix seconds, or -";
	*ret = (struct member){fields[0], meanings[i], (int64_t)seconds * US_PER_SECOND};
	return NULL;
}

int64_t roster_read(FILE *file, const char *name, struct memory *memory, char *ret_problem,
		    size_t size)
{
	char line[4096];
	const char *wrong;
	unsigned long number = 0;
	int64_t count = 0;
	int r;

	while ((r = lines_read(file, line, sizeof(line), &wrong)) != 0) {
		struct member member = {0};

		number++;
		if (r > 0 && line[0] == '#')
			continue;
		if (r > 0)
			wrong = roster_judge(line, &member);
		if (wrong) {
			snprintf(ret_problem, size, "%s:%lu: %s", name, number, wrong);
			return -EINVAL;
		}
		count++;
		if (memory)
			memory_add_account(memory, member.account, member.state,
					   member.last_login_us);
	}
	return count;
}
