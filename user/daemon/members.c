/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roster file of [detect] roster. A bad row refuses the whole file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/residents.h"
#include "detect/member.h"
#include "model/account.h"

#define LINE_BYTES 4096

struct members {
	const char *path;
	FILE *file;
	unsigned long line;
	char text[LINE_BYTES];
};

static void *members_open(const struct residents_scope *scope)
{
	struct members *members;

	if (!scope->roster)
		return NULL;
	members = xcalloc(1, sizeof(*members));
	members->path = scope->roster;
	return members;
}

static enum residents_step members_refuse(const struct members *members, const char *wrong,
					  char *problem)
{
	snprintf(problem, RESIDENT_PROBLEM_BYTES, "%.800s:%lu: %s", members->path, members->line,
		 wrong);
	return RESIDENTS_BROKEN;
}

static enum residents_step members_begin(struct members *members, char *problem)
{
	members->file = fopen(members->path, "re");
	if (members->file)
		return RESIDENTS_NONE;
	snprintf(problem, RESIDENT_PROBLEM_BYTES, "%.800s: %s", members->path, strerror(errno));
	return RESIDENTS_BROKEN;
}

/* NULL, or what is wrong with the line; at the end of the file it is empty and without its end. */
static const char *members_read_line(struct members *members)
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

static enum residents_step members_step(void *state, struct resident *ret, char *problem)
{
	struct members *members = state;
	struct member member;
	const char *wrong;

	if (!members->file)
		return members_begin(members, problem);
	members->line++;
	wrong = members_read_line(members);
	if (wrong)
		return members_refuse(members, wrong, problem);
	if (!members->text[0] || members->text[0] == '#')
		return feof(members->file) ? RESIDENTS_END : RESIDENTS_NONE;
	wrong = member_parse(members->text, &member);
	if (!wrong && !text_is_printable(member.account))
		wrong = "ACCOUNT has a byte that is not UTF-8; allowed: text";
	if (wrong)
		return members_refuse(members, wrong, problem);
	*ret = (struct resident){
		.account = member.account, .state = member.state, .last_us = member.last_login_us};
	return RESIDENTS_ONE;
}

static void members_close(void *state)
{
	struct members *members = state;

	if (members->file)
		fclose(members->file);
	free(members);
}

const struct residents listed_residents = {
	.name = "roster",
	.open = members_open,
	.step = members_step,
	.close = members_close,
};
