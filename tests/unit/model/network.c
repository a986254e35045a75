/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, the networks they belong to, and lists of both. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/network.h"

static void check_network(const char *text, const char *expected)
{
	struct address address = address_parse(text);
	char network[NETWORK_TEXT_BYTES];

	network_format(&address, network);
	assert_string_equal(network, expected);
}

static void an_address_has_a_network(void **state)
{
	(void)state;
	check_network("192.0.2.77", "192.0.2.0/24");
	check_network("::ffff:192.0.2.77", "192.0.2.0/24");
	check_network("2001:db8:1:2::3", "2001:db8:1::/48");
	check_network("10.1.2.3", "10.1.2.3");
	check_network("127.0.0.1", "127.0.0.1");
	check_network("fe80::1", "fe80::1");
	check_network("nobody", "unknown");
}

static void check_region(const char *text, const char *expected)
{
	struct address address = address_parse(text), region = region_of(&address);
	struct address wanted = address_parse(expected);

	assert_memory_equal(&region, &wanted, sizeof(region));
}

static void a_providers_region_is_wider(void **state)
{
	(void)state;
	check_region("198.51.100.7", "198.0.0.0");
	check_region("2001:db8:7:1::9", "2001:db8::");
	check_region("64:ff9b::203.0.113.9", "64:ff9b::203.0.0.0");
	check_region("10.1.2.3", "");
	check_region("fe80::1", "");
}

static void loopback_and_link_local_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		bool is_loopback, is_link_local;
	} cases[] = {
		{"127.0.0.1", true, false},
		{"127.255.0.1", true, false},
		{"::ffff:127.0.0.1", true, false},
		{"::1", true, false},
		{"::2", false, false},
		{"169.254.0.1", false, true},
		{"fe80::1%eth0", false, true},
		{"febf::1", false, true},
		{"fec0::1", false, false},
		{"192.0.2.1", false, false},
		{"10.0.0.1", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address = address_parse(cases[i].text);

		assert_int_equal(address_is_loopback(&address), cases[i].is_loopback);
		assert_int_equal(address_is_link_local(&address), cases[i].is_link_local);
	}
}

static void check_has(const char *range_text, const char *text, bool has, bool meets)
{
	struct network_list list = {0};
	struct network_range range;
	struct address address = address_parse(text);

	assert_int_equal(network_range_parse(range_text, &range), 0);
	network_list_add(&list, &range);
	assert_int_equal(network_list_has(&list, &address), has);
	assert_int_equal(network_list_meets(&list, &address), meets);
	network_list_done(&list);
}

static void a_list_has_addresses_and_networks(void **state)
{
	(void)state;
	check_has("192.0.2.7", "192.0.2.7", true, true);
	check_has("192.0.2.7", "::ffff:192.0.2.7", true, true);
	check_has("::ffff:192.0.2.7", "192.0.2.7", true, true);
	check_has("192.0.2.7", "192.0.2.8", false, true);
	check_has("192.0.2.7", "192.0.3.7", false, false);
	check_has("192.0.2.128/25", "192.0.2.127", false, true);
	check_has("192.0.2.129/25", "192.0.2.130", true, true);
	check_has("192.0.0.0/22", "192.0.3.1", true, true);
	check_has("0.0.0.0/1", "127.0.0.1", true, true);
	check_has("0.0.0.0/1", "::1", false, false);
	check_has("2001:db8::/32", "2001:db8:ffff::1", true, true);
	check_has("2001:db8:0:1::/64", "2001:db8:0:2::1", false, true);
	check_has("2001:db8:0:1::/64", "2001:db8:1:2::1", false, false);
	check_has("10.0.0.0/8", "10.1.2.3", true, true);
	check_has("10.0.0.1", "10.0.0.2", false, false);
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const wrong[] = {"",		  "webmail.example", "192.0.2",
					    "192.0.2.1/", "192.0.2.1/33",    "0.0.0.0/0",
					    "::/0",	  "2001:db8::/129",  "fe80::1%eth0",
					    "/24",	  "192.0.2.0/24/1",  "192.0.2.0 /24",
					    "::",	  "192.0.2.0/+4"};
	struct network_range range;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(network_range_parse(wrong[i], &range), -EINVAL);
}

static void a_list_is_capped(void **state)
{
	struct network_list list = {0};
	struct network_range range = {.bits = 128};

	(void)state;
	for (int i = 0; i < NETWORK_LIST_MAX + 3; i++)
		network_list_add(&list, &range);
	assert_int_equal(list.count, NETWORK_LIST_MAX);
	assert_int_equal(list.dropped, 3);
	network_list_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_a_network),
		cmocka_unit_test(a_providers_region_is_wider),
		cmocka_unit_test(loopback_and_link_local_are_told_apart),
		cmocka_unit_test(a_list_has_addresses_and_networks),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(a_list_is_capped),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
