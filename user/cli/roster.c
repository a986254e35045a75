/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As strict as the trace. */
#include "cli/roster.h"

#include <errno.h>

#include "cli/lines.h"
#include "detect/member.h"

int64_t roster_read(FILE *file, const char *name, struct memory *memory, char *ret_problem,
		    size_t size)
{
	struct lines lines = {.file = file};
	char *line;
	const char *wrong;
	unsigned long number = 0;
	int64_t count = 0;
	int r;

	while ((r = lines_read(&lines, &line, &wrong)) != 0) {
		struct member member = {0};

		number++;
		if (r > 0 && line[0] == '#')
			continue;
		if (r > 0)
			wrong = member_parse(line, &member);
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
