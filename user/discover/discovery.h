/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the mail servers that run on this host and learns from them what to watch. What cannot be
 * learnt becomes a problem line that names the key to set.
 *
 * A new kind of server is one file with one `struct mail_server_kind`, and one row in
 * mail_server_kinds.c.
 */
#ifndef WAX_DISCOVER_DISCOVERY_H
#define WAX_DISCOVER_DISCOVERY_H

#include <sys/types.h>

#include "base/strlist.h"
#include "model/master_name.h"
#include "model/watch_list.h"

struct discovery;

/* A process that may be a mail server's master. */
struct candidate {
	pid_t pid;
	const char *executable;
	const char *const *arguments; /* argv, ends with NULL */
	bool is_roots; /* it runs as root, or as we do */
};

/* Who must own the master's process to be believed: its neighbours are executed and its
 * configuration decides what is watched. */
enum master_owner {
	MASTER_OF_ROOT,	    /* root, or the user that waxseald runs as */
	MASTER_OF_ANY_USER, /* anybody, if the program's file is root's alone; then only settings
			     * files of root's are believed: see is_roots of the candidate */
};

/* One kind of mail server, and what it speaks. How its mailboxes lie each mail root says by itself
 * (model/mail_root.h): one server may have several layouts. */
struct mail_server_kind {
	const char *name; /* as doctor shows it */
	const struct master_name *masters; /* ends with {} */
	enum master_owner owner;
	enum auth_protocol auth;       /* at its auth sockets */
	enum session_protocol session; /* by which its processes say whom they serve */
	/* root is "" or the folder that holds proc, etc, usr ... (tests). Adds at most one server.
	 */
	void (*discover)(const char *root, const struct candidate *master, struct discovery *found);
};

extern const struct mail_server_kind dovecot_kind, saslauthd_kind, courier_kind, postfix_kind,
	exim_kind, cyrus_kind;

/* mail_server_kinds.c: all of them, ending with NULL. */
extern const struct mail_server_kind *const mail_server_kinds[];

/* A server that was found. */
struct mail_server {
	const struct mail_server_kind *kind;
	char *version; /* "" when it is not known */
	struct watch_list watch;
};

struct discovery {
	struct mail_server *servers;
	size_t count;
	struct strlist last_logins;	 /* files in which the server keeps them */
	struct strlist doveadm_commands; /* "DOVEADM\tCONFIGURATION": programs that list accounts */
	struct strlist problems;	 /* sentences for doctor */
	size_t strangers; /* processes of other users that may be masters and were not understood */
	struct strlist missing; /* the like, of what is to be watched and does not exist (yet) */
};

void discovery_run(const char *root, struct discovery *ret);
void discovery_done(struct discovery *found);

/* ---- For the files of the single servers ---- */

/* The pointer is valid until the next call. */
struct mail_server *discovery_add_server(struct discovery *found,
					 const struct mail_server_kind *kind, const char *version);
/* A sentence about a process that is not root's: anybody can have as many as he likes, so a few are kept. */
void discovery_add_question(struct discovery *found, const struct candidate *master,
			    const char *sentence);
/* A server of the kind whose entries of role have the name; NULL: any of the kind. */
bool discovery_has_server(const struct discovery *found, const struct mail_server_kind *kind,
			  enum watch_role role, const char *name);

/* Adds an entry; auth sockets, session programs and status folders get the protocol of the server's
 * kind. */
void mail_server_watch(struct mail_server *server, enum watch_role role, const char *name);
void mail_server_watchf(struct mail_server *server, enum watch_role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds the program when it exists, as the kernel will name it. */
void mail_server_watch_program(struct mail_server *server, enum watch_role role, const char *root,
			       const char *path);
/* The like for several in one folder; names ends with NULL. */
void mail_server_watch_programs(struct mail_server *server, enum watch_role role, const char *root,
				const char *folder, const char *const *names);
/* shadow.c: /etc/shadow and the programs that read it in the ordinary course of a Unix host. */
void mail_server_watch_shadow(struct mail_server *server, const char *root);

/* database.c */
/* Adds where a database server listens: an empty host is the client library's default. False when
 * the driver's servers are not known. */
bool mail_server_watch_database(struct mail_server *server, const char *driver, const char *host,
				const char *port);
/* Adds where directory servers listen: a list of URIs or hosts; NULL and "" give false. */
bool mail_server_watch_directory(struct mail_server *server, const char *servers);

#endif
