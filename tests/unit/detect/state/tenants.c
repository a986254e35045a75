/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is normal at a tenant, by hour of the day. */
#include "unit/detect/scene.h"

#include <math.h>

#include "detect/state/tenants.h"

#define TENANT UINT64_C(7)

/* Days with so many votes of each class in each hour. */
static struct tenant *learn(struct tenants *tenants, unsigned int days, int class,
			    unsigned int votes)
{
	struct tenant *tenant = NULL;

	for (unsigned int hour = 0; hour < 24 * days; hour++) {
		tenant = tenants_touch(tenants, TENANT, SCENE_START + hour * US_PER_HOUR);
		for (unsigned int i = 0; i < votes; i++)
			tenant_count(tenant, STRATUM_STRANGE, class);
	}
	return tenants_touch(tenants, TENANT, SCENE_START + 24 * days * US_PER_HOUR);
}

static void an_unknown_hour_has_no_rate(void **state)
{
	struct tenants tenants;
	const struct tenant *tenant;

	(void)state;
	tenants_init(&tenants, 10000);
	tenants_set_accounts(&tenants, 1000000);
	tenant = tenants_touch(&tenants, TENANT, SCENE_START);
	assert_true(isinf(tenant_per_hour(tenant, STRATUM_STRANGE, CONTACT_BAD)));
	assert_true(isinf(tenant_rare_per_hour(tenant, STRATUM_STRANGE, CONTACT_BAD)));
	tenants_done(&tenants);
}

static void rates_are_learnt_and_rather_too_high(void **state)
{
	struct tenants tenants;
	const struct tenant *tenant;
	double per_hour;

	(void)state;
	tenants_init(&tenants, 10000);
	tenants_set_accounts(&tenants, 1000000);
	tenant = learn(&tenants, 10, CONTACT_BAD, 6);
	per_hour = tenant_per_hour(tenant, STRATUM_STRANGE, CONTACT_BAD);
	assert_true(per_hour > 6 && per_hour < 9);
	assert_true(tenant_rare_per_hour(tenant, STRATUM_STRANGE, CONTACT_BAD) >= 6);
	assert_true(tenant_rare_per_hour(tenant, STRATUM_STRANGE, CONTACT_UNKNOWN) < 1);
	assert_true(tenant_share(tenant, STRATUM_STRANGE, CONTACT_BAD) > .8);
	tenants_done(&tenants);
}

static void a_suspected_hour_teaches_nothing(void **state)
{
	struct tenants tenants;
	struct tenant *tenant;
	double before;

	(void)state;
	tenants_init(&tenants, 10000);
	tenants_set_accounts(&tenants, 1000000);
	tenant = learn(&tenants, 5, CONTACT_BAD, 2);
	before = tenant->past[STRATUM_STRANGE][tenant->hour % 24][CONTACT_BAD];
	for (int i = 0; i < 1000; i++)
		tenant_count(tenant, STRATUM_STRANGE, CONTACT_BAD);
	tenant_suspect(tenant, SCENE_START + 5 * US_PER_DAY);
	tenant = tenants_touch(&tenants, TENANT, SCENE_START + 5 * US_PER_DAY + US_PER_HOUR);
	assert_true(tenant->past[STRATUM_STRANGE][(tenant->hour + 23) % 24][CONTACT_BAD] == before);
	tenants_done(&tenants);
}

static void after_a_week_of_suspicion_it_is_normal(void **state)
{
	struct tenant tenant = {0};

	(void)state;
	for (int day = 0; day < 8; day++) {
		tenant.is_spoilt = false;
		tenant_suspect(&tenant, SCENE_START + day * US_PER_DAY / 2 * 2);
		assert_int_equal(tenant.is_spoilt, day < 7);
	}
}

static void the_odds_of_an_attack_are_its_successes_over_the_usual_ones(void **state)
{
	struct tenants tenants;
	struct tenant *tenant;
	double usual;

	(void)state;
	tenants_init(&tenants, 10000);
	tenants_set_accounts(&tenants, 1000000);
	tenant = learn(&tenants, 10, CONTACT_ACTIVE, 2);
	usual = tenant_rare_per_hour(tenant, STRATUM_STRANGE, CONTACT_ACTIVE);
	assert_true(tenant_attack_odds(tenant, CONTACT_ACTIVE, true, true) == 0);
	assert_int_equal(tenant_attack_since(tenant), 0);
	tenant->campaign = (struct attack_estimate){.since_us = 9,
						    .successes_per_hour = {[CONTACT_ACTIVE] = 40}};
	tenant->new_networks = (struct attack_estimate){.since_us = 5};
	/* An attacker comes from afar more often than owners do. */
	assert_true(tenant_attack_odds(tenant, CONTACT_ACTIVE, true, true) > 40 / usual);
	assert_true(tenant_attack_odds(tenant, CONTACT_ACTIVE, true, false) < 40 / usual);
	assert_true(tenant_attack_odds(tenant, CONTACT_ACTIVE, true, true) < 4 * 40 / usual);
	assert_int_equal(tenant_attack_since(tenant), 5);
	tenants_done(&tenants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_hour_has_no_rate),
		cmocka_unit_test(rates_are_learnt_and_rather_too_high),
		cmocka_unit_test(a_suspected_hour_teaches_nothing),
		cmocka_unit_test(after_a_week_of_suspicion_it_is_normal),
		cmocka_unit_test(the_odds_of_an_attack_are_its_successes_over_the_usual_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
