/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As strict as the trace. */
#include "cli/roster.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/parse.h"
#include "cli/lines.h"

#define LAST_SECOND UINT64_C(253402300799) /* 9999-12-31 */

/* NULL when the line is a member of the roster, else what is wrong with it. */
static const char *roster_judge(char *line)
{
	static const char *const states[] = {"active", "cancelled", "honey", NULL};
	char *fields[3];
	uint64_t seconds;
	bool known = false;

	if (lines_split(line, fields, 3) != 3)
		return "allowed: ACCOUNT, STATE and LAST_LOGIN, separated by tabs";
	if (!*fields[0] || strcmp(fields[0], "-") == 0)
		return "ACCOUNT is missing; allowed: text";
	for (size_t i = 0; states[i]; i++)
		known |= strcmp(states[i], fields[1]) == 0;
	if (!known)
		return "STATE; allowed: active, cancelled, honey";
	if (strcmp(fields[2], "-") != 0 && parse_u64(fields[2], 0, LAST_SECOND, &seconds) < 0)
		return "LAST_LOGIN; allowed: Unix seconds, or -";
	return NULL;
}

int roster_check(FILE *file, const char *name, char *ret_problem, size_t size)
{
	char line[4096];
	const char *wrong;
	unsigned long number = 0;
	int r;

	while ((r = lines_read(file, line, sizeof(line), &wrong)) != 0) {
		number++;
		if (r > 0 && line[0] != '#')
			wrong = roster_judge(line);
		else if (r > 0)
			wrong = NULL;
		if (wrong) {
			snprintf(ret_problem, size, "%s:%lu: %s", name, number, wrong);
			return -EINVAL;
		}
	}
	return 0;
}
