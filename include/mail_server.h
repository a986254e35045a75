/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How mail servers differ, one enum for each family: how verdicts on logins are exchanged, how a mail
 * process names its account, how mailboxes are stored. Kernel and user space use them. Append-only:
 * maps keep the numbers from one daemon to the next.
 */
#ifndef WAX_MAIL_SERVER_H
#define WAX_MAIL_SERVER_H

/* Between the process that asks for a verdict and the service that gives it. */
enum auth_protocol {
	AUTH_PROTOCOL_NONE = 0,
	AUTH_PROTOCOL_DOVECOT = 1, /* decode/dovecot_auth.h; also spoken by Postfix and Exim */
};

enum session_protocol {
	SESSION_PROTOCOL_NONE = 0,
	SESSION_PROTOCOL_ANVIL = 1,	   /* Dovecot: CONNECT on the anvil pipe, decode/anvil.h */
	SESSION_PROTOCOL_ENVIRONMENT = 2,  /* Courier: at the exec, decode/courier_environment.h */
	SESSION_PROTOCOL_CYRUS_STATUS = 3, /* Cyrus: a status file, decode/cyrus_status.h */
};

/* Every process of such a program serves one client, the one for whom it was executed: what it opens is that
 * session's, even where its environment could not be read. */
static inline int session_protocol_is_said_at_exec(unsigned int protocol)
{
	return protocol == SESSION_PROTOCOL_ENVIRONMENT;
}

/*
 * Executables of masters by file name: a process of root's that runs one is a mail server's. Cyrus's
 * is also called "master", below a folder whose name begins with "cyrus". The only list: the kernel
 * programs, the look at older processes and discovery use it (user/model/master_name.h).
 */
#define MASTER_NAME_BYTES 16
#define MASTERS_OF_DOVECOT(name) name("dovecot")
#define MASTERS_OF_COURIER(name) name("couriertcpd")
#define MASTERS_OF_CYRUS(name) name("cyrmaster") name("cyrus-master")
#define MASTER_NAME_ITEM(name) name,
#define MASTER_NAMES                                                                               \
	{                                                                                          \
		MASTERS_OF_DOVECOT(MASTER_NAME_ITEM) MASTERS_OF_COURIER(MASTER_NAME_ITEM)          \
			MASTERS_OF_CYRUS(MASTER_NAME_ITEM)                                         \
	}
#define MASTER_NAME_IN_CYRUS "master"
#define MASTER_FOLDER_OF_CYRUS "cyrus"
#define STORE_HASH_BYTES 33 /* below /nix/store before a name: a hash and a dash */

enum mailbox_layout {
	MAILBOX_LAYOUT_DOVECOT = 0, /* Maildir, sdbox and mdbox below the account's place */
	MAILBOX_LAYOUT_MBOX = 1,    /* a folder of mbox files in the account's place */
	MAILBOX_LAYOUT_CYRUS = 2,   /* files N. below folders that Cyrus names */
	MAILBOX_LAYOUT_TREE = 3,    /* Maildir, sdbox and mdbox anywhere: no path says whose */
};

/* Does a template say where the account stands in a path? Elsewhere the server names it. */
static inline int mailbox_layout_has_template(unsigned int layout)
{
	return layout != MAILBOX_LAYOUT_CYRUS && layout != MAILBOX_LAYOUT_TREE;
}

#endif
