/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those of all interfaces: of a bridge, too, behind which containers see the host. */
#include "daemon/own_addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BYTES 12
#define ADDRESS_BITS 128

static bool own_address_of(const struct sockaddr *address, struct network_range *ret)
{
	struct network_range range = {.bits = ADDRESS_BITS};

	if (!address)
		return false;
	if (address->sa_family == AF_INET6) {
		memcpy(range.address.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr,
		       sizeof(range.address.bytes));
	} else if (address->sa_family == AF_INET) {
		range.address.bytes[MAPPED_BYTES - 2] = range.address.bytes[MAPPED_BYTES - 1] =
			0xff;
		memcpy(range.address.bytes + MAPPED_BYTES,
		       &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else {
		return false;
	}
	*ret = range;
	return true;
}

int own_addresses_read(struct network_list *ret)
{
	struct network_list own = {0};
	struct ifaddrs *interfaces;
	struct network_range range;

	if (getifaddrs(&interfaces) < 0)
		return -errno;
	for (const struct ifaddrs *one = interfaces; one; one = one->ifa_next)
		if (own_address_of(one->ifa_addr, &range))
			network_list_add(&own, &range);
	freeifaddrs(interfaces);
	*ret = own;
	return 0;
}
