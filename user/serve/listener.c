/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding finds a second daemon, a left-over socket file or a busy port: each has its message. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/name_lookup.h"
#include "base/parse.h"
#include "serve/listener.h"

/* One peer must not fill it between two turns of the loop; the kernel cuts it at net.core.somaxconn. */
#define BACKLOG 4096
/* A connection is accepted when its request has come, or after so long. */
#define DEFER_ACCEPT_SECONDS 2
/* At the start, for a user database in the network. */
#define GROUP_WAIT_MS 2000

static int listener_problem(int error, char *ret_problem, size_t size, const char *address,
			    const char *what)
{
	(void)snprintf(ret_problem, size, "cannot listen on %s: %s", address,
		       what ? what : strerror(-error));
	return error;
}

/* Removes what a daemon that was killed left behind. -EADDRINUSE: somebody answers. */
static int listener_remove_stale(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* A full backlog (EAGAIN) is somebody, too. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Without the right to give the file away, or without an answer which number the group has, it stays
 * with the daemon's own group. */
static int listener_give_to_group(const char *path, const char *group)
{
	struct name_answer found = {.state = NAME_ABSENT};

	if (group && group[0])
		found = name_lookup(NAME_GROUP, group, 0, GROUP_WAIT_MS);
	if (found.state == NAME_FOUND && lchown(path, (uid_t)-1, found.number) < 0 && errno != EPERM)
		return -errno;
	return chmod(path, 0660) < 0 ? -errno : 0;
}

static int listener_bind_unix(const struct sockaddr_un *address, const char *group, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	int r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* The file takes over the mode of the unbound socket, so it is never wider than this. */
	if (fchmod(fd, 0660) < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	r = listener_give_to_group(address->sun_path, group);
	if (r == 0 && listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(address->sun_path);
		return r;
	}
	*ret_fd = take_fd(fd);
	return 0;
}

int listener_open_unix(const char *path, const char *group, int *ret_fd, char *ret_problem,
		       size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return listener_problem(-ENAMETOOLONG, ret_problem, size, path, NULL);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	r = listener_remove_stale(&address);
	if (r == -EADDRINUSE)
		return listener_problem(r, ret_problem, size, path,
					"another waxseald is running there");
	if (r == -EEXIST)
		return listener_problem(r, ret_problem, size, path,
					"a file that is no socket is in the way");
	if (r == 0)
		r = listener_bind_unix(&address, group, ret_fd);
	if (r < 0)
		return listener_problem(r, ret_problem, size, path, NULL);
	return 0;
}

/* Cuts "host:port" or "[v6]:port" in place. */
static int listener_split(char *address, const char **ret_host, const char **ret_port)
{
	char *colon = strrchr(address, ':');
	uint64_t port;

	if (!colon || colon == address || parse_u64(colon + 1, 1, 65535, &port) < 0)
		return -EINVAL;
	*colon = '\0';
	if (address[0] == '[') {
		if (colon[-1] != ']')
			return -EINVAL;
		colon[-1] = '\0';
		address++;
	} else if (strchr(address, ':')) {
		return -EINVAL;
	}
	if (!address[0])
		return -EINVAL;
	*ret_host = address;
	*ret_port = colon + 1;
	return 0;
}

static int listener_bind_tcp(const struct addrinfo *found, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	const int on = 1, defer = DEFER_ACCEPT_SECONDS;

	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Or a restart would wait for the connections of the last run. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	/* Only a help: who has asked already is told from who only occupies a place. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, sizeof(defer));
	if (bind(fd, found->ai_addr, found->ai_addrlen) < 0)
		return -errno;
	if (listen(fd, BACKLOG) < 0)
		return -errno;
	*ret_fd = take_fd(fd);
	return 0;
}

int listener_open_tcp(const char *address, int *ret_fd, char *ret_problem, size_t size)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	_cleanup_free_ char *copy = xstrdup(address);
	const char *host, *port;
	struct addrinfo *found;
	int r;

	if (listener_split(copy, &host, &port) < 0)
		return listener_problem(-EINVAL, ret_problem, size, address,
					"not host:port or [v6]:port");
	r = getaddrinfo(host, port, &hints, &found);
	if (r != 0)
		return listener_problem(-EADDRNOTAVAIL, ret_problem, size, address,
					gai_strerror(r));
	r = listener_bind_tcp(found, ret_fd);
	freeaddrinfo(found);
	if (r < 0)
		return listener_problem(r, ret_problem, size, address, NULL);
	return 0;
}
