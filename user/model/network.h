/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and the networks they belong to: what a provider hands to one customer or a small
 * area. IPv4 /24, IPv6 /48; loopback, private and link-local addresses are networks of their own,
 * because there each is a machine that stays.
 */
#ifndef WAX_MODEL_NETWORK_H
#define WAX_MODEL_NETWORK_H

#include <stdbool.h>
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
/* "192.0.2.0/24", or the address where that is the network. */
void network_format(const struct address *address, char *ret_text);

#endif
