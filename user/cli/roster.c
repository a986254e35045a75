/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As strict as the trace. */
#include "cli/roster.h"

#include <errno.h>

#include "cli/line_reader.h"
#include "detect/state/roster_row.h"

int64_t roster_read(FILE *file, const char *name, struct history *history, char *ret_problem,
		    size_t size)
{
	struct line_reader reader = {.file = file};
	char *line;
	const char *wrong;
	unsigned long number = 0;
	int64_t count = 0;
	int r;

	while ((r = line_reader_read(&reader, &line, &wrong)) != 0) {
		struct roster_row member = {0};

		number++;
		if (r > 0 && line[0] == '#')
			continue;
		if (r > 0)
			wrong = roster_row_parse(line, &member);
		if (wrong) {
			snprintf(ret_problem, size, "%s:%lu: %s", name, number, wrong);
			return -EINVAL;
		}
		count++;
		if (history)
			history_add_account(history, member.account, member.state,
					    member.last_login_us);
	}
	return count;
}
