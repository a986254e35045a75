/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernels may interrupt a program, by what they say of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sensor/preemption.h"

#define QUIET "BOOT_IMAGE=/vmlinuz root=/dev/vda quiet"

static void a_kernel_since_7_0_may_interrupt_programs(void **state)
{
	const struct preemption_signs signs = {"7.2.13+deb14-cloud-amd64",
					       "#1 SMP PREEMPT_DYNAMIC Debian 7.2.13-1", QUIET, ""};

	(void)state;
	assert_true(preemption_is_possible(&signs));
}

static void a_kernel_of_a_stable_debian_does_not(void **state)
{
	const struct preemption_signs signs = {
		"6.12.57+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.57-1", QUIET,
		"none (voluntary) full \n"};

	(void)state;
	assert_false(preemption_is_possible(&signs));
}

static void a_real_time_kernel_does(void **state)
{
	const struct preemption_signs signs = {
		"6.12.57+deb13-rt-amd64", "#1 SMP PREEMPT_RT Debian 6.12.57-1", QUIET, ""};

	(void)state;
	assert_true(preemption_is_possible(&signs));
}

static void the_model_chosen_at_boot_counts(void **state)
{
	const struct preemption_signs full = {"6.17.1-arch1-1", "#1 SMP PREEMPT_DYNAMIC", QUIET,
					      "none voluntary (full) lazy\n"};
	const struct preemption_signs asked = {"6.1.0-41-amd64", "#1 SMP PREEMPT_DYNAMIC",
					       QUIET " preempt=full\n", ""};
	const struct preemption_signs none = {"6.1.0-41-amd64", "#1 SMP PREEMPT_DYNAMIC",
					      QUIET " preempt=fuller", ""};

	(void)state;
	assert_true(preemption_is_possible(&full));
	assert_true(preemption_is_possible(&asked));
	assert_false(preemption_is_possible(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_since_7_0_may_interrupt_programs),
		cmocka_unit_test(a_kernel_of_a_stable_debian_does_not),
		cmocka_unit_test(a_real_time_kernel_does),
		cmocka_unit_test(the_model_chosen_at_boot_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
