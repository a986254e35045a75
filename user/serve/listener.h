/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening sockets. Failures come with one line for the operator that names the address. */
#ifndef WAX_SERVE_LISTENER_H
#define WAX_SERVE_LISTENER_H

#include <stddef.h>

/* A stale socket file is replaced; one that somebody answers on, or a file that is no socket, is
 * an error. Mode 0660; owned by group when that exists. ret_fd is the caller's. */
int listener_open_unix(const char *path, const char *group, int *ret_fd, char *ret_problem,
		       size_t size);
/* host:port or [v6]:port. */
int listener_open_tcp(const char *address, int *ret_fd, char *ret_problem, size_t size);

#endif
