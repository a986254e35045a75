/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what an address is known. */
#include "unit/detect/scene.h"

#include "detect/state/contacts.h"

static void a_client_is_its_address_and_a_region_its_providers(void **state)
{
	struct history *history = history_new(1000);
	struct address one = address_parse("198.51.100.7"), other = address_parse("198.18.0.9");
	struct address here = address_parse("10.0.0.7");

	(void)state;
	assert_true(contact_client_prefix(history, &one) != contact_client_prefix(history, &other));
	assert_true(contact_region(history, &one) == contact_region(history, &other));
	assert_int_equal(contact_region(history, &here), 0);
	one = address_parse("2001:db8:1:2::3");
	other = address_parse("2001:db8:1:2::4");
	assert_true(contact_client_prefix(history, &one) == contact_client_prefix(history, &other));
	other = address_parse("2001:db9:1:2::4");
	assert_true(contact_region(history, &one) != contact_region(history, &other));
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_its_address_and_a_region_its_providers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
