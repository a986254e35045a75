/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 is read here, digit by digit: a trace holds a million of them a second. */
#include "model/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

#define ADDRESS_BITS 128
#define MAPPED_BITS 96

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool address_is_ipv4(const struct address *address)
{
	return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

static bool parse_ipv4(const char *text, uint8_t *ret_bytes)
{
	for (int part = 0; part < 4; part++) {
		unsigned int value = 0, digits = 0;

		for (; *text >= '0' && *text <= '9' && digits < 4; digits++)
			value = value * 10 + (unsigned int)(*text++ - '0');
		if (!digits || value > 255 || *text++ != (part < 3 ? '.' : '\0'))
			return false;
		ret_bytes[part] = (uint8_t)value;
	}
	return true;
}

struct address address_parse(const char *text)
{
	struct address address = {{0}};
	char plain[INET6_ADDRSTRLEN];
	size_t length;

	if (parse_ipv4(text, address.bytes + 12)) {
		memcpy(address.bytes, mapped, sizeof(mapped));
		return address;
	}
	memset(address.bytes, 0, sizeof(address.bytes));
	length = strcspn(text, "%");
	if (length >= sizeof(plain))
		return address;
	memcpy(plain, text, length);
	plain[length] = '\0';
	if (inet_pton(AF_INET6, plain, address.bytes) != 1)
		memset(address.bytes, 0, sizeof(address.bytes));
	return address;
}

bool address_is_known(const struct address *address)
{
	static const struct address none;

	return memcmp(address, &none, sizeof(none)) != 0;
}

void address_format(const struct address *address, char *ret_text)
{
	if (!address_is_known(address))
		(void)snprintf(ret_text, NETWORK_TEXT_BYTES, "unknown");
	else if (address_is_ipv4(address))
		(void)inet_ntop(AF_INET, address->bytes + 12, ret_text, NETWORK_TEXT_BYTES);
	else
		(void)inet_ntop(AF_INET6, address->bytes, ret_text, NETWORK_TEXT_BYTES);
}

/* RFC 1918, RFC 6890 and RFC 4193. */
static bool is_private(const struct address *address)
{
	const uint8_t *b = address->bytes;

	if (!address_is_ipv4(address))
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
		       (b[0] == 0 && b[1] == 0);
	b += 12;
	return b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	       (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
}

bool address_is_loopback(const struct address *address)
{
	static const struct address v6 = {{[15] = 1}};

	return address_is_ipv4(address) ? address->bytes[12] == 127
					: memcmp(address, &v6, sizeof(v6)) == 0;
}

bool address_is_link_local(const struct address *address)
{
	const uint8_t *b = address->bytes;

	return address_is_ipv4(address) ? b[12] == 169 && b[13] == 254
					: b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

/* 64:ff9b::/96 and 64:ff9b:1::/48 (RFC 6052, RFC 8215): the last four bytes are an IPv4 address. */
bool address_has_ipv4_within(const struct address *address)
{
	static const uint8_t wellknown[12] = {0, 0x64, 0xff, 0x9b};
	static const uint8_t local[6] = {0, 0x64, 0xff, 0x9b, 0, 1};

	return memcmp(address->bytes, wellknown, sizeof(wellknown)) == 0 ||
	       memcmp(address->bytes, local, sizeof(local)) == 0;
}

/* How many bits of an address its network has. */
static unsigned int network_bits(const struct address *address)
{
	if (is_private(address))
		return ADDRESS_BITS;
	if (address_is_ipv4(address) || address_has_ipv4_within(address))
		return MAPPED_BITS + 24;
	return 48;
}

struct address network_of(const struct address *address)
{
	struct address network = *address;

	if (is_private(address))
		return network;
	if (network_bits(address) == 48)
		memset(network.bytes + 6, 0, 10);
	else
		network.bytes[15] = 0;
	return network;
}

struct address region_of(const struct address *address)
{
	struct address region = *address;

	if (is_private(address))
		return (struct address){0};
	if (network_bits(address) == 48)
		memset(region.bytes + 4, 0, 12);
	else
		memset(region.bytes + 13, 0, 3);
	return region;
}

void network_format(const struct address *address, char *ret_text)
{
	struct address network = network_of(address);

	address_format(&network, ret_text);
	if (is_private(address) || !address_is_known(address))
		return;
	(void)strncat(ret_text,
		      address_is_ipv4(address)	    ? "/24"
		      : network_bits(address) == 48 ? "/48"
						    : "/120",
		      NETWORK_TEXT_BYTES - strlen(ret_text) - 1);
}

int network_range_parse(const char *text, struct network_range *ret)
{
	const char *slash = strchr(text, '/');
	struct network_range range = {.bits = ADDRESS_BITS};
	char address[INET6_ADDRSTRLEN];
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int offset;
	uint64_t bits;

	/* a zone says which wire, and there is none in what the mail server says */
	if (length == 0 || length >= sizeof(address) || memchr(text, '%', length))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	range.address = address_parse(address);
	if (!address_is_known(&range.address))
		return -EINVAL;
	offset = address_is_ipv4(&range.address) ? MAPPED_BITS : 0;
	if (slash) {
		if (parse_u64(slash + 1, 1, ADDRESS_BITS - offset, &bits) < 0)
			return -EINVAL;
		range.bits = offset + (unsigned int)bits;
	}
	*ret = range;
	return 0;
}

static bool network_is_same(const struct address *one, const struct address *other,
			    unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(one->bytes, other->bytes, whole) != 0)
		return false;
	return rest == 0 || (one->bytes[whole] ^ other->bytes[whole]) >> (8 - rest) == 0;
}

void network_list_add(struct network_list *list, const struct network_range *range)
{
	if (list->count == NETWORK_LIST_MAX) {
		list->dropped++;
		return;
	}
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = *range;
}

bool network_list_has(const struct network_list *list, const struct address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (network_is_same(&list->items[i].address, address, list->items[i].bits))
			return true;
	return false;
}

bool network_list_meets(const struct network_list *list, const struct address *address)
{
	unsigned int bits = network_bits(address);

	for (size_t i = 0; i < list->count; i++) {
		const struct network_range *range = &list->items[i];

		if (network_is_same(&range->address, address,
				    range->bits < bits ? range->bits : bits))
			return true;
	}
	return false;
}

void network_list_done(struct network_list *list)
{
	free(list->items);
	*list = (struct network_list){0};
}
