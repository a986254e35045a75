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
#include "accounts/background_source.h"
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

struct mail_directories {
	const struct watch_entries *roots;
	size_t next_root;
	struct mail_root root;
	struct level levels[LEVELS];
	size_t n_levels, depth;
	char *tail; /* plain names after the last variable */
	char account[2 * TEXT_BYTES];
	int64_t now_us;
};

static void mail_directories_drop_root(struct mail_directories *directories)
{
	for (size_t i = 0; i < directories->n_levels; i++) {
		free(directories->levels[i].prefix);
		if (directories->levels[i].folder)
			closedir(directories->levels[i].folder);
		directories->levels[i] = (struct level){};
	}
	directories->n_levels = directories->depth = 0;
	free(directories->tail);
	directories->tail = NULL;
	mail_root_done(&directories->root);
}

/* Takes what is left of the template apart; it was checked when the root was taken on. */
static void mail_directories_split(struct mail_directories *directories, const char *rest)
{
	char *plain = xstrdup("");

	while (*(rest += strspn(rest, "/"))) {
		size_t length = strcspn(rest, "/");
		char *longer;

		if (*rest == '%' && directories->n_levels < LEVELS) {
			directories->levels[directories->n_levels].prefix = plain;
			directories->levels[directories->n_levels++].variable = rest[1];
			plain = xstrdup("");
		} else {
			longer = xasprintf("%s/%.*s", plain, (int)length, rest);
			free(plain);
			plain = longer;
		}
		rest += length;
	}
	directories->tail = plain;
}

static void mail_directories_note(const struct mail_directories *directories, const char *name,
				  int error, char *problem)
{
	if (!problem[0])
		snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "cannot read %.400s%s%.400s: %s",
			 directories->root.directory, *name ? "/.../" : "", name, strerror(error));
}

static DIR *mail_directories_open_folder(int parent, const char *path)
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
static bool mail_directories_is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static enum account_source_step mail_directories_begin_root(struct mail_directories *directories,
							    char *problem)
{
	const char *template;
	char wrong[256];

	mail_directories_drop_root(directories);
	if (directories->next_root == directories->roots->count)
		return ACCOUNT_SOURCE_END;
	template = directories->roots->items[directories->next_root++].name;
	/* folders are named after accounts only where a template says so */
	if (mail_root_parse(template, &directories->root, wrong, sizeof(wrong)) < 0 ||
	    !mailbox_layout_has_template(directories->root.layout)) {
		/* who has mail there is in no directory, so the others are not all */
		if (directories->root.layout == MAILBOX_LAYOUT_TREE)
			snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES,
				 "%s names no account by its folders", template);
		return ACCOUNT_SOURCE_NONE;
	}
	mail_directories_split(directories,
			       mail_root_path(template) + strlen(directories->root.directory));
	directories->levels[0].folder =
		mail_directories_open_folder(AT_FDCWD, directories->root.directory);
	directories->depth = directories->levels[0].folder != NULL;
	if (!directories->depth && !mail_directories_is_absent(errno))
		mail_directories_note(directories, "", errno, problem);
	return ACCOUNT_SOURCE_NONE;
}

/* Files beside mboxes are locks: ann.lock. */
static bool mail_directories_is_lock(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && strcmp(end, ".lock") == 0;
}

static bool mail_directories_is_candidate(const struct mail_directories *directories,
					  const struct dirent *entry)
{
	const struct level *level = &directories->levels[directories->depth - 1];
	bool may_be_file = directories->root.layout == MAILBOX_LAYOUT_MBOX &&
			   directories->depth == directories->n_levels;

	if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lost+found") == 0)
		return false;
	if (entry->d_type == DT_REG)
		return may_be_file && !mail_directories_is_lock(entry->d_name);
	if (entry->d_type != DT_DIR && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return false;
	return level->variable != '1' || !entry->d_name[1];
}

static void mail_directories_go_in(struct mail_directories *directories, const char *name,
				   char *problem)
{
	struct level *here = &directories->levels[directories->depth - 1], *below = here + 1;
	_cleanup_free_ char *path = xasprintf("%s%s", name, below->prefix);

	below->folder = mail_directories_open_folder(dirfd(here->folder), path);
	if (!below->folder) {
		if (!mail_directories_is_absent(errno))
			mail_directories_note(directories, name, errno, problem);
		return;
	}
	text_from_wire(name, strlen(name), here->text, sizeof(here->text));
	directories->depth++;
}

static int64_t mail_directories_time(int parent, const char *mailbox, const char *folder,
				     const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s%s%s", mailbox, folder, name) >= (int)sizeof(path) ||
	    fstatat(parent, path, &status, 0) < 0)
		return 0;
	return (int64_t)status.st_mtim.tv_sec * US_PER_SECOND + status.st_mtim.tv_nsec / 1000;
}

/* 0: there is no such mailbox. */
static int64_t mail_directories_last_use(int parent, const char *mailbox, bool is_mbox)
{
	/* A root may name the home directory, and the mail lies in a folder of it. */
	static const char *const folders[] = {"",	"/Maildir", "/maildir", "/mail",
					      "/mdbox", "/sdbox",   "/dbox"};
	static const char *const signs[] = {"/cur/.", "/dovecot.index.log",
					    "/mailboxes/INBOX/dbox-Mails/dovecot.index.log"};
	int64_t last_us = 0;

	for (size_t sign = 0; !last_us && sign < ARRAY_LENGTH(signs); sign++)
		for (size_t i = 0; !last_us && i < ARRAY_LENGTH(folders); i++)
			last_us = mail_directories_time(parent, mailbox, folders[i], signs[sign]);
	return last_us ? last_us : mail_directories_time(parent, mailbox, "", is_mbox ? "" : "/.");
}

static const char *mail_directories_text(const struct mail_directories *directories,
					 const char *variables)
{
	for (size_t i = 0; i < directories->n_levels; i++)
		if (strchr(variables, directories->levels[i].variable))
			return directories->levels[i].text;
	return "";
}

static enum account_source_step mail_directories_look_at(struct mail_directories *directories,
							 const char *name,
							 struct found_account *ret)
{
	struct level *here = &directories->levels[directories->depth - 1];
	_cleanup_free_ char *mailbox = xasprintf("%s%s", name, directories->tail);
	bool is_mbox = directories->root.layout == MAILBOX_LAYOUT_MBOX;
	int64_t last_us = mail_directories_last_use(dirfd(here->folder), mailbox, is_mbox);

	if (!last_us)
		return ACCOUNT_SOURCE_NONE;
	text_from_wire(name, strlen(name), here->text, sizeof(here->text));
	mail_root_account(mail_directories_text(directories, "d"),
			  mail_directories_text(directories, "nu"), directories->account,
			  sizeof(directories->account));
	*ret = (struct found_account){
		.account = directories->account,
		.last_us = last_us < directories->now_us ? last_us : directories->now_us,
	};
	return ACCOUNT_SOURCE_ONE;
}

static void *mail_directories_open(const struct account_source_settings *scope)
{
	struct mail_directories *directories;

	if (scope->roots->count == 0)
		return NULL;
	directories = xcalloc(1, sizeof(*directories));
	directories->roots = scope->roots;
	directories->now_us = scope->now_us;
	return directories;
}

static enum account_source_step mail_directories_step(void *state, struct found_account *ret,
						      char *problem)
{
	struct mail_directories *directories = state;
	const struct dirent *entry;
	struct level *here;

	if (directories->depth == 0)
		return mail_directories_begin_root(directories, problem);
	here = &directories->levels[directories->depth - 1];
	errno = 0;
	entry = readdir(here->folder);
	if (!entry) {
		if (errno)
			mail_directories_note(directories, "", errno, problem);
		closedir(here->folder);
		here->folder = NULL;
		directories->depth--;
		return ACCOUNT_SOURCE_NONE;
	}
	if (!mail_directories_is_candidate(directories, entry))
		return ACCOUNT_SOURCE_NONE;
	if (directories->depth == directories->n_levels)
		return mail_directories_look_at(directories, entry->d_name, ret);
	mail_directories_go_in(directories, entry->d_name, problem);
	return ACCOUNT_SOURCE_NONE;
}

static void mail_directories_close(void *state)
{
	mail_directories_drop_root(state);
	free(state);
}

static const struct account_source mail_directories = {
	.name = "mail_directories",
	.open = mail_directories_open,
	.step = mail_directories_step,
	.close = mail_directories_close,
};

static void *mail_directories_begin(const struct account_source_settings *scope)
{
	return background_source_open(&mail_directories, scope);
}

const struct account_source directory_account_source = {
	.name = "mail_directories",
	.open = mail_directories_begin,
	.step = background_source_step,
	.close = background_source_close,
};
