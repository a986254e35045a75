/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process as it was at one moment: its program, its users and its arguments belong together, though they are
 * read one after the other and the process may execute another program between.
 */
#ifndef WAX_DISCOVER_PROCESS_IDENTITY_H
#define WAX_DISCOVER_PROCESS_IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PROCESS_IDENTITY_ARGUMENTS 64
#define PROCESS_IDENTITY_LINE_BYTES 8192

/* What is looked at twice, to see that it was one program all the time. */
struct process_state {
	uid_t real, effective, saved;
	unsigned long long faults, started;
};

struct process_identity {
	struct stat executable; /* of the file that was opened */
	char place[PATH_MAX];	/* where that lies, as the kernel says */
	bool is_gone;		/* it was replaced or removed meanwhile */
	struct process_state state;
	char line[PROCESS_IDENTITY_LINE_BYTES];
	const char *arguments[PROCESS_IDENTITY_ARGUMENTS]; /* argv in line, ends with NULL */
};

/* process_fd: its folder in /proc. Returns 0, -EAGAIN for one that never rests, or another -errno. */
int process_identity_take(int process_fd, struct process_identity *ret);
/* Only where its program lies, for a first choice. */
int process_identity_take_place(int process_fd, char ret_place[PATH_MAX]);

/* Does it run as root, or as we do? Who runs a set-uid program is still the real user. */
bool process_identity_is_roots_or_ours(const struct process_identity *identity);
/*
 * Can nobody but root have put this program there? Its folders are walked as we see them: in a mount name
 * space of his own anybody can have a /usr/sbin/dovecot. Of a file that an upgrade has replaced the folder
 * is looked at, in which the new one lies.
 */
bool process_identity_has_roots_program(const struct process_identity *identity);

#endif
