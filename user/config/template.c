/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks mail root templates and makes them from the mail server's own. */
#include "config/template.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/mail_root.h"

static const char *const template_variables[] = {"%d", "%n", "%u", "%1n"};

/* Length of the variable at text, or 0. */
static size_t template_variable_length(const char *text)
{
	for (size_t i = 0; i < ARRAY_LENGTH(template_variables); i++) {
		size_t len = strlen(template_variables[i]);

		if (strncmp(text, template_variables[i], len) == 0)
			return len;
	}
	return 0;
}

/* Length of what looks like a variable at text, for the complaint about it. */
static int template_word_length(const char *text)
{
	size_t len = 1;

	if (text[1] == '{')
		return (int)strcspn(text, "}") + (strchr(text, '}') != NULL);
	while (isdigit((unsigned char)text[len]))
		len++;
	return (int)len + (text[len] != '\0' && text[len] != '/');
}

/* The kernel gives names, and ".." is none: a path with it behind a variable would never be met. */
static bool template_goes_up(const char *text)
{
	const char *at = strchr(text, '%');

	while (at && (at = strchr(at, '/'))) {
		size_t len = strcspn(++at, "/");

		if ((len == 1 || len == 2) && strspn(at, ".") >= len)
			return true;
	}
	return false;
}

int template_check(const char *text, char *ret_wrong, size_t size)
{
	struct mail_root root;
	int r;

	for (const char *at = strchr(text, '%'); at; at = strchr(at, '%')) {
		size_t len = template_variable_length(at);

		if (len == 0) {
			snprintf(ret_wrong, size, "unknown variable %.*s", template_word_length(at),
				 at);
			return -EINVAL;
		}
		at += len;
	}
	if (template_goes_up(text)) {
		snprintf(ret_wrong, size, "'%s' has . or .. as a name behind a variable", text);
		return -EINVAL;
	}
	r = mail_root_parse(text, &root, ret_wrong, size);
	if (r == 0)
		mail_root_done(&root);
	return r;
}

/* A template that is being put together. */
struct growing {
	char text[PATH_MAX];
	size_t len;
	bool overflow;
};

static void growing_put(struct growing *path, const char *text, size_t len)
{
	for (; len > 0; text++, len--) {
		if (*text == '/' && path->len > 0 && path->text[path->len - 1] == '/')
			continue;
		if (path->len + 1 >= sizeof(path->text)) {
			path->overflow = true;
			return;
		}
		path->text[path->len++] = *text;
	}
}

/* The words of %{...} without blanks, as one string: "user|username". */
static void template_squeeze(const char *text, size_t len, char *ret, size_t size)
{
	size_t used = 0;

	for (; len > 0 && used + 1 < size; text++, len--)
		if (*text != ' ' && *text != '\t')
			ret[used++] = *text;
	ret[used] = '\0';
}

static const struct {
	const char *word, *variable;
} long_variables[] = {
	{"user", "%u"},
	{"username", "%n"},
	{"domain", "%d"},
	{"home", "%h"},
	{"user|lower", "%u"},
	{"user|username", "%n"},
	{"user|domain", "%d"},
	{"user|username|lower", "%n"},
	{"user|lower|username", "%n"},
	{"user|domain|lower", "%d"},
	{"user|lower|domain", "%d"},
	{"user|username|substr(0,1)", "%1n"},
	{"user|username|lower|substr(0,1)", "%1n"},
	{"user|username|substr(0,1)|lower", "%1n"},
};

/* Reads the variable at *text ('%' is its first byte), moves behind it; NULL: not expressible. */
static const char *template_read_variable(const char **text)
{
	const char *at = *text + 1;
	bool first_letter = false;

	if (*at == '{') {
		char word[64];
		size_t len = strcspn(at, "}");

		if (at[len] != '}')
			return NULL;
		template_squeeze(at + 1, len - 1, word, sizeof(word));
		*text = at + len + 1;
		for (size_t i = 0; i < ARRAY_LENGTH(long_variables); i++)
			if (strcmp(word, long_variables[i].word) == 0)
				return long_variables[i].variable;
		return NULL;
	}
	if (*at == '1') {
		first_letter = true;
		at++;
	}
	if (*at == 'L')
		at++;
	*text = at + 1;
	switch (*at) {
	case 'n': return first_letter ? "%1n" : "%n";
	case 'u': return first_letter ? "%1n" : "%u";
	case 'd': return first_letter ? NULL : "%d";
	case 'h': return first_letter ? NULL : "%h";
	default: return NULL;
	}
}

static int template_put_home(struct growing *path, const char *home)
{
	if (!home)
		return -ENOENT;
	growing_put(path, home, strlen(home));
	return 0;
}

int template_from_dovecot(const char *text, const char *home, char **ret)
{
	struct growing path = {};
	const char *variable;
	int r = 0;

	if (text[0] == '~' && (text[1] == '/' || text[1] == '\0')) {
		r = template_put_home(&path, home);
		text++;
	}
	while (r == 0 && *text) {
		size_t plain = strcspn(text, "%");

		growing_put(&path, text, plain);
		text += plain;
		if (*text != '%')
			continue;
		variable = template_read_variable(&text);
		if (!variable)
			return -EINVAL;
		if (strcmp(variable, "%h") == 0)
			r = template_put_home(&path, home);
		else
			growing_put(&path, variable, strlen(variable));
	}
	if (r < 0)
		return r;
	while (path.len > 1 && path.text[path.len - 1] == '/')
		path.len--;
	if (path.overflow || path.len == 0 || path.text[0] != '/')
		return -EINVAL;
	path.text[path.len] = '\0';
	*ret = xstrdup(path.text);
	return 0;
}
