/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accounts that have a mail directory below a watched root. Only names and times are read.
 *
 * The last login is guessed from what a delivery does not touch: the folder cur of a Maildir, to
 * which a session moves what is new. Where there is none, the index or the directory itself may
 * have been touched by a delivery: then the account counts as used more lately than it was, which
 * costs a detection and raises no alarm.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/time.h"
#include "daemon/residents.h"
#include "model/account.h"
#include "model/mail_root.h"

#define TEXT_BYTES (4 * NAME_MAX + 1)
#define LEVELS (MAIL_ROOT_DEPTH + 1)

/* Folders whose entries stand for one variable of the template. */
struct level {
	char *prefix;	       /* plain names before the variable, "" or "mail" */
	char variable;	       /* d, n, u or 1 */
	DIR *folder;	       /* being read */
	char text[TEXT_BYTES]; /* the entry that was gone into */
};

struct mailboxes {
	const struct words *roots;
	size_t next_root;
	struct mail_root root;
	struct level levels[LEVELS];
	size_t n_levels, depth;
	char *tail; /* plain names after the last variable */
	char account[2 * TEXT_BYTES];
	int64_t now_us;
};

static void mailboxes_drop_root(struct mailboxes *mailboxes)
{
	for (size_t i = 0; i < mailboxes->n_levels; i++) {
		free(mailboxes->levels[i].prefix);
		if (mailboxes->levels[i].folder)
			closedir(mailboxes->levels[i].folder);
		mailboxes->levels[i] = (struct level){};
	}
	mailboxes->n_levels = mailboxes->depth = 0;
	free(mailboxes->tail);
	mailboxes->tail = NULL;
	mail_root_done(&mailboxes->root);
}

/* Takes what is left of the template apart; it was checked when the root was taken on. */
static void mailboxes_split(struct mailboxes *mailboxes, const char *rest)
{
	char *plain = xstrdup("");

	while (*(rest += strspn(rest, "/"))) {
		size_t length = strcspn(rest, "/");
		char *longer;

		if (*rest == '%' && mailboxes->n_levels < LEVELS) {
			mailboxes->levels[mailboxes->n_levels].prefix = plain;
			mailboxes->levels[mailboxes->n_levels++].variable = rest[1];
			plain = xstrdup("");
		} else {
			longer = xasprintf("%s/%.*s", plain, (int)length, rest);
			free(plain);
			plain = longer;
		}
		rest += length;
	}
	mailboxes->tail = plain;
}

static void mailboxes_note(const struct mailboxes *mailboxes, const char *name, int error,
			   char *problem)
{
	if (!problem[0])
		snprintf(problem, RESIDENT_PROBLEM_BYTES, "cannot read %.400s%s%.400s: %s",
			 mailboxes->root.directory, *name ? "/.../" : "", name, strerror(error));
}

static DIR *mailboxes_open_folder(int parent, const char *path)
{
	int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK), error;
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !folder) {
		error = errno;
		close(fd);
		errno = error;
	}
	return folder;
}

/* What is not there, or not a folder, holds no mailbox. */
static bool mailboxes_is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static enum residents_step mailboxes_begin_root(struct mailboxes *mailboxes, char *problem)
{
	const char *template;
	char wrong[256];

	mailboxes_drop_root(mailboxes);
	if (mailboxes->next_root == mailboxes->roots->count)
		return RESIDENTS_END;
	template = mailboxes->roots->items[mailboxes->next_root++];
	/* folders of Cyrus are named after nobody */
	if (mail_root_parse(template, &mailboxes->root, wrong, sizeof(wrong)) < 0 ||
	    mailboxes->root.is_cyrus)
		return RESIDENTS_NONE;
	mailboxes_split(mailboxes, mail_root_path(template) + strlen(mailboxes->root.directory));
	mailboxes->levels[0].folder = mailboxes_open_folder(AT_FDCWD, mailboxes->root.directory);
	mailboxes->depth = mailboxes->levels[0].folder != NULL;
	if (!mailboxes->depth && !mailboxes_is_absent(errno))
		mailboxes_note(mailboxes, "", errno, problem);
	return RESIDENTS_NONE;
}

/* Files beside mboxes are locks: ann.lock. */
static bool mailboxes_is_lock(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && strcmp(end, ".lock") == 0;
}

static bool mailboxes_is_candidate(const struct mailboxes *mailboxes, const struct dirent *entry)
{
	const struct level *level = &mailboxes->levels[mailboxes->depth - 1];
	bool may_be_file = mailboxes->root.is_mbox && mailboxes->depth == mailboxes->n_levels;

	if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lost+found") == 0)
		return false;
	if (entry->d_type == DT_REG)
		return may_be_file && !mailboxes_is_lock(entry->d_name);
	if (entry->d_type != DT_DIR && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return false;
	return level->variable != '1' || !entry->d_name[1];
}

static void mailboxes_go_in(struct mailboxes *mailboxes, const char *name, char *problem)
{
	struct level *here = &mailboxes->levels[mailboxes->depth - 1], *below = here + 1;
	_cleanup_free_ char *path = xasprintf("%s%s", name, below->prefix);

	below->folder = mailboxes_open_folder(dirfd(here->folder), path);
	if (!below->folder) {
		if (!mailboxes_is_absent(errno))
			mailboxes_note(mailboxes, name, errno, problem);
		return;
	}
	text_from_wire(name, strlen(name), here->text, sizeof(here->text));
	mailboxes->depth++;
}

static int64_t mailboxes_time(int parent, const char *mailbox, const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s%s%s", mailbox, folder, name) >= (int)sizeof(path) ||
	    fstatat(parent, path, &status, 0) < 0)
		return 0;
	return (int64_t)status.st_mtim.tv_sec * US_PER_SECOND + status.st_mtim.tv_nsec / 1000;
}

/* 0: there is no such mailbox. */
static int64_t mailboxes_last_use(int parent, const char *mailbox, bool is_mbox)
{
	/* A root may name the home directory, and the mail lies in a folder of it. */
	static const char *const folders[] = {"",	"/Maildir", "/maildir", "/mail",
					      "/mdbox", "/sdbox",   "/dbox"};
	static const char *const signs[] = {"/cur/.", "/dovecot.index.log",
					    "/mailboxes/INBOX/dbox-Mails/dovecot.index.log"};
	int64_t last_us = 0;

	for (size_t sign = 0; !last_us && sign < ARRAY_LENGTH(signs); sign++)
		for (size_t i = 0; !last_us && i < ARRAY_LENGTH(folders); i++)
			last_us = mailboxes_time(parent, mailbox, folders[i], signs[sign]);
	return last_us ? last_us : mailboxes_time(parent, mailbox, "", is_mbox ? "" : "/.");
}

static const char *mailboxes_text(const struct mailboxes *mailboxes, const char *variables)
{
	for (size_t i = 0; i < mailboxes->n_levels; i++)
		if (strchr(variables, mailboxes->levels[i].variable))
			return mailboxes->levels[i].text;
	return "";
}

static enum residents_step mailboxes_look_at(struct mailboxes *mailboxes, const char *name,
					     struct resident *ret)
{
	struct level *here = &mailboxes->levels[mailboxes->depth - 1];
	_cleanup_free_ char *mailbox = xasprintf("%s%s", name, mailboxes->tail);
	int64_t last_us = mailboxes_last_use(dirfd(here->folder), mailbox, mailboxes->root.is_mbox);

	if (!last_us)
		return RESIDENTS_NONE;
	text_from_wire(name, strlen(name), here->text, sizeof(here->text));
	mail_root_account(mailboxes_text(mailboxes, "d"), mailboxes_text(mailboxes, "nu"),
			  mailboxes->account, sizeof(mailboxes->account));
	*ret = (struct resident){
		.account = mailboxes->account,
		.last_us = last_us < mailboxes->now_us ? last_us : mailboxes->now_us,
	};
	return RESIDENTS_ONE;
}

static void *mailboxes_open(const struct residents_scope *scope)
{
	struct mailboxes *mailboxes;

	if (scope->roots->count == 0)
		return NULL;
	mailboxes = xcalloc(1, sizeof(*mailboxes));
	mailboxes->roots = scope->roots;
	mailboxes->now_us = scope->now_us;
	return mailboxes;
}

static enum residents_step mailboxes_step(void *state, struct resident *ret, char *problem)
{
	struct mailboxes *mailboxes = state;
	const struct dirent *entry;
	struct level *here;

	if (mailboxes->depth == 0)
		return mailboxes_begin_root(mailboxes, problem);
	here = &mailboxes->levels[mailboxes->depth - 1];
	errno = 0;
	entry = readdir(here->folder);
	if (!entry) {
		if (errno)
			mailboxes_note(mailboxes, "", errno, problem);
		closedir(here->folder);
		here->folder = NULL;
		mailboxes->depth--;
		return RESIDENTS_NONE;
	}
	if (!mailboxes_is_candidate(mailboxes, entry))
		return RESIDENTS_NONE;
	if (mailboxes->depth == mailboxes->n_levels)
		return mailboxes_look_at(mailboxes, entry->d_name, ret);
	mailboxes_go_in(mailboxes, entry->d_name, problem);
	return RESIDENTS_NONE;
}

static void mailboxes_close(void *state)
{
	mailboxes_drop_root(state);
	free(state);
}

const struct residents housed_residents = {
	.name = "mail_directories",
	.open = mailboxes_open,
	.step = mailboxes_step,
	.close = mailboxes_close,
};
