/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is connected to one listener. Of a peer that has many connections, or of the peer that has most
 * when all places are taken, the one that waits longest gives way. So nobody can keep others out with
 * connections that do nothing.
 *
 * A flood of new connections must not push out one that is about to ask: a peer that has all its
 * places and began all of its connections just now gets no more. Whoever brings a whole request is
 * always taken in, because the answer is the next thing that happens.
 *
 * A peer is a user of this host, by a Unix socket or by TCP, or an address (IPv6: its /64). How long a
 * connection waits is counted from its start or from the end of its last answer: bytes that trickle
 * in change nothing.
 */
#ifndef WAX_SERVE_CLIENTS_H
#define WAX_SERVE_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define CLIENTS_MAX 64
#define CLIENTS_PER_PEER 32
/* From one answer to the next request, and until an answer is sent. */
#define CLIENTS_WAIT_US INT64_C(10000000)
#define CLIENTS_ANSWER_US INT64_C(60000000)
/* So long a connection does not give way to one of the same peer that has asked nothing. */
#define CLIENTS_YOUNG_US INT64_C(2000000)

struct client_peer {
	uint8_t bytes[16];
};

struct client {
	struct client_peer peer;
	int fd; /* -1: a free place */
	int64_t since_us;
	bool is_answered; /* a request is there, its answer on the way */
};

struct clients {
	struct client items[CLIENTS_MAX];
};

void clients_init(struct clients *ret);

/* The peer of an accepted socket; address is that of its other end. */
struct client_peer client_peer_of(int fd, const struct sockaddr_storage *address);

/* Takes one more in, or not: returns the descriptor of the one that gives way and has no place any more,
 * fd itself when it gets none, -1 when nobody must go. has_request: a whole one can be read already. */
int clients_add(struct clients *clients, const struct client_peer *peer, int fd, bool has_request,
		int64_t now_us);
void clients_remove(struct clients *clients, int fd);
/* A request arrived whole, or its answer is sent. */
void clients_note(struct clients *clients, int fd, bool is_answered, int64_t now_us);

/* The descriptor of one that took too long and has no place any more, or -1. */
int clients_take_overdue(struct clients *clients, int64_t now_us);
/* When the next one will have; INT64_MAX: nobody. */
int64_t clients_next_due(const struct clients *clients);

#endif
