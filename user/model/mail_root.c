/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes mail root templates apart, name by name. */
#include "model/mail_root.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* One name of the template, not NUL-ended. */
struct name {
	const char *text;
	size_t bytes;
};

static bool name_is(struct name name, const char *word)
{
	return name.bytes == strlen(word) && memcmp(name.text, word, name.bytes) == 0;
}

static bool name_has_variable(struct name name)
{
	return memchr(name.text, '%', name.bytes) != NULL;
}

static int wrong(char *ret_wrong, size_t size, const char *template, const char *what)
{
	snprintf(ret_wrong, size, "'%s' %s", template, what);
	return -EINVAL;
}

/* Takes one name with a variable; returns what is wrong with it or NULL. */
static const char *take_variable(struct mail_root *root, struct name name, size_t depth)
{
	unsigned char *place;

	if (name_is(name, "%1n"))
		return NULL;
	if (name_is(name, "%d"))
		place = &root->domain;
	else if (name_is(name, "%n") || name_is(name, "%u"))
		place = &root->name;
	else
		return "has a name that is not just one of %d, %n, %u, %1n";
	if (depth >= MAIL_ROOT_DEPTH)
		return "has a variable more than four directories below the first one";
	if (*place != MAIL_ROOT_NO_NAME)
		return "names the same variable twice";
	*place = depth;
	return NULL;
}

static bool begins_with(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static const struct {
	const char *word;
	enum mailbox_layout layout;
} layout_words[] = {
	{MAIL_ROOT_MBOX, MAILBOX_LAYOUT_MBOX},
	{MAIL_ROOT_CYRUS, MAILBOX_LAYOUT_CYRUS},
};

/* The path that follows the word for its layout, if there is one. */
static const char *take_layout(const char *template, enum mailbox_layout *ret_layout)
{
	*ret_layout = MAILBOX_LAYOUT_DOVECOT;
	for (size_t i = 0; i < ARRAY_LENGTH(layout_words); i++) {
		if (!begins_with(template, layout_words[i].word))
			continue;
		*ret_layout = layout_words[i].layout;
		return template + strlen(layout_words[i].word);
	}
	return template;
}

const char *mail_root_path(const char *template)
{
	enum mailbox_layout layout;

	return take_layout(template, &layout);
}

/* The name that follows the account's. */
static const char *take_folder(struct mail_root *root, struct name name)
{
	bool has_mboxes = root->layout == MAILBOX_LAYOUT_MBOX;

	if (root->name == MAIL_ROOT_NO_NAME || root->folder[0])
		return NULL;
	if (name.bytes >= sizeof(root->folder))
		return !has_mboxes ? NULL : "has a folder of mboxes with a name of more than 31 bytes";
	memcpy(root->folder, name.text, name.bytes);
	return NULL;
}

/* The first bytes of a path, without slashes at its end. */
static char *directory_of(const char *path, size_t bytes)
{
	while (bytes > 1 && path[bytes - 1] == '/')
		bytes--;
	return xstrndup(path, bytes);
}

/* All that lies below: the mail server says whose it is. */
static const char *take_tree(struct mail_root *root, const char *path)
{
	if (strspn(path, "/") == strlen(path))
		return "is the whole file system";
	root->layout = MAILBOX_LAYOUT_TREE;
	root->folder[0] = '\0';
	return NULL;
}

/* Takes apart what stands below the watched directory. Returns where that begins in ret_first. */
static const char *take_names(struct mail_root *root, const char *path, const char **ret_first)
{
	const char *at = path, *first = NULL;
	size_t depth = 0;

	while (*(at += strspn(at, "/"))) {
		struct name name = {.text = at, .bytes = strcspn(at, "/")};
		const char *problem;

		if (!first && name_has_variable(name))
			first = at;
		problem = name_has_variable(name) ? take_variable(root, name, depth)
						  : take_folder(root, name);
		if (problem)
			return problem;
		depth += first != NULL;
		at += name.bytes;
	}
	if (!first && root->layout == MAILBOX_LAYOUT_DOVECOT)
		return take_tree(root, path);
	if (root->name == MAIL_ROOT_NO_NAME)
		return "has neither %u nor %n, so it does not say whose mail it is";
	*ret_first = first;
	return NULL;
}

int mail_root_parse(const char *template, struct mail_root *ret_root, char *ret_wrong, size_t size)
{
	struct mail_root root = {.domain = MAIL_ROOT_NO_NAME, .name = MAIL_ROOT_NO_NAME};
	const char *path = take_layout(template, &root.layout);
	const char *first = path + strlen(path), *problem = NULL;

	if (path[0] != '/')
		return wrong(ret_wrong, size, template, "is not an absolute path");
	if (strlen(template) >= PATH_MAX)
		return wrong(ret_wrong, size, template, "is longer than a path may be");
	if (mailbox_layout_has_template(root.layout))
		problem = take_names(&root, path, &first);
	else if (strchr(path, '%'))
		problem = "has a variable, but Cyrus says itself whose mail it is";
	if (problem)
		return wrong(ret_wrong, size, template, problem);
	root.directory = directory_of(path, first - path);
	*ret_root = root;
	return 0;
}

void mail_root_done(struct mail_root *root)
{
	free(root->directory);
	root->directory = NULL;
}

void mail_root_account(const char *domain, const char *name, char *ret_account, size_t size)
{
	if (domain[0])
		snprintf(ret_account, size, "%s@%s", name, domain);
	else
		snprintf(ret_account, size, "%s", name);
}
