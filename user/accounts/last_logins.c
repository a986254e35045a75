/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dovecot's plugin last_login, with a dict that is a file: a line with the key, a line with the
 * time.
 *
 *	shared/last-login/alice@isp1.example/imap/192.0.2.7
 *	1782909296
 *
 * The account stands behind the first name of the key, as with the plugin's default; further names
 * are used when one is an address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/foreign_file.h"
#include "base/foreign_lines.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"
#include "accounts/background_source.h"
#include "model/account.h"

#define LAST_SECOND UINT64_C(253402300799)

struct last_logins {
	const struct strlist *paths;
	size_t next_path;
	struct foreign_lines *lines; /* of the current file */
	bool has_key;		     /* its value comes next */
	char key[FOREIGN_LINE_BYTES], account[4 * FOREIGN_LINE_BYTES + 1];
	int64_t now_us;
};

/* What Dovecot writes for a slash and a backslash in a name of the key. */
static void last_logins_unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && (text[1] == '|' || text[1] == '\\'))
			*to++ = *++text == '|' ? '/' : '\\';
		else
			*to++ = *text;
	}
	*to = '\0';
}

static bool last_logins_is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

/* Seconds, or smaller units by last_login_precision: told by their size. */
static int64_t last_logins_time(const char *text, int64_t now_us)
{
	uint64_t value, us;

	if (parse_u64(text, 1, UINT64_MAX, &value) < 0)
		return 0;
	if (value <= LAST_SECOND)
		us = value * US_PER_SECOND;
	else if (value < UINT64_C(100000000000000))
		us = value * US_PER_MS;
	else
		us = value < UINT64_C(100000000000000000) ? value : value / 1000;
	return us < (uint64_t)now_us ? (int64_t)us : now_us;
}

static enum account_source_step last_logins_take(struct last_logins *logins, const char *value,
						 struct found_account *ret)
{
	char *rest = logins->key, *account, *name;

	(void)strsep(&rest, "/"); /* shared, priv */
	if (!strsep(&rest, "/"))
		return ACCOUNT_SOURCE_NONE;
	account = strsep(&rest, "/");
	*ret = (struct found_account){.last_us = last_logins_time(value, logins->now_us)};
	if (!account || !*account || !ret->last_us)
		return ACCOUNT_SOURCE_NONE;
	ret->first_us = ret->last_us;
	last_logins_unescape(account);
	text_from_wire(account, strlen(account), logins->account, sizeof(logins->account));
	ret->account = logins->account;
	while ((name = strsep(&rest, "/")))
		if (last_logins_is_address(name))
			ret->source = name;
	return ACCOUNT_SOURCE_ONE;
}

static void last_logins_note(const char *path, const char *why, char *problem)
{
	if (!problem[0])
		snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "cannot read %.400s: %s", path, why);
}

static enum account_source_step last_logins_begin_file(struct last_logins *logins, char *problem)
{
	char why[FOREIGN_FILE_WHY_BYTES];
	const char *path;
	int r;

	if (logins->next_path == logins->paths->count)
		return ACCOUNT_SOURCE_END;
	path = logins->paths->items[logins->next_path++];
	logins->has_key = false;
	r = foreign_lines_open(path, why, &logins->lines);
	/* Dovecot makes the file with the first login. */
	if (r < 0 && r != -ENOENT)
		last_logins_note(path, why[0] ? why : strerror(-r), problem);
	return ACCOUNT_SOURCE_NONE;
}

/* Lines come in pairs; one that is too long counts as an empty one. */
static enum account_source_step last_logins_take_line(struct last_logins *logins, const char *line,
						      struct found_account *ret)
{
	logins->has_key = !logins->has_key;
	if (!logins->has_key)
		return last_logins_take(logins, line, ret);
	snprintf(logins->key, sizeof(logins->key), "%s", line);
	return ACCOUNT_SOURCE_NONE;
}

static void *last_logins_open(const struct account_source_settings *scope)
{
	struct last_logins *logins;

	if (scope->last_logins->count == 0)
		return NULL;
	logins = xcalloc(1, sizeof(*logins));
	logins->paths = scope->last_logins;
	logins->now_us = scope->now_us;
	return logins;
}

static enum account_source_step last_logins_step(void *state, struct found_account *ret, char *problem)
{
	struct last_logins *logins = state;
	size_t length;
	char *line;

	if (!logins->lines)
		return last_logins_begin_file(logins, problem);
	switch (foreign_lines_step(logins->lines, &line, &length)) {
	case FOREIGN_LINE_ONE: return last_logins_take_line(logins, line, ret);
	case FOREIGN_LINE_LONG: return last_logins_take_line(logins, "", ret);
	case FOREIGN_LINE_NONE: return ACCOUNT_SOURCE_NONE;
	case FOREIGN_LINE_BROKEN:
		last_logins_note(logins->paths->items[logins->next_path - 1],
				 strerror((int)length), problem);
		break;
	case FOREIGN_LINE_END: break;
	}
	foreign_lines_close(logins->lines);
	logins->lines = NULL;
	return ACCOUNT_SOURCE_NONE;
}

static void last_logins_close(void *state)
{
	struct last_logins *logins = state;

	foreign_lines_close(logins->lines);
	free(logins);
}

const struct account_source last_login_lines = {
	.name = "last_logins",
	.open = last_logins_open,
	.step = last_logins_step,
	.close = last_logins_close,
};

static void *last_logins_begin(const struct account_source_settings *scope)
{
	return background_source_open(&last_login_lines, scope);
}

const struct account_source last_login_account_source = {
	.name = "last_logins",
	.open = last_logins_begin,
	.step = background_source_step,
	.close = background_source_close,
};
