/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and the networks they belong to: what a provider hands to one customer or a small
 * area. IPv4 /24, also behind NAT64, and IPv6 /48; loopback, private and link-local addresses are networks of their own,
 * because there each is a machine that stays.
 */
#ifndef WAX_MODEL_NETWORK_H
#define WAX_MODEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IPv4 as mapped IPv6. All zero: unknown. */
struct address {
	uint8_t bytes[16];
};

#define NETWORK_TEXT_BYTES 64

/* Writes all zero for a text that is no address. */
struct address address_parse(const char *text);
bool address_is_known(const struct address *address);
void address_format(const struct address *address, char *ret_text);
/* The address with what tells customers of one network apart set to zero. */
struct address network_of(const struct address *address);
/* What a provider's customer mostly stays within when his address changes: IPv4 /8, IPv6 /32. All
 * zero where there is no such thing: private and link-local addresses. */
struct address region_of(const struct address *address);
/* 127.0.0.0/8, ::1: the host itself. */
bool address_is_loopback(const struct address *address);
/* An address that stands for an IPv4 one behind a translator (NAT64). */
bool address_has_ipv4_within(const struct address *address);
/* 169.254.0.0/16, fe80::/10: a machine on the same wire. */
bool address_is_link_local(const struct address *address);
/* "192.0.2.0/24", or the address where that is the network. */
void network_format(const struct address *address, char *ret_text);

/* Addresses and networks that somebody named, such as those that are never blocked. */
#define NETWORK_LIST_MAX 4096

struct network_range {
	struct address address;
	unsigned int bits; /* of it that count, IPv4 being mapped */
};

/* Zero-initialised it is empty. */
struct network_list {
	struct network_range *items;
	size_t count;
	uint64_t dropped; /* past the cap */
};

/* "ADDRESS" or "ADDRESS/BITS". Returns 0, or -EINVAL for anything else, for all addresses among it.
 */
int network_range_parse(const char *text, struct network_range *ret);
void network_list_add(struct network_list *list, const struct network_range *range);
bool network_list_has(const struct network_list *list, const struct address *address);
/* Is there an address in the network of this one (network_of()) that the list has, too? */
bool network_list_meets(const struct network_list *list, const struct address *address);
void network_list_done(struct network_list *list);

#endif
