/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners who move within their provider's region explain others of it; a thief there is none. */
#include "unit/detect/scene.h"

#include "detect/state/regions.h"

#define REGION 7

static void a_provider_that_renumbers_is_explained(void **state)
{
	struct regions regions;
	unsigned int unexplained = 0;

	(void)state;
	regions_init(&regions);
	for (unsigned int i = 0; i < 300; i++)
		unexplained += !regions_add(&regions, REGION, i % 5 < 3,
					    SCENE_START + i * US_PER_MINUTE);
	assert_in_range(unexplained, 0, 6);
	regions_done(&regions);
}

static void thieves_in_a_region_where_few_move_are_not(void **state)
{
	struct regions regions;
	unsigned int unexplained = 0;

	(void)state;
	regions_init(&regions);
	for (unsigned int i = 0; i < 4; i++)
		(void)regions_add(&regions, REGION, true, SCENE_START);
	for (unsigned int i = 0; i < 100; i++)
		unexplained += !regions_add(&regions, REGION, false, SCENE_START + i);
	assert_in_range(unexplained, 90, 95);
	assert_false(regions_add(&regions, REGION + 1, false, SCENE_START));
	/* Who moved yesterday explains nobody today. */
	assert_false(regions_add(&regions, REGION, false, SCENE_START + 2 * US_PER_DAY));
	regions_done(&regions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_provider_that_renumbers_is_explained),
		cmocka_unit_test(thieves_in_a_region_where_few_move_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
