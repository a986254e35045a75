/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roster file of [detect] roster. A bad row refuses the whole file. */
#include <stdio.h>
#include <string.h>

#include "base/foreign_file.h"
#include "base/foreign_lines.h"
#include "base/mem.h"
#include "accounts/account_source.h"
#include "detect/state/roster_row.h"
#include "model/account.h"

struct roster_source {
	const char *path;
	struct foreign_lines *lines;
	unsigned long line;
	char account[4 * FOREIGN_LINE_BYTES + 1];
};

static void *roster_source_open(const struct account_source_settings *scope)
{
	struct roster_source *roster;

	if (!scope->roster)
		return NULL;
	roster = xcalloc(1, sizeof(*roster));
	roster->path = scope->roster;
	return roster;
}

static enum account_source_step roster_source_refuse(const struct roster_source *roster,
						     const char *wrong, char *problem)
{
	snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "%.800s:%lu: %s", roster->path,
		 roster->line, wrong);
	return ACCOUNT_SOURCE_BROKEN;
}

static enum account_source_step roster_source_begin(struct roster_source *roster, char *problem)
{
	char why[FOREIGN_FILE_WHY_BYTES];
	int r = foreign_lines_open(roster->path, why, &roster->lines);

	if (r == 0)
		return ACCOUNT_SOURCE_NONE;
	snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "%.400s: %s", roster->path,
		 why[0] ? why : strerror(-r));
	return ACCOUNT_SOURCE_BROKEN;
}

/* NULL, or what is wrong with the bytes of a line. */
static const char *roster_source_check(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (line[i] == '\0')
			return "the line is too long or holds a NUL; allowed: 4095 bytes of text";
		if (line[i] != '\t' && ((unsigned char)line[i] < ' ' || line[i] == 0x7f))
			return "a control character; allowed: text and tabs";
	}
	return NULL;
}

static enum account_source_step roster_source_take(struct roster_source *roster, char *line,
						   size_t length, struct found_account *ret,
						   char *problem)
{
	const char *wrong = roster_source_check(line, length);
	struct roster_row row;

	if (!wrong && (!line[0] || line[0] == '#'))
		return ACCOUNT_SOURCE_NONE;
	if (!wrong)
		wrong = roster_row_parse(line, &row);
	if (!wrong && !text_is_utf8(row.account))
		wrong = "ACCOUNT has a byte that is not UTF-8; allowed: text";
	if (wrong)
		return roster_source_refuse(roster, wrong, problem);
	/* as the sensors name the account */
	text_escape(row.account, roster->account, sizeof(roster->account));
	*ret = (struct found_account){
		.account = roster->account, .state = row.state, .last_us = row.last_login_us};
	return ACCOUNT_SOURCE_ONE;
}

static enum account_source_step roster_source_step(void *state, struct found_account *ret,
						   char *problem)
{
	struct roster_source *roster = state;
	enum foreign_line_step step;
	size_t length;
	char *line;

	if (!roster->lines)
		return roster_source_begin(roster, problem);
	step = foreign_lines_step(roster->lines, &line, &length);
	if (step == FOREIGN_LINE_NONE)
		return ACCOUNT_SOURCE_NONE;
	if (step == FOREIGN_LINE_END)
		return ACCOUNT_SOURCE_END;
	roster->line++;
	if (step == FOREIGN_LINE_ONE)
		return roster_source_take(roster, line, length, ret, problem);
	return roster_source_refuse(
		roster,
		step == FOREIGN_LINE_LONG
			? "the line is too long or holds a NUL; allowed: 4095 bytes of text"
			: "the file cannot be read",
		problem);
}

static void roster_source_close(void *state)
{
	struct roster_source *roster = state;

	foreign_lines_close(roster->lines);
	free(roster);
}

const struct account_source roster_account_source = {
	.name = "roster",
	.open = roster_source_open,
	.step = roster_source_step,
	.close = roster_source_close,
};
