/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sink that is away for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alert/retry_queue.h"
#include "base/mem.h"

/* Takes so many, and remembers their names. */
struct taker {
	int room;
	char taken[4096];
};

static int take(void *state, const struct alert *alert)
{
	struct taker *taker = state;
	size_t used = strlen(taker->taken);

	if (strcmp(alert->id, "bad") == 0)
		return -EILSEQ;
	if (taker->room == 0)
		return -EAGAIN;
	taker->room--;
	(void)snprintf(taker->taken + used, sizeof(taker->taken) - used, "%s ", alert->id);
	return 0;
}

static int offer(struct retry_queue *queue, struct taker *taker, const char *id,
		 enum severity severity)
{
	struct alert alert = {.severity = severity,
			      .subject = (char *)"ann",
			      .message = (char *)"said",
			      .active = true};

	(void)snprintf(alert.id, sizeof(alert.id), "%s", id);
	return retry_queue_send(queue, take, taker, &alert);
}

static void what_is_refused_is_tried_again_in_order(void **state)
{
	struct retry_queue queue = {0};
	struct taker taker = {.room = 1};

	(void)state;
	assert_int_equal(offer(&queue, &taker, "1", SEVERITY_NOTICE), 0);
	assert_int_equal(offer(&queue, &taker, "2", SEVERITY_NOTICE), -EAGAIN);
	assert_int_equal(offer(&queue, &taker, "3", SEVERITY_CRITICAL), -EAGAIN);
	taker.room = 1;
	assert_int_equal(retry_queue_again(&queue, take, &taker), -EAGAIN);
	assert_int_equal(queue.count, 1);
	taker.room = 9;
	assert_int_equal(offer(&queue, &taker, "bad", SEVERITY_NOTICE), 0);
	assert_int_equal(queue.lost, 1);
	queue.lost = 0;
	assert_int_equal(offer(&queue, &taker, "4", SEVERITY_NOTICE), 0);
	assert_string_equal(taker.taken, "1 2 3 4 ");
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.lost, 0);
	retry_queue_done(&queue);
}

static void notices_are_given_up_before_criticals(void **state)
{
	struct retry_queue queue = {0};
	struct taker taker = {0};
	char id[16];

	(void)state;
	(void)offer(&queue, &taker, "first", SEVERITY_CRITICAL);
	for (int i = 0; i < 2 * RETRY_QUEUE_CAP; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		(void)offer(&queue, &taker, id, i % 2 ? SEVERITY_WARNING : SEVERITY_NOTICE);
	}
	(void)offer(&queue, &taker, "last", SEVERITY_NOTICE);
	assert_int_equal(queue.count, RETRY_QUEUE_CAP);
	assert_int_equal(queue.lost, RETRY_QUEUE_CAP + 2);
	for (size_t i = 1; i < queue.count; i++)
		assert_int_equal(queue.alerts[i].severity, SEVERITY_WARNING);
	assert_string_equal(queue.alerts[0].id, "first");
	retry_queue_done(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused_is_tried_again_in_order),
		cmocka_unit_test(notices_are_given_up_before_criticals),
	};

	return cmocka_run_group_tests_name("retry queue", tests, NULL, NULL);
}
