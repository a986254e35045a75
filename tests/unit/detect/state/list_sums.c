/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums behind a campaign: which grows by what. */
#include "unit/detect/scene.h"

#include "detect/state/list_sums.h"

static const double thresholds[STRATUM_MAX] = {12, 12};
static const struct read_depth depth;

/* A tenant at which each hour of ten days had 40 votes of known networks and 2 of strange ones. */
static struct tenant *known_tenant(struct tenants *tenants)
{
	tenants_init(tenants, 10000);
	for (unsigned int hour = 0; hour < 240; hour++) {
		struct tenant *tenant = tenants_touch(tenants, 7, SCENE_START + hour * US_PER_HOUR);

		for (unsigned int i = 0; i < 40; i++)
			tenant_count(tenant, STRATUM_ALL, i % 20 ? CONTACT_ACTIVE : CONTACT_BAD);
		tenant_count(tenant, STRATUM_STRANGE, CONTACT_ACTIVE);
		tenant_count(tenant, STRATUM_STRANGE, CONTACT_BAD);
	}
	return tenants_touch(tenants, 7, SCENE_START + 240 * US_PER_HOUR);
}

static struct list_verdict add_votes(struct list_sums *sums, struct tenant *tenant,
				     enum contact_class class, bool is_strange, unsigned int count,
				     int64_t step_us)
{
	struct attempt_row row = {.last_us = SCENE_START + 240 * US_PER_HOUR};

	for (unsigned int i = 0; i < count; i++) {
		const struct contact contact = {.row = &row,
						.normal = tenant,
						.class = class,
						.is_strange_vote = is_strange};

		list_sums_add(sums, &contact, &depth, thresholds);
		row.last_us += step_us;
	}
	return list_sums_strongest(sums, thresholds);
}

static void usual_votes_add_nothing_up(void **state)
{
	struct list_sums sums = {0};
	struct list_verdict verdict;
	struct tenants tenants;

	(void)state;
	verdict =
		add_votes(&sums, known_tenant(&tenants), CONTACT_ACTIVE, false, 100, US_PER_MINUTE);
	assert_true(verdict.nats <= 0);
	tenants_done(&tenants);
}

static void unknown_names_are_a_list_from_elsewhere_and_unused_mailboxes_one_from_here(void **state)
{
	struct list_sums unknown = {0}, dormant = {0};
	struct list_verdict verdict;
	struct tenants tenants;
	struct tenant *tenant = known_tenant(&tenants);

	(void)state;
	verdict = add_votes(&unknown, tenant, CONTACT_UNKNOWN, true, 6, US_PER_MINUTE);
	assert_true(verdict.nats >= verdict.threshold);
	assert_int_equal(verdict.list, LIST_OUTSIDE);
	verdict = add_votes(&dormant, tenant, CONTACT_DORMANT, true, 6, US_PER_MINUTE);
	assert_true(verdict.nats >= verdict.threshold);
	assert_int_equal(verdict.list, LIST_OWN);
	tenants_done(&tenants);
}

static void a_sum_stays_below_twice_its_threshold(void **state)
{
	struct list_sums sums = {0};
	struct list_verdict verdict;
	struct tenants tenants;

	(void)state;
	verdict =
		add_votes(&sums, known_tenant(&tenants), CONTACT_UNKNOWN, true, 500, US_PER_SECOND);
	assert_float_equal(verdict.nats, 24, 1e-3);
	tenants_done(&tenants);
}

static void mailboxes_that_strangers_read_far_raise_the_sum_of_readings(void **state)
{
	struct list_sums sums = {0};
	struct first_access first_access = {.class = CONTACT_ACTIVE,
					    .time_us = SCENE_START + 240 * US_PER_HOUR};
	struct read_row row = {.messages = 500, .last_us = SCENE_START + 240 * US_PER_HOUR};
	const struct first_access_reading reading = {&first_access, &row, 0};
	struct tenants tenants;
	struct tenant *tenant = known_tenant(&tenants);
	double before = add_votes(&sums, tenant, CONTACT_ACTIVE, true, 3, 1).nats;

	(void)state;
	list_sums_note_reading(&sums, tenant, &reading, &depth, thresholds);
	assert_true(list_sums_strongest(&sums, thresholds).nats > before + 1);
	tenants_done(&tenants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_votes_add_nothing_up),
		cmocka_unit_test(
			unknown_names_are_a_list_from_elsewhere_and_unused_mailboxes_one_from_here),
		cmocka_unit_test(a_sum_stays_below_twice_its_threshold),
		cmocka_unit_test(mailboxes_that_strangers_read_far_raise_the_sum_of_readings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
