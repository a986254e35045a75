/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail root template, taken apart: the directory to watch, and which of the names below it make
 * the account.
 *
 *   /var/vmail/%d/%n          alice@isp1.example lies in /var/vmail/isp1.example/alice
 *   /home/%n/Maildir          accounts without a domain
 *   /srv/mail/%d/%1n/%n       spread by first letter
 *   mbox:/home/%n/mail        each file in there is a mailbox, which no name tells
 *   /srv/mail                 no folder names the account, the mail server does
 *   cyrus:/var/spool/cyrus/mail   laid out by Cyrus; most of its folders name nobody
 */
#ifndef WAX_MODEL_MAIL_ROOT_H
#define WAX_MODEL_MAIL_ROOT_H

#include <stdbool.h>
#include <stddef.h>

#include "mail_server.h"

/* Names below the watched directory that can matter; the kernel half remembers as many. */
#define MAIL_ROOT_DEPTH 4
#define MAIL_ROOT_NO_NAME 255
#define MAIL_ROOT_FOLDER_BYTES 32
/* Before a template whose files are mboxes. */
#define MAIL_ROOT_MBOX "mbox:"
/* Before a partition of Cyrus. */
#define MAIL_ROOT_CYRUS "cyrus:"

struct mail_root {
	char *directory; /* everything before the first name with a variable; owned */
	/* Depth of the names below directory, MAIL_ROOT_NO_NAME when the template has none. */
	unsigned char domain; /* %d */
	unsigned char name;   /* %n or %u */
	enum mailbox_layout layout;
	/* MAILBOX_LAYOUT_MBOX: the name below the account's, "" when there is none. */
	char folder[MAIL_ROOT_FOLDER_BYTES];
};

/* The path in a template, which may follow the word for its format. */
const char *mail_root_path(const char *template);
/* Returns 0, or -EINVAL with what is wrong in ret_wrong. */
int mail_root_parse(const char *template, struct mail_root *ret_root, char *ret_wrong, size_t size);
void mail_root_done(struct mail_root *root);

/* The account that lies in these directories; domain may be "". ret counts its NUL in size. */
void mail_root_account(const char *domain, const char *name, char *ret_account, size_t size);

#endif
