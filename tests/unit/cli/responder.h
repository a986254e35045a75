/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A daemon of a few lines for the tests of the command line: answers every request on a Unix socket
 * with one fixed response and keeps what was asked.
 */
#ifndef WAX_TESTS_CLI_RESPONDER_H
#define WAX_TESTS_CLI_RESPONDER_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/command.h"

struct responder {
	char folder[32], path[64];
	int listener;
	const char *response; /* status line, headers and body */
	char asked[4096];     /* first line of the last request */
	pthread_t thread;
};

static inline void responder_answer(struct responder *responder, int fd)
{
	char request[8192];
	size_t length = 0;
	ssize_t n;

	do {
		n = read(fd, request + length, sizeof(request) - 1 - length);
		length += n > 0 ? n : 0;
		request[length] = '\0';
	} while (n > 0 && !strstr(request, "\r\n\r\n"));
	request[strcspn(request, "\r")] = '\0';
	snprintf(responder->asked, sizeof(responder->asked), "%.4000s", request);
	(void)!write(fd, responder->response, strlen(responder->response));
}

static inline void *responder_serve(void *context)
{
	struct responder *responder = context;
	int fd;

	while ((fd = accept4(responder->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		responder_answer(responder, fd);
		close(fd);
	}
	return NULL;
}

static inline void responder_start(struct responder *responder, const char *response)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*responder = (struct responder){ .response = response };
	strcpy(responder->folder, "/tmp/waxseal-cli-XXXXXX");
	if (!mkdtemp(responder->folder))
		abort();
	snprintf(responder->path, sizeof(responder->path), "%s/sock", responder->folder);
	strcpy(address.sun_path, responder->path);
	responder->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(responder->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(responder->listener, 8) < 0 ||
	    pthread_create(&responder->thread, NULL, responder_serve, responder) != 0)
		abort();
}

static inline void responder_stop(struct responder *responder)
{
	shutdown(responder->listener, SHUT_RDWR);
	pthread_join(responder->thread, NULL);
	close(responder->listener);
	unlink(responder->path);
	rmdir(responder->folder);
}

/* What a command wrote, and its exit code. */
struct spoken {
	int code;
	char *out, *err;
};

static inline void spoken_done(struct spoken *spoken)
{
	free(spoken->out);
	free(spoken->err);
}

/* Runs "waxseal WORDS..."; words are separated by blanks. 2026-07-01T12:00:00Z is now. */
static inline struct spoken speak(const char *socket, const char *command, const char *words,
				  bool json, unsigned int width)
{
	struct spoken spoken = { 0 };
	size_t out_size, err_size, argc = 0;
	struct console console = {
		.out = open_memstream(&spoken.out, &out_size),
		.err = open_memstream(&spoken.err, &err_size),
		.socket = socket,
		.json = json,
		.width = width,
		.now_us = INT64_C(1782907200) * 1000000,
	};
	_cleanup_free_ char *copy = xstrdup(words);
	char *argv[32], *rest = copy, *word;

	while (argc < 32 && (word = strsep(&rest, " ")) != NULL)
		if (*word)
			argv[argc++] = word;
	spoken.code = command_run(command_find(command), &console, argc, argv);
	fclose(console.out);
	fclose(console.err);
	return spoken;
}

#define RESPOND(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

#endif
