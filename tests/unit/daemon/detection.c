/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which detectors run, and with which settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "daemon/detection.h"

static void guess(struct snapshot *snapshot, int n_accounts)
{
	for (int i = 0; i < n_accounts; i++) {
		struct attempt_row *row = snapshot_add_attempt(snapshot);
		char account[] = "a@isp1.example";

		account[0] = (char)('a' + i);
		row->account = snapshot_string(snapshot, account);
		row->source = snapshot_string(snapshot, "192.0.2.7");
		row->service = snapshot_string(snapshot, "imap");
		row->count[OUTCOME_FAILURE] = 1;
		row->first_us = row->last_us = 1000000;
	}
	snapshot->until_us = 2000000;
}

static size_t count_findings(const struct config *config, const char *detector)
{
	struct detection *detection = detection_new(config);
	struct finding_list findings = {};
	struct snapshot snapshot = {};
	size_t count = 0;

	guess(&snapshot, 12);
	detection_observe(detection, &snapshot, &findings);
	for (size_t i = 0; i < findings.count; i++)
		count += strcmp(findings.items[i].detector, detector) == 0;
	finding_list_done(&findings);
	snapshot_done(&snapshot);
	detection_free(detection);
	return count;
}

static void by_default_all_detectors_run(void **state)
{
	struct config config;

	(void)state;
	config_init(&config);
	assert_int_equal(count_findings(&config, "source_guessing"), 1);
	config_done(&config);
}

static void a_detector_can_be_switched_off(void **state)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;

	(void)state;
	config_init(&config);
	assert_int_equal(config_set(&config, "detector source_guessing", "enabled", "no", problem),
			 0);
	assert_int_equal(count_findings(&config, "source_guessing"), 0);
	config_done(&config);
}

static void a_detector_gets_its_own_settings(void **state)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;

	(void)state;
	config_init(&config);
	assert_int_equal(config_set(&config, "detector source_guessing", "accounts", "13", problem),
			 0);
	assert_int_equal(config_set(&config, "detector source_guessing", "plain", "1", problem), 0);
	assert_int_equal(count_findings(&config, "source_guessing"), 0);
	assert_int_equal(config_set(&config, "detector source_guessing", "accounts", "12", problem),
			 0);
	assert_int_equal(count_findings(&config, "source_guessing"), 1);
	config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default_all_detectors_run),
		cmocka_unit_test(a_detector_can_be_switched_off),
		cmocka_unit_test(a_detector_gets_its_own_settings),
	};

	return cmocka_run_group_tests_name("daemon/detection", tests, NULL, NULL);
}
