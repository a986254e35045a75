/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gives way, and who took too long. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "serve/clients.h"

#define SECOND INT64_C(1000000)

static struct client_peer peer_of(const char *text)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		address.ss_family = AF_INET;
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		address.ss_family = AF_INET6;
	}
	return client_peer_of(-1, &address);
}

static void check_same(const char *one, const char *other, bool same)
{
	struct client_peer a = peer_of(one), b = peer_of(other);

	assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, same);
}

static void a_peer_is_an_address(void **state)
{
	(void)state;
	check_same("192.0.2.1", "192.0.2.1", true);
	check_same("192.0.2.1", "192.0.2.2", false);
	check_same("192.0.2.1", "::ffff:192.0.2.1", true);
	check_same("2001:db8::1", "2001:db8::2:3", true);
	check_same("2001:db8::1", "2001:db8:0:1::1", false);
}

static void a_peer_of_a_unix_socket_is_a_user(void **state)
{
	struct sockaddr_storage address = {.ss_family = AF_UNIX};
	struct client_peer peer;
	uid_t user = getuid();
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer = client_peer_of(fds[0], &address);
	assert_memory_equal(peer.bytes, &user, sizeof(user));
	close(fds[0]);
	close(fds[1]);
}

static void a_peer_gives_way_to_itself(void **state)
{
	struct client_peer many = peer_of("192.0.2.1"), other = peer_of("192.0.2.2");
	struct clients clients;

	(void)state;
	clients_init(&clients);
	assert_int_equal(clients_add(&clients, &other, 1000, false, 0), -1);
	for (int i = 0; i < CLIENTS_PER_PEER; i++)
		assert_int_equal(clients_add(&clients, &many, i, false, SECOND + i), -1);
	assert_int_equal(clients_add(&clients, &many, 500, false, 3 * SECOND), 0);
	/* who asks is not the one that waits longest */
	clients_note(&clients, 1, true, 3 * SECOND);
	assert_int_equal(clients_add(&clients, &many, 501, false, 3 * SECOND + 2), 2);
}

/* The first connections of a flood keep their places until they have had time to ask. */
static void a_flood_does_not_push_out_who_has_just_come(void **state)
{
	struct client_peer many = peer_of("192.0.2.1"), other = peer_of("192.0.2.2");
	struct clients clients;

	(void)state;
	clients_init(&clients);
	for (int i = 0; i < CLIENTS_PER_PEER; i++)
		assert_int_equal(clients_add(&clients, &many, i, false, SECOND), -1);
	for (int i = 100; i < 10000; i++)
		assert_int_equal(clients_add(&clients, &many, i, false, 2 * SECOND), i);
	/* a request is answered at once */
	assert_int_equal(clients_add(&clients, &many, 500, true, 2 * SECOND), 0);
	assert_int_equal(clients_add(&clients, &other, 501, false, 2 * SECOND), -1);
	assert_int_equal(clients_add(&clients, &many, 502, false, SECOND + CLIENTS_YOUNG_US), 1);
}

/* Each is a peer of its own, as who has a range of users can arrange. */
static void a_flood_of_peers_does_not_either(void **state)
{
	struct clients clients;

	(void)state;
	clients_init(&clients);
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client_peer peer = {.bytes = {[15] = (uint8_t)i}};

		assert_int_equal(clients_add(&clients, &peer, i, false, SECOND), -1);
	}
	for (int i = 100; i < 1000; i++) {
		struct client_peer peer = {.bytes = {[14] = (uint8_t)(i >> 8), [15] = (uint8_t)i, [13] = 1}};

		assert_int_equal(clients_add(&clients, &peer, i, false, SECOND), i);
		if (i == 500)
			assert_int_equal(clients_add(&clients, &peer, i, true, SECOND), 0);
	}
}

static void of_all_the_one_with_most_gives_way(void **state)
{
	struct client_peer one = peer_of("192.0.2.1"), two = peer_of("192.0.2.2"),
			   three = peer_of("192.0.2.3");
	struct clients clients;

	(void)state;
	clients_init(&clients);
	assert_int_equal(clients_add(&clients, &two, 200, false, 0), -1);
	for (int i = 0; i < 31; i++)
		assert_int_equal(clients_add(&clients, &one, i, false, SECOND + i), -1);
	for (int i = 0; i < 31; i++)
		assert_int_equal(clients_add(&clients, &two, 201 + i, false, SECOND + i), -1);
	assert_int_equal(clients_add(&clients, &three, 300, false, SECOND), -1);
	/* who has most makes room, young or not */
	assert_int_equal(clients_add(&clients, &three, 301, false, 2 * SECOND), 200);
	assert_int_equal(clients_add(&clients, &three, 302, false, 2 * SECOND), 0);
	clients_remove(&clients, 5);
	assert_int_equal(clients_add(&clients, &three, 303, false, 2 * SECOND), -1);
}

static void whoever_takes_too_long_goes(void **state)
{
	struct client_peer peer = peer_of("192.0.2.1");
	struct clients clients;

	(void)state;
	clients_init(&clients);
	assert_int_equal(clients_next_due(&clients), INT64_MAX);
	clients_add(&clients, &peer, 7, false, 0);
	clients_add(&clients, &peer, 8, false, SECOND);
	assert_int_equal(clients_next_due(&clients), CLIENTS_WAIT_US);
	assert_int_equal(clients_take_overdue(&clients, CLIENTS_WAIT_US - 1), -1);
	clients_note(&clients, 8, true, 2 * SECOND);
	assert_int_equal(clients_take_overdue(&clients, CLIENTS_WAIT_US), 7);
	assert_int_equal(clients_take_overdue(&clients, CLIENTS_WAIT_US + 5 * SECOND), -1);
	assert_int_equal(clients_next_due(&clients), 2 * SECOND + CLIENTS_ANSWER_US);
	clients_note(&clients, 8, false, 20 * SECOND);
	assert_int_equal(clients_take_overdue(&clients, 20 * SECOND + CLIENTS_WAIT_US), 8);
	/* who is gone is not noted */
	clients_note(&clients, 8, false, 30 * SECOND);
	clients_note(&clients, -1, false, 30 * SECOND);
	assert_int_equal(clients_next_due(&clients), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_is_an_address),
		cmocka_unit_test(a_peer_of_a_unix_socket_is_a_user),
		cmocka_unit_test(a_peer_gives_way_to_itself),
		cmocka_unit_test(a_flood_does_not_push_out_who_has_just_come),
		cmocka_unit_test(a_flood_of_peers_does_not_either),
		cmocka_unit_test(of_all_the_one_with_most_gives_way),
		cmocka_unit_test(whoever_takes_too_long_goes),
	};

	return cmocka_run_group_tests_name("clients", tests, NULL, NULL);
}
