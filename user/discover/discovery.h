/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the mail servers that run on this host and learns from them what to watch. What cannot be
 * learnt becomes a problem line that names the key to set.
 *
 * A new kind of server is one file with one function, and one row in discovery.c.
 */
#ifndef WAX_DISCOVER_DISCOVERY_H
#define WAX_DISCOVER_DISCOVERY_H

#include <sys/types.h>

#include "base/strlist.h"

struct mail_server {
	char *kind; /* dovecot, saslauthd, courier, postfix, cyrus */
	char *version; /* "" when it is not known */
	struct strlist auth;   /* sockets */
	struct strlist roots;  /* templates */
	struct strlist stores; /* credential files */
	struct strlist ports;  /* SERVICE:PORT */
};

struct discovery {
	struct mail_server *servers;
	size_t count;
	struct strlist helpers;  /* programs that read mail on their own behalf */
	struct strlist sessions; /* programs that read mail for one logged-in client */
	struct strlist silent;   /* the like that have whom they serve in their environment */
	struct strlist status_folders; /* where processes say whom they serve */
	struct strlist readers;  /* programs that may read the stores */
	struct strlist last_logins; /* files in which the server keeps them */
	struct strlist listings;	  /* "DOVEADM\tCONFIGURATION": programs that list accounts */
	struct strlist problems; /* sentences for doctor */
};

/* A process that may be a mail server's master. */
struct candidate {
	pid_t pid;
	const char *executable;
	const char *const *arguments; /* argv, ends with NULL */
};

/* root is "" or the folder that holds proc, etc, usr ... (tests). */
void discovery_run(const char *root, struct discovery *ret);
void discovery_done(struct discovery *found);

/* For the files of the single servers. */
struct mail_server *discovery_add_server(struct discovery *found, const char *kind,
					 const char *version);
/* Can nobody but root, or we, have written it? */
bool discovery_is_roots_file(int folder_fd, const char *path);
/* Adds root's path to the list when the program exists, as the kernel will name it. */
void discovery_add_program(struct strlist *list, const char *root, const char *path);
/* The like for several in one folder; names ends with NULL. */
void discovery_add_programs(struct strlist *list, const char *root, const char *folder,
			    const char *const *names);
/* /etc/shadow and the programs that read it in the ordinary course of a Unix host. */
void discovery_add_shadow(struct discovery *found, struct mail_server *server, const char *root);

/* database.c */
/* Adds where a database server listens: an empty host is the client library's default. False when
 * the driver's servers are not known. */
bool discovery_add_database(const char *driver, const char *host, const char *port,
			  struct mail_server *server);
/* Adds where directory servers listen: a list of URIs or hosts; NULL and "" give false. */
bool discovery_add_directory(const char *servers, struct mail_server *server);

/* dovecot.c */
void dovecot_discover(const char *root, const struct candidate *master, struct discovery *found);
/* sasl.c: saslauthd; Postfix as far as it looks into stores itself */
void saslauthd_discover(const char *root, const struct candidate *master, struct discovery *found);
void postfix_discover(const char *root, const struct candidate *master, struct discovery *found);
/* The sasldb that a server looks into, as its file says in settings that begin with prefix; owned, or
 * NULL. */
char *sasl_find_sasldb(const char *root, const char *file, const char *prefix);
/* cyrus.c */
void cyrus_discover(const char *root, const struct candidate *master, struct discovery *found);
/* courier.c: authdaemond */
void courier_discover(const char *root, const struct candidate *master, struct discovery *found);

#endif
