/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock_diag(7) finds a socket by its addresses and ports; the other end has ours in reverse. The kernel
 * answers in the call itself, so nothing is waited for.
 */
#include "serve/tcp_owner.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct tcp_owner_query {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

union tcp_owner_answer {
	struct nlmsghdr header;
	char bytes[4096];
};

static void tcp_owner_put(const struct sockaddr_storage *address, __be32 ret_address[4],
			  __be16 *ret_port)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET) {
		memcpy(ret_address, &v4->sin_addr, sizeof(v4->sin_addr));
		*ret_port = v4->sin_port;
	} else {
		memcpy(ret_address, &v6->sin6_addr, sizeof(v6->sin6_addr));
		*ret_port = v6->sin6_port;
	}
}

static int tcp_owner_fill(int fd, struct inet_diag_req_v2 *ret)
{
	struct sockaddr_storage own = {0}, other = {0};
	socklen_t own_bytes = sizeof(own), other_bytes = sizeof(other);

	if (getsockname(fd, (struct sockaddr *)&own, &own_bytes) < 0 ||
	    getpeername(fd, (struct sockaddr *)&other, &other_bytes) < 0)
		return -errno;
	if (own.ss_family != other.ss_family ||
	    (own.ss_family != AF_INET && own.ss_family != AF_INET6))
		return -EAFNOSUPPORT;
	*ret = (struct inet_diag_req_v2){
		.sdiag_family = (uint8_t)own.ss_family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = UINT32_MAX,
		.id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
	};
	tcp_owner_put(&other, ret->id.idiag_src, &ret->id.idiag_sport);
	tcp_owner_put(&own, ret->id.idiag_dst, &ret->id.idiag_dport);
	return 0;
}

/* A socket that its process has closed belongs to nobody: the kernel then says 0, which is root. */
static int tcp_owner_take(const union tcp_owner_answer *answer, size_t bytes, uint32_t *ret_uid)
{
	const struct nlmsgerr *problem = NLMSG_DATA(&answer->header);
	const struct inet_diag_msg *found = NLMSG_DATA(&answer->header);

	if (!NLMSG_OK(&answer->header, bytes))
		return -EBADMSG;
	if (answer->header.nlmsg_type == NLMSG_ERROR &&
	    answer->header.nlmsg_len >= NLMSG_LENGTH(sizeof(*problem)))
		return problem->error < 0 ? problem->error : -EBADMSG;
	if (answer->header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    answer->header.nlmsg_len < NLMSG_LENGTH(sizeof(*found)))
		return -EBADMSG;
	if (found->idiag_state != TCP_ESTABLISHED)
		return -ENOENT;
	*ret_uid = found->idiag_uid;
	return 0;
}

int tcp_owner_find(int fd, uint32_t *ret_uid)
{
	struct tcp_owner_query query = {
		.header = {.nlmsg_len = sizeof(query),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST},
	};
	_cleanup_close_ int netlink = -1;
	union tcp_owner_answer answer;
	ssize_t bytes;
	int r = tcp_owner_fill(fd, &query.request);

	if (r < 0)
		return r;
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	if (netlink < 0)
		return -errno;
	if (send(netlink, &query, sizeof(query), 0) < 0)
		return -errno;
	bytes = recv(netlink, &answer, sizeof(answer), 0);
	if (bytes < 0)
		return -errno;
	return tcp_owner_take(&answer, (size_t)bytes, ret_uid);
}
