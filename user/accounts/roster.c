/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roster file of [detect] roster. A bad row refuses the whole file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "accounts/account_source.h"
#include "detect/state/roster_row.h"
#include "model/account.h"

#define LINE_BYTES 4096

struct roster_source {
	const char *path;
	FILE *file;
	unsigned long line;
	char text[LINE_BYTES];
};

static void *roster_source_open(const struct account_source_settings *scope)
{
	struct roster_source *members;

	if (!scope->roster)
		return NULL;
	members = xcalloc(1, sizeof(*members));
	members->path = scope->roster;
	return members;
}

static enum account_source_step roster_source_refuse(const struct roster_source *members, const char *wrong,
					  char *problem)
{
	snprintf(problem, RESIDENT_PROBLEM_BYTES, "%.800s:%lu: %s", members->path, members->line,
		 wrong);
	return ACCOUNT_SOURCE_BROKEN;
}

static enum account_source_step roster_source_begin(struct roster_source *members, char *problem)
{
	members->file = fopen(members->path, "re");
	if (members->file)
		return ACCOUNT_SOURCE_NONE;
	snprintf(problem, RESIDENT_PROBLEM_BYTES, "%.800s: %s", members->path, strerror(errno));
	return ACCOUNT_SOURCE_BROKEN;
}

/* NULL, or what is wrong with the line; at the end of the file it is empty and without its end. */
static const char *roster_source_read_line(struct roster_source *members)
{
	size_t length = 0;
	int byte;

	while ((byte = getc_unlocked(members->file)) != EOF && byte != '\n') {
		if (byte == '\0' || length + 1 == LINE_BYTES)
			return "the line is too long or holds a NUL; allowed: 4095 bytes of text";
		if (byte != '\t' && (byte < ' ' || byte == 0x7f))
			return "a control character; allowed: text and tabs";
		members->text[length++] = (char)byte;
	}
	members->text[length] = '\0';
	return ferror(members->file) ? "the file cannot be read" : NULL;
}

static enum account_source_step roster_source_step(void *state, struct found_account *ret, char *problem)
{
	struct roster_source *members = state;
	struct roster_row member;
	const char *wrong;

	if (!members->file)
		return roster_source_begin(members, problem);
	members->line++;
	wrong = roster_source_read_line(members);
	if (wrong)
		return roster_source_refuse(members, wrong, problem);
	if (!members->text[0] || members->text[0] == '#')
		return feof(members->file) ? ACCOUNT_SOURCE_END : ACCOUNT_SOURCE_NONE;
	wrong = roster_row_parse(members->text, &member);
	if (!wrong && !text_is_printable(member.account))
		wrong = "ACCOUNT has a byte that is not UTF-8; allowed: text";
	if (wrong)
		return roster_source_refuse(members, wrong, problem);
	*ret = (struct found_account){
		.account = member.account, .state = member.state, .last_us = member.last_login_us};
	return ACCOUNT_SOURCE_ONE;
}

static void roster_source_close(void *state)
{
	struct roster_source *members = state;

	if (members->file)
		fclose(members->file);
	free(members);
}

const struct account_source roster_account_source = {
	.name = "roster",
	.open = roster_source_open,
	.step = roster_source_step,
	.close = roster_source_close,
};
