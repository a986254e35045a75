/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 64 places, looked through as a whole: connections are rare. */
#include "serve/clients.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "serve/tcp_owner.h"

/* No connection comes from a multicast address. */
#define USER_OF_THIS_HOST 0xff

void clients_init(struct clients *ret)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		ret->items[i] = (struct client){.fd = -1};
}

static struct client_peer client_peer_user(int fd)
{
	struct client_peer peer = {.bytes = {0}};
	struct ucred other;
	socklen_t length = sizeof(other);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &length) == 0)
		memcpy(peer.bytes, &other.uid, sizeof(other.uid));
	return peer;
}

static struct client_peer client_peer_address(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	struct client_peer peer = {.bytes = {0}};

	if (address->ss_family == AF_INET)
		memcpy(peer.bytes + 12, &v4->sin_addr, 4);
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		memcpy(peer.bytes + 12, v6->sin6_addr.s6_addr + 12, 4);
	else
		memcpy(peer.bytes, v6->sin6_addr.s6_addr, 8);
	return peer;
}

struct client_peer client_peer_of(int fd, const struct sockaddr_storage *address)
{
	struct client_peer peer = {.bytes = {USER_OF_THIS_HOST}};
	uint32_t uid;

	if (address->ss_family != AF_INET && address->ss_family != AF_INET6)
		return client_peer_user(fd);
	if (fd < 0 || tcp_owner_find(fd, &uid) < 0)
		return client_peer_address(address);
	memcpy(peer.bytes + 12, &uid, sizeof(uid));
	return peer;
}

static struct client *clients_find(struct clients *clients, int fd)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients->items[i].fd == fd)
			return &clients->items[i];
	return NULL;
}

static bool client_is_of(const struct client *client, const struct client_peer *peer)
{
	return client->fd >= 0 && memcmp(&client->peer, peer, sizeof(*peer)) == 0;
}

static int clients_count(const struct clients *clients, const struct client_peer *peer)
{
	int count = 0;

	for (int i = 0; i < CLIENTS_MAX; i++)
		count += client_is_of(&clients->items[i], peer);
	return count;
}

/* Does one give way before the other? Who waits for an answer comes last. */
static bool client_is_before(const struct client *client, const struct client *other)
{
	if (client->is_answered != other->is_answered)
		return other->is_answered;
	return client->since_us < other->since_us;
}

/* Of all places when they are taken: the longest wait of those who have most. */
static struct client *clients_least(struct clients *clients, int *ret_most)
{
	struct client *least = NULL;
	int most = 0;

	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &clients->items[i];
		int count = clients_count(clients, &client->peer);

		if (count < most || (count == most && !client_is_before(client, least)))
			continue;
		least = client;
		most = count;
	}
	*ret_most = most;
	return least;
}

static struct client *clients_least_of(struct clients *clients, const struct client_peer *peer)
{
	struct client *least = NULL;

	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &clients->items[i];

		if (client_is_of(client, peer) && (!least || client_is_before(client, least)))
			least = client;
	}
	return least;
}

int clients_add(struct clients *clients, const struct client_peer *peer, int fd, bool has_request,
		int64_t now_us)
{
	int own = clients_count(clients, peer), most = own, gone;
	struct client *place = own >= CLIENTS_PER_PEER ? clients_least_of(clients, peer)
						       : clients_find(clients, -1);

	if (!place)
		place = clients_least(clients, &most);
	/* who has more than the new one would have makes room in any case */
	if (place->fd >= 0 && !has_request && most <= own + 1 &&
	    (place->is_answered || now_us - place->since_us < CLIENTS_YOUNG_US))
		return fd;
	gone = place->fd;
	*place = (struct client){.peer = *peer, .fd = fd, .since_us = now_us};
	return gone;
}

void clients_remove(struct clients *clients, int fd)
{
	struct client *client = fd >= 0 ? clients_find(clients, fd) : NULL;

	if (client)
		client->fd = -1;
}

void clients_note(struct clients *clients, int fd, bool is_answered, int64_t now_us)
{
	struct client *client = fd >= 0 ? clients_find(clients, fd) : NULL;

	if (!client)
		return;
	client->is_answered = is_answered;
	client->since_us = now_us;
}

static int64_t client_due(const struct client *client)
{
	return client->since_us + (client->is_answered ? CLIENTS_ANSWER_US : CLIENTS_WAIT_US);
}

int clients_take_overdue(struct clients *clients, int64_t now_us)
{
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &clients->items[i];
		int fd = client->fd;

		if (fd < 0 || now_us < client_due(client))
			continue;
		client->fd = -1;
		return fd;
	}
	return -1;
}

int64_t clients_next_due(const struct clients *clients)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients->items[i].fd >= 0 && client_due(&clients->items[i]) < next)
			next = client_due(&clients->items[i]);
	return next;
}
