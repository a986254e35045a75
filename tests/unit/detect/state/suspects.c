/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who takes part in an attack: a bounded ring. */
#include "unit/detect/scene.h"

#include "detect/state/suspects.h"

static void add(struct suspects *suspects, const char *address, const char *account,
		int64_t time_us)
{
	struct address parsed = address_parse(address);

	suspects_add(suspects, &parsed, account, CONTACT_BAD, time_us);
}

static void sources_are_named_once_and_accounts_in_one_finding(void **state)
{
	struct finding_list findings = {0};
	struct suspects suspects = {0};
	struct finding *finding;

	(void)state;
	add(&suspects, "192.0.2.1", "ann", 1);
	add(&suspects, "192.0.2.1", "bob", 2);
	add(&suspects, "192.0.2.2", "cat", 3);
	finding = finding_add(&findings, "campaign", SEVERITY_NOTICE, SUBJECT_TENANT, "t", "m");
	suspects_report(&suspects, finding);
	assert_int_equal(scene_number(finding, "source_count"), 2);
	assert_int_equal(finding->n_accounts, 3);
	add(&suspects, "192.0.2.3", "dan", 4);
	finding = finding_add(&findings, "campaign", SEVERITY_NOTICE, SUBJECT_TENANT, "t", "m");
	suspects_report(&suspects, finding);
	assert_int_equal(scene_number(finding, "source_count"), 3);
	assert_int_equal(finding->n_accounts, 1);
	assert_string_equal(finding->accounts[0].name, "dan");
	suspects_clear(&suspects);
	finding_list_done(&findings);
}

static void past_the_cap_the_oldest_is_forgotten(void **state)
{
	struct suspects suspects = {0};

	(void)state;
	for (int i = 0; i < SUSPECTS + 5; i++)
		add(&suspects, "192.0.2.1", "ann", i);
	assert_int_equal(suspects.count, SUSPECTS);
	assert_int_equal(suspects_since(&suspects, 5, CONTACT_ACTIVE), SUSPECTS);
	assert_int_equal(suspects_since(&suspects, 6, CONTACT_ACTIVE), SUSPECTS - 1);
	suspects_trim(&suspects, SUSPECTS);
	assert_int_equal(suspects_count(&suspects, CONTACT_BAD), 5);
	assert_int_equal(suspects_count(&suspects, CONTACT_UNKNOWN), 0);
	suspects_clear(&suspects);
}

static void they_survive_as_bytes(void **state)
{
	struct serializer out = {0}, in;
	struct suspects suspects = {0}, copy;

	(void)state;
	add(&suspects, "192.0.2.1", "ann", 1);
	add(&suspects, "2001:db8::1", "bob", 2);
	suspects_serialize(&suspects, &out);
	in = (struct serializer){.bytes = out.bytes, .used = out.used, .is_reading = true};
	suspects_serialize(&copy, &in);
	assert_false(in.is_bad);
	assert_int_equal(copy.count, 2);
	assert_string_equal(copy.items[1].account, "bob");
	suspects_clear(&suspects);
	suspects_clear(&copy);
	serializer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_named_once_and_accounts_in_one_finding),
		cmocka_unit_test(past_the_cap_the_oldest_is_forgotten),
		cmocka_unit_test(they_survive_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
