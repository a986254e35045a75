/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source that answers from another thread, at once or too late. */
#include "accounts/background_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define ACCOUNTS 1000

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

struct numbers {
	const struct account_source_settings scope;
	int next;
	char name[32];
};

static void *numbers_open(const struct account_source_settings *scope)
{
	struct numbers *numbers = xcalloc(1, sizeof(*numbers));

	memcpy((void *)&numbers->scope, scope, sizeof(*scope));
	return numbers;
}

static enum account_source_step numbers_step(void *state, struct found_account *ret, char *problem)
{
	struct numbers *numbers = state;

	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	if (numbers->next == ACCOUNTS) {
		snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "%s", numbers->scope.roots->items[0].name);
		return ACCOUNT_SOURCE_END;
	}
	snprintf(numbers->name, sizeof(numbers->name), "u%d", numbers->next++);
	*ret = (struct found_account){.account = numbers->name, .last_us = 7};
	return ACCOUNT_SOURCE_ONE;
}

static const struct account_source numbers_source = {
	.name = "numbers", .open = numbers_open, .step = numbers_step, .close = free};

/* The list is gone as soon as the source is open. */
static void *open_numbers(void)
{
	struct watch_list list = {};
	struct account_source_settings scope = {.roots = &list.of[WATCH_MAIL_ROOT]};
	void *state;

	watch_list_add(&list, WATCH_MAIL_ROOT, 0, "/srv/mail/%d/%n");
	state = background_source_open(&numbers_source, &scope);
	watch_list_done(&list);
	assert_non_null(state);
	return state;
}

static void all_come_in_their_order(void **state)
{
	void *source = open_numbers();
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES] = "", wanted[32];
	enum account_source_step step;
	struct found_account found;
	int seen = 0;

	(void)state;
	while ((step = background_source_step(source, &found, problem)) != ACCOUNT_SOURCE_END) {
		if (step != ACCOUNT_SOURCE_ONE) {
			usleep(100);
			continue;
		}
		snprintf(wanted, sizeof(wanted), "u%d", seen++);
		assert_string_equal(found.account, wanted);
		assert_int_equal(found.last_us, 7);
	}
	assert_int_equal(seen, ACCOUNTS);
	assert_string_equal(problem, "/srv/mail/%d/%n");
	background_source_close(source);
}

static void one_that_does_not_answer_is_left(void **state)
{
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES] = "";
	struct found_account found;
	void *source;

	(void)state;
	pthread_mutex_lock(&gate);
	source = open_numbers();
	assert_int_equal(background_source_step(source, &found, problem), ACCOUNT_SOURCE_WAIT);
	background_source_close(source);
	pthread_mutex_unlock(&gate);
	usleep(200000); /* it frees what it has */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_in_their_order),
		cmocka_unit_test(one_that_does_not_answer_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
