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
	roster->file = fopen(roster->path, "re");
	if (roster->file)
		return ACCOUNT_SOURCE_NONE;
	snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "%.800s: %s", roster->path,
		 strerror(errno));
	return ACCOUNT_SOURCE_BROKEN;
}

/* NULL, or what is wrong with the line; at the end of the file it is empty and without its end. */
static const char *roster_source_read_line(struct roster_source *roster)
{
	size_t length = 0;
	int byte;

	while ((byte = getc_unlocked(roster->file)) != EOF && byte != '\n') {
		if (byte == '\0' || length + 1 == LINE_BYTES)
			return "the line is too long or holds a NUL; allowed: 4095 bytes of text";
		if (byte != '\t' && (byte < ' ' || byte == 0x7f))
			return "a control character; allowed: text and tabs";
		roster->text[length++] = (char)byte;
	}
	roster->text[length] = '\0';
	return ferror(roster->file) ? "the file cannot be read" : NULL;
}

static enum account_source_step roster_source_step(void *state, struct found_account *ret,
						   char *problem)
{
	struct roster_source *roster = state;
	struct roster_row row;
	const char *wrong;

	if (!roster->file)
		return roster_source_begin(roster, problem);
	roster->line++;
	wrong = roster_source_read_line(roster);
	if (wrong)
		return roster_source_refuse(roster, wrong, problem);
	if (!roster->text[0] || roster->text[0] == '#')
		return feof(roster->file) ? ACCOUNT_SOURCE_END : ACCOUNT_SOURCE_NONE;
	wrong = roster_row_parse(roster->text, &row);
	if (!wrong && !text_is_printable(row.account))
		wrong = "ACCOUNT has a byte that is not UTF-8; allowed: text";
	if (wrong)
		return roster_source_refuse(roster, wrong, problem);
	*ret = (struct found_account){
		.account = row.account, .state = row.state, .last_us = row.last_login_us};
	return ACCOUNT_SOURCE_ONE;
}

static void roster_source_close(void *state)
{
	struct roster_source *roster = state;

	if (roster->file)
		fclose(roster->file);
	free(roster);
}

const struct account_source roster_account_source = {
	.name = "roster",
	.open = roster_source_open,
	.step = roster_source_step,
	.close = roster_source_close,
};
