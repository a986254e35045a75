/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection sensor: who connects to the mail ports, and how much TCP says has passed at the
 * end. A connection is counted by whoever puts it into the table of open ones, its end by whoever
 * takes it out: the hook may run more than once for an event.
 */
#include "lib/shared.bpf.h"

#include <bpf/bpf_endian.h>

const volatile __u16 mail_ports[MAIL_PORTS];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* address of the socket */
	__type(value, struct client_connection_key);
} open_conns SEC(".maps");

#define TCP_ESTABLISHED 1
#define TCP_CLOSE 7

static __always_inline bool is_mail_port(__u16 port)
{
	for (int i = 0; i < MAIL_PORTS && mail_ports[i]; i++)
		if (mail_ports[i] == port)
			return true;
	return false;
}

static __always_inline void connections_read_address(struct client_connection_key *key,
						     struct sock *sk)
{
	struct in6_addr v6 = {};

	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		key->address[2] = bpf_htonl(0xffff);
		key->address[3] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		return;
	}
	BPF_CORE_READ_INTO(&v6, sk, __sk_common.skc_v6_daddr);
	memcpy(key->address, v6.in6_u.u6_addr32, sizeof(key->address));
}

static __always_inline void connections_on_established(struct sock *sk)
{
	struct client_connection_key key = {.port = BPF_CORE_READ(sk, __sk_common.skc_num)};
	struct client_connection_value one = {.accepted = 1};
	__u64 socket = (__u64)sk;
	int r;

	if (!is_mail_port(key.port))
		return;
	connections_read_address(&key, sk);
	r = bpf_map_update_elem(&open_conns, &socket, &key, BPF_NOEXIST);
	if (r == -EEXIST)
		return;
	if (r)
		count_loss(LOST_CLIENT_CONNECTIONS_FULL, 1);
	count_client_connection(&key, &one);
}

static __always_inline void connections_on_closed(struct sock *sk)
{
	__u64 socket = (__u64)sk;
	struct client_connection_key *open = bpf_map_lookup_elem(&open_conns, &socket);
	struct client_connection_value end = {.closed = 1};
	struct client_connection_key key;

	if (!open)
		return;
	key = *open;
	if (bpf_map_delete_elem(&open_conns, &socket))
		return;
	end.bytes_sent = BPF_CORE_READ((struct tcp_sock *)sk, bytes_acked);
	end.bytes_received = BPF_CORE_READ((struct tcp_sock *)sk, bytes_received);
	count_client_connection(&key, &end);
}

/* Who connects from here to a mail port elsewhere has that port as the remote one. */
__hidden void connections_state(struct sock *sk, int now)
{
	if (now == TCP_ESTABLISHED)
		connections_on_established(sk);
	else if (now == TCP_CLOSE)
		connections_on_closed(sk);
}
