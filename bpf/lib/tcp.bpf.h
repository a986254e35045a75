/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An auth connection over TCP, as both of its ends on this host name it: by the ports and the
 * client's address. Which port is an auth service's is configured: nobody else pays for a look.
 */
#ifndef WAX_BPF_LIB_TCP_BPF_H
#define WAX_BPF_LIB_TCP_BPF_H

#include "lib/shared.bpf.h"

#include <bpf/bpf_endian.h>

/* A client may be known as 192.0.2.1 to one end and as ::ffff:192.0.2.1 to the other. */
static __always_inline __u64 tcp_address(__u32 v4, const struct in6_addr *v6, __u16 family)
{
	const __be32 *word = v6->in6_u.u6_addr32;

	if (family == AF_INET)
		return v4;
	if (word[0] == 0 && word[1] == 0 && word[2] == bpf_htonl(0xffff))
		return word[3];
	return ((__u64)word[0] << 32 | word[1]) ^ ((__u64)word[2] << 32 | word[3]) * FNV64_PRIME;
}

static __always_inline bool tcp_key_of(struct stream_key *ret_key, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	/* at the end of a connection skc_num is 0 already */
	__u16 local = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	__u16 remote = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	struct in6_addr v6 = {};
	__u32 v4;

	if (is_auth_port(local)) {
		v4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if (family == AF_INET6)
			BPF_CORE_READ_INTO(&v6, sk, __sk_common.skc_v6_daddr);
		ret_key->side = AUTH_SIDE_SERVER;
		ret_key->socket = (__u64)remote << 16 | local;
	} else if (is_auth_port(remote)) {
		v4 = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		if (family == AF_INET6)
			BPF_CORE_READ_INTO(&v6, sk, __sk_common.skc_v6_rcv_saddr);
		ret_key->side = AUTH_SIDE_CLIENT;
		ret_key->socket = (__u64)local << 16 | remote;
	} else {
		return false;
	}
	ret_key->inode_number = tcp_address(v4, &v6, family);
	ret_key->reserved = 0;
	return true;
}

#endif
