/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every host has loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/own_addresses.h"

static void this_host_has_addresses(void **state)
{
	struct address loopback = address_parse("127.0.0.1"), other = address_parse("192.0.2.1");
	struct network_list own;

	(void)state;
	assert_int_equal(own_addresses_read(&own), 0);
	assert_true(network_list_has(&own, &loopback));
	assert_false(network_list_has(&own, &other));
	network_list_done(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_host_has_addresses),
	};

	return cmocka_run_group_tests_name("own addresses", tests, NULL, NULL);
}
