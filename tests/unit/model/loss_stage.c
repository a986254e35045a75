/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/loss_stage.h"

static void every_stage_has_a_name_of_its_own_and_a_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < LOSS_STAGES; i++) {
		assert_non_null(loss_stage(i)->name);
		assert_true(loss_stage(i)->meaning && loss_stage(i)->meaning[0]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(loss_stage(i)->name, loss_stage(j)->name);
	}
	assert_null(loss_stage(LOSS_STAGES));
}

static void a_full_map_concerns_the_sensor_that_fills_it(void **state)
{
	(void)state;
	assert_int_equal(loss_stage_sensors("auth_connections_full"), LOSS_BIT(SENSOR_AUTH));
	assert_int_equal(loss_stage_sensors("client_connections_full"),
			 LOSS_BIT(SENSOR_CONNECTION));
	assert_true(loss_stage_is_fault_of("client_connections_full", SENSOR_CONNECTION));
	assert_false(loss_stage_is_fault_of("client_connections_full", SENSOR_AUTH));
}

static void an_unknown_stage_concerns_every_sensor(void **state)
{
	(void)state;
	assert_int_equal(loss_stage_sensors("alert_webhook"), LOSS_OF_EVERY_SENSOR);
	assert_false(loss_stage_is_fault_of("alert_webhook", SENSOR_AUTH));
}

static void a_proxy_s_verdicts_are_no_fault_of_the_sensor(void **state)
{
	(void)state;
	assert_int_equal(loss_stage_sensors("verdict_forwarded"), LOSS_BIT(SENSOR_AUTH));
	assert_false(loss_stage_is_fault_of("verdict_forwarded", SENSOR_AUTH));
}

static void what_the_daemon_tells_late_is_counted(void **state)
{
	(void)state;
	assert_int_equal(loss_stage_sensors("alerts_closed"), 0);
	assert_int_equal(loss_stage_sensors("collects_delayed"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stage_has_a_name_of_its_own_and_a_meaning),
		cmocka_unit_test(a_full_map_concerns_the_sensor_that_fills_it),
		cmocka_unit_test(an_unknown_stage_concerns_every_sensor),
		cmocka_unit_test(a_proxy_s_verdicts_are_no_fault_of_the_sensor),
		cmocka_unit_test(what_the_daemon_tells_late_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
