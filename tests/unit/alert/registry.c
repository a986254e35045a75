/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings become alerts: merging, holding back, ending, cap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "alert/registry.h"
#include "base/mem.h"
#include "base/time.h"

#define START INT64_C(1782864000000000)

/* What the listener heard. */
struct heard {
	int raised, updated, over, named;
	uint64_t last_count;
	size_t last_accounts;
	char first_id[24], last_id[24], last_message[64];
};

static void hear(void *context, struct alert *alert, enum registry_change change)
{
	struct heard *heard = context;

	heard->named += change == REGISTRY_NAMED;
	if (change == REGISTRY_NAMED)
		return;
	heard->raised += change == REGISTRY_RAISED;
	heard->updated += change == REGISTRY_UPDATED;
	heard->over += change == REGISTRY_OVER;
	heard->last_count = alert->count;
	heard->last_accounts = alert->n_accounts;
	assert_int_equal(alert->active, change != REGISTRY_OVER);
	if (!heard->first_id[0])
		strcpy(heard->first_id, alert->id);
	strcpy(heard->last_id, alert->id);
	snprintf(heard->last_message, sizeof(heard->last_message), "%s", alert->message);
}

static void apply(struct registry *registry, enum severity severity, const char *subject,
		  const char *account, int64_t now_us)
{
	struct finding_list list = {0};
	struct finding *finding = finding_add(&list, "takeover", severity, SUBJECT_ACCOUNT, subject,
					      "said at %d", severity);

	finding->first_us = finding->last_us = now_us;
	finding_add_account(finding, account, HARM_OPENED, now_us);
	registry_apply(registry, &list, now_us);
	finding_list_done(&list);
}

static void repeats_merge_and_are_told_once_a_minute(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);

	(void)state;
	for (int second = 0; second < 150; second++)
		apply(registry, SEVERITY_WARNING, "ann", "ann", START + second * US_PER_SECOND);
	assert_int_equal(heard.raised, 1);
	assert_int_equal(heard.updated, 2);
	assert_int_equal(heard.last_count, 121);
	assert_int_equal(registry_active(registry), 1);
	assert_string_equal(heard.first_id, heard.last_id);
	/* What was held back is told when its minute is over. */
	registry_expire(registry, START + 170 * US_PER_SECOND);
	assert_int_equal(heard.updated, 2);
	registry_expire(registry, START + 181 * US_PER_SECOND);
	assert_int_equal(heard.updated, 3);
	assert_int_equal(heard.last_count, 150);
	registry_expire(registry, START + 400 * US_PER_SECOND);
	assert_int_equal(heard.updated, 3);
	registry_free(registry);
}

static void a_rise_in_severity_is_told_at_once(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);

	(void)state;
	apply(registry, SEVERITY_NOTICE, "ann", "ann", START);
	apply(registry, SEVERITY_CRITICAL, "ann", "bob", START + 1);
	assert_int_equal(heard.updated, 1);
	assert_string_equal(heard.last_message, "said at 2");
	assert_int_equal(heard.last_accounts, 2);
	apply(registry, SEVERITY_NOTICE, "ann", "ann", START + 2 * US_PER_MINUTE);
	assert_int_equal(heard.updated, 2);
	assert_string_equal(heard.last_message, "said at 2");
	assert_int_equal(registry_raised_of(registry, "takeover", SEVERITY_NOTICE), 1);
	registry_free(registry);
}

static void two_findings_of_one_tick_are_one_alert(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);
	struct finding_list list = {0};

	(void)state;
	finding_add(&list, "takeover", SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "ann", "one");
	finding_add(&list, "takeover", SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "ann", "two");
	finding_add(&list, "takeover", SEVERITY_CRITICAL, SUBJECT_SOURCE, "ann", "three");
	finding_add(&list, "bulk_read", SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "ann", "four");
	registry_apply(registry, &list, START);
	assert_int_equal(list.count, 4);
	assert_int_equal(registry_active(registry), 3);
	assert_int_equal(registry_active_of(registry, "takeover"), 2);
	assert_int_equal(registry_active_of(registry, "brute_force"), 0);
	assert_int_equal(heard.raised, 3);
	assert_true(strcmp(heard.first_id, heard.last_id) < 0);
	finding_list_done(&list);
	registry_free(registry);
}

static void quiet_alerts_are_over_and_come_back_as_new_ones(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);

	(void)state;
	apply(registry, SEVERITY_WARNING, "ann", "ann", START);
	registry_expire(registry, START + US_PER_HOUR - 1);
	assert_int_equal(heard.over, 0);
	registry_expire(registry, START + US_PER_HOUR);
	assert_int_equal(heard.over, 1);
	assert_int_equal(registry_active(registry), 0);
	assert_int_equal(registry_active_of(registry, "takeover"), 0);
	apply(registry, SEVERITY_WARNING, "ann", "ann", START + 2 * US_PER_HOUR);
	assert_int_equal(heard.raised, 2);
	assert_true(strcmp(heard.first_id, heard.last_id) < 0);
	registry_free(registry);
}

static void past_the_cap_the_quietest_alert_is_closed(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 100, hear, &heard);
	char subject[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(subject, sizeof(subject), "user%d", i);
		apply(registry, SEVERITY_WARNING, subject, subject, START + i);
		apply(registry, SEVERITY_WARNING, "ann", "ann", START + i);
	}
	assert_int_equal(registry_active(registry), 100);
	assert_int_equal(registry_evicted(registry), 4901);
	assert_int_equal(heard.over, 4901);
	assert_int_equal(heard.raised, 5001);
	registry_free(registry);
}

static struct alert saved_alert(const char *subject)
{
	return (struct alert){
		.id = "saved",
		.detector = "takeover",
		.severity = SEVERITY_CRITICAL,
		.subject_kind = SUBJECT_ACCOUNT,
		.subject = xstrdup(subject),
		.message = xstrdup("before"),
		.evidence = json_object(),
		.first_us = START,
		.last_us = START,
		.count = 7,
		.active = true,
	};
}

static void a_restored_alert_goes_on(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);
	struct alert saved = saved_alert("ann"), again = saved_alert("ann");

	(void)state;
	registry_restore(registry, &saved);
	registry_restore(registry, &again);
	apply(registry, SEVERITY_CRITICAL, "ann", "ann", START + 2 * US_PER_MINUTE);
	assert_int_equal(heard.raised, 0);
	assert_int_equal(heard.updated, 1);
	assert_int_equal(heard.last_count, 8);
	assert_string_equal(heard.last_id, "saved");
	assert_int_equal(registry_active(registry), 1);
	assert_int_equal(registry_raised_of(registry, "takeover", SEVERITY_CRITICAL), 0);
	registry_free(registry);
}

static void hear_sum(void *context, struct alert *alert, enum registry_change change)
{
	double *heard = context;

	(void)change;
	heard[0] = json_number_value(json_object_get(alert->evidence, "log_likelihood_ratio"));
	heard[1] = json_number_value(json_object_get(alert->evidence, "sources"));
}

static void apply_sum(struct registry *registry, enum severity severity, double nats, int sources,
		      int64_t now_us)
{
	struct finding_list list = {0};
	struct finding *finding = finding_add(&list, "campaign", severity, SUBJECT_TENANT, "isp",
					      "%d sources", sources);

	finding->first_us = finding->last_us = now_us;
	json_object_set_new(finding->evidence, "log_likelihood_ratio", json_real(nats));
	json_object_set_new(finding->evidence, "sources", json_integer(sources));
	registry_apply(registry, &list, now_us);
	finding_list_done(&list);
}

static void the_sum_of_the_moment_of_the_alarm_is_kept(void **state)
{
	double heard[2] = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear_sum, heard);

	(void)state;
	apply_sum(registry, SEVERITY_WARNING, 20, 5, START);
	apply_sum(registry, SEVERITY_WARNING, 9, 12, START + 2 * US_PER_MINUTE);
	assert_true(heard[0] == 20 && heard[1] == 12);
	apply_sum(registry, SEVERITY_CRITICAL, 25, 13, START + 4 * US_PER_MINUTE);
	assert_true(heard[0] == 25 && heard[1] == 13);
	registry_free(registry);
}

static void notices_give_way_before_what_people_were_told(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);
	char subject[32];

	(void)state;
	apply(registry, SEVERITY_CRITICAL, "ann", "ann", START);
	for (int i = 0; i < 100; i++) {
		snprintf(subject, sizeof(subject), "192.0.2.%d", i);
		apply(registry, SEVERITY_NOTICE, subject, "ann", START + i + 1);
	}
	assert_int_equal(heard.raised, 101);
	assert_int_equal(heard.over, 91);
	/* the critical one is still the same alert */
	apply(registry, SEVERITY_CRITICAL, "ann", "ann", START + 200);
	assert_int_equal(heard.raised, 101);
	registry_free(registry);
}

/* A finding about a program that a user runs in a unit, in so many mailboxes. */
static void find_reader(struct registry *registry, uint32_t uid, const char *unit, int mailboxes,
			int64_t now_us)
{
	struct finding_list list = {0};
	struct finding *finding = finding_add(&list, "foreign_reader", SEVERITY_CRITICAL,
					      SUBJECT_ACTOR, "/usr/bin/tar", "opened");

	finding->first_us = finding->last_us = now_us;
	json_object_set_new(finding->evidence, "uid", json_integer(uid));
	json_object_set_new(finding->evidence, "unit", json_string(unit));
	json_object_set_new(finding->evidence, "mailboxes", json_integer(mailboxes));
	json_object_set_new(finding->evidence, "messages", json_integer(mailboxes));
	registry_apply(registry, &list, now_us);
	finding_list_done(&list);
}

static void hear_news(void *context, struct alert *alert, enum registry_change change)
{
	struct heard *heard = context;

	heard->raised += change == REGISTRY_RAISED;
	heard->updated += change == REGISTRY_UPDATED;
	heard->over += change == REGISTRY_OVER;
	heard->last_count = alert->count;
	strcpy(heard->last_id, alert->id);
	if (!heard->first_id[0])
		strcpy(heard->first_id, alert->id);
}

static void a_reader_that_comes_again_is_the_same_alert_told_once_a_day(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear_news, &heard);

	(void)state;
	for (int night = 0; night < 3; night++) {
		int64_t now_us = START + night * 12 * US_PER_HOUR;

		find_reader(registry, 0, "", 10, now_us);
		registry_expire(registry, now_us + 2 * US_PER_HOUR);
	}
	assert_int_equal(heard.last_count, 3);
	assert_string_equal(heard.first_id, heard.last_id);
	assert_int_equal(heard.raised, 2);
	assert_int_equal(heard.over, 2);
	assert_int_equal(registry_raised_of(registry, "foreign_reader", SEVERITY_CRITICAL), 1);
	assert_int_equal(registry_active(registry), 0);
	/* twice as much is news at any time */
	find_reader(registry, 0, "", 20, START + 25 * US_PER_HOUR);
	assert_int_equal(heard.raised, 3);
	registry_free(registry);
}

static void a_reader_that_goes_on_is_told_when_it_has_doubled(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear_news, &heard);

	(void)state;
	for (int minute = 0; minute < 64; minute++)
		find_reader(registry, 0, "", 1, START + minute * US_PER_MINUTE);
	assert_int_equal(heard.raised, 1);
	assert_int_equal(heard.updated, 6);
	registry_free(registry);
}

static void another_user_or_service_is_another_alert(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear_news, &heard);

	(void)state;
	find_reader(registry, 0, "session-1.scope", 1, START);
	find_reader(registry, 0, "session-2.scope", 1, START);
	assert_int_equal(registry_active(registry), 1);
	find_reader(registry, 33, "", 1, START);
	find_reader(registry, 0, "php-fpm.service", 1, START);
	assert_int_equal(registry_active(registry), 3);
	registry_free(registry);
}

static void an_answered_alert_does_not_become_active_again(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear_news, &heard);

	(void)state;
	find_reader(registry, 0, "", 1, START);
	registry_answer(registry, heard.last_id, START + 1);
	assert_int_equal(heard.over, 1);
	assert_int_equal(registry_active(registry), 0);
	find_reader(registry, 0, "", 1, START + 2);
	assert_string_not_equal(heard.first_id, heard.last_id);
	assert_int_equal(heard.last_count, 1);
	registry_answer(registry, "no such id", START + 3);
	assert_int_equal(registry_active(registry), 1);
	registry_free(registry);
}

/* A stop within the minute after the last telling. */
static void what_is_held_back_is_told_at_the_end(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);

	(void)state;
	apply(registry, SEVERITY_CRITICAL, "isp", "ann", START);
	apply(registry, SEVERITY_CRITICAL, "isp", "bob", START + US_PER_SECOND);
	apply(registry, SEVERITY_CRITICAL, "other", "cay", START + US_PER_SECOND);
	assert_int_equal(heard.updated, 0);
	/* new accounts are written down meanwhile, though nobody is told */
	registry_expire(registry, START + 2 * US_PER_SECOND);
	assert_int_equal(heard.named, 2);
	assert_int_equal(heard.updated, 0);
	registry_flush(registry, START + 2 * US_PER_SECOND);
	assert_int_equal(heard.updated, 1);
	registry_flush(registry, START + 3 * US_PER_SECOND);
	assert_int_equal(heard.updated, 1);
	registry_free(registry);
}

static void warnings_give_way_before_criticals(void **state)
{
	struct heard heard = {0};
	struct registry *registry = registry_new(US_PER_HOUR, 10, hear, &heard);
	char subject[32];

	(void)state;
	apply(registry, SEVERITY_CRITICAL, "ann", "ann", START);
	for (int i = 0; i < 100; i++) {
		snprintf(subject, sizeof(subject), "tenant%d", i);
		apply(registry, SEVERITY_WARNING, subject, "bob", START + i + 1);
	}
	assert_int_equal(heard.over, 91);
	apply(registry, SEVERITY_CRITICAL, "ann", "ann", START + 2 * US_PER_MINUTE);
	assert_string_equal(heard.last_id, heard.first_id);
	registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_comes_again_is_the_same_alert_told_once_a_day),
		cmocka_unit_test(a_reader_that_goes_on_is_told_when_it_has_doubled),
		cmocka_unit_test(another_user_or_service_is_another_alert),
		cmocka_unit_test(an_answered_alert_does_not_become_active_again),
		cmocka_unit_test(repeats_merge_and_are_told_once_a_minute),
		cmocka_unit_test(a_rise_in_severity_is_told_at_once),
		cmocka_unit_test(two_findings_of_one_tick_are_one_alert),
		cmocka_unit_test(quiet_alerts_are_over_and_come_back_as_new_ones),
		cmocka_unit_test(past_the_cap_the_quietest_alert_is_closed),
		cmocka_unit_test(a_restored_alert_goes_on),
		cmocka_unit_test(the_sum_of_the_moment_of_the_alarm_is_kept),
		cmocka_unit_test(notices_give_way_before_what_people_were_told),
		cmocka_unit_test(what_is_held_back_is_told_at_the_end),
		cmocka_unit_test(warnings_give_way_before_criticals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
