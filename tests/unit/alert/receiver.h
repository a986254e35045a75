/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A web service of a few lines: takes what is posted, keeps the bodies, answers as it is told. It
 * runs in a thread, the sinks in the test's event loop.
 */
#ifndef WAX_TESTS_ALERT_RECEIVER_H
#define WAX_TESTS_ALERT_RECEIVER_H

#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "alert/sink.h"

#define RECEIVER_BODIES 64

struct receiver {
	int listener;
	in_port_t port; /* network order; stays when it is started again */
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock;
	int status;   /* of the answers */
	int failures; /* so many answers first are 503 */
	int asked;
	char *bodies[RECEIVER_BODIES]; /* those that were answered with 2xx */
	char first_line[128];
	size_t count;
};

static inline int receiver_answer(struct receiver *receiver, const char *request, char *body)
{
	int status;

	pthread_mutex_lock(&receiver->lock);
	snprintf(receiver->first_line, sizeof(receiver->first_line), "%.*s",
		 (int)strcspn(request, "\r"), request);
	receiver->asked++;
	status = receiver->failures > 0 ? 503 : receiver->status;
	receiver->failures -= receiver->failures > 0;
	if (status / 100 == 2 && receiver->count < RECEIVER_BODIES)
		receiver->bodies[receiver->count++] = strdup(body);
	pthread_mutex_unlock(&receiver->lock);
	return status;
}

static inline void receiver_serve_one(struct receiver *receiver, int fd)
{
	static char request[1 << 20];
	size_t length = 0, wanted = SIZE_MAX;
	char answer[128], *body = NULL;
	ssize_t n;

	while (!body || strlen(body) < wanted) {
		n = read(fd, request + length, sizeof(request) - 1 - length);
		if (n <= 0)
			return;
		length += (size_t)n;
		request[length] = '\0';
		if (!body && (body = strstr(request, "\r\n\r\n"))) {
			const char *header = strcasestr(request, "content-length:");

			body += 4;
			wanted = header ? strtoul(header + 15, NULL, 10) : 0;
		}
	}
	snprintf(answer, sizeof(answer),
		 "HTTP/1.1 %d X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
		 receiver_answer(receiver, request, body));
	(void)!write(fd, answer, strlen(answer));
}

static inline void *receiver_serve(void *context)
{
	struct receiver *receiver = context;
	int fd;

	while ((fd = accept4(receiver->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		receiver_serve_one(receiver, fd);
		close(fd);
	}
	return NULL;
}

static inline void receiver_start(struct receiver *receiver)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = receiver->port,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	const int one = 1;

	pthread_mutex_init(&receiver->lock, NULL);
	receiver->status = 200;
	receiver->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(receiver->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(receiver->listener, (struct sockaddr *)&address, size) < 0 ||
	    listen(receiver->listener, 16) < 0 ||
	    getsockname(receiver->listener, (struct sockaddr *)&address, &size) < 0 ||
	    pthread_create(&receiver->thread, NULL, receiver_serve, receiver) != 0)
		abort();
	receiver->port = address.sin_port;
	snprintf(receiver->url, sizeof(receiver->url), "http://127.0.0.1:%d/hook",
		 ntohs(receiver->port));
}

static inline void receiver_stop(struct receiver *receiver)
{
	if (receiver->listener < 0)
		return;
	shutdown(receiver->listener, SHUT_RDWR);
	pthread_join(receiver->thread, NULL);
	close(receiver->listener);
	receiver->listener = -1;
}

/* Around each test, which finds it in its state. */
static inline int start_receiver(void **state)
{
	struct receiver *receiver = calloc(1, sizeof(*receiver));

	if (!receiver)
		abort();
	receiver_start(receiver);
	*state = receiver;
	return 0;
}

static inline int stop_receiver(void **state)
{
	struct receiver *receiver = *state;

	receiver_stop(receiver);
	for (size_t i = 0; i < receiver->count; i++)
		free(receiver->bodies[i]);
	free(receiver);
	return 0;
}

/* What it answers from now on: so many times 503 first. */
static inline void receiver_shall(struct receiver *receiver, int failures, int status)
{
	pthread_mutex_lock(&receiver->lock);
	receiver->failures = failures;
	receiver->status = status;
	pthread_mutex_unlock(&receiver->lock);
}

static inline size_t receiver_count(struct receiver *receiver)
{
	size_t count;

	pthread_mutex_lock(&receiver->lock);
	count = receiver->count;
	pthread_mutex_unlock(&receiver->lock);
	return count;
}

static inline int receiver_asked(struct receiver *receiver)
{
	int asked;

	pthread_mutex_lock(&receiver->lock);
	asked = receiver->asked;
	pthread_mutex_unlock(&receiver->lock);
	return asked;
}

/* Lets the event loop work for a while. */
static inline void loop_for(unsigned int ms)
{
	sd_event *event = NULL;
	struct timespec start, now;

	if (sd_event_default(&event) < 0)
		abort();
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (sd_event_run(event, 10000) < 0)
			abort();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 <
		 (long)ms);
	sd_event_unref(event);
}

/* Until so many bodies are there, ten seconds at most. */
static inline void loop_until(struct receiver *receiver, size_t count)
{
	for (int i = 0; i < 200 && receiver_count(receiver) < count; i++)
		loop_for(50);
}

#define SAMPLE_US INT64_C(1782909296000000)

static inline struct alert sample_alert(const char *id)
{
	struct alert alert = {
		.detector = "takeover",
		.severity = SEVERITY_CRITICAL,
		.subject_kind = SUBJECT_ACCOUNT,
		.subject = (char *)"ann@example.org",
		.message = (char *)"ann@example.org was opened by a network that guesses.",
		.time_us = SAMPLE_US,
		.first_us = SAMPLE_US,
		.last_us = SAMPLE_US,
		.count = 1,
		.active = true,
	};

	snprintf(alert.id, sizeof(alert.id), "%s", id);
	return alert;
}

#endif
