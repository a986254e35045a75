/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread fills a ring, and waits when it is full. Whoever leaves last frees: the thread, if its reader has
 * left before it answered.
 */
#include "accounts/background_source.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

#define RING 256
/* Of those that never came back: as many more sources are not begun. */
#define LEFT_CAP 4

struct background_item {
	enum account_source_step step;
	struct found_account found; /* with strings of its own */
};

struct background {
	const struct account_source *inner;
	void *state; /* the thread's */
	/* Copies: the thread may outlive its reader. */
	struct watch_list roots;
	struct strlist last_logins;
	pthread_mutex_t mutex;
	pthread_cond_t room;
	struct background_item ring[RING];
	size_t taken, given; /* of all items; their difference is in the ring */
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES];
	bool is_left; /* nobody reads any more */
	pthread_t thread;
	/* The reader's. */
	struct background_item last;
	size_t seen;
	int64_t seen_us;
};

static pthread_mutex_t left_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int left_threads;

static void background_count_left(int more)
{
	pthread_mutex_lock(&left_mutex);
	left_threads += (unsigned int)more;
	pthread_mutex_unlock(&left_mutex);
}

static bool background_may_begin(void)
{
	bool may;

	pthread_mutex_lock(&left_mutex);
	may = left_threads < LEFT_CAP;
	pthread_mutex_unlock(&left_mutex);
	return may;
}

static void item_done(struct background_item *item)
{
	free((char *)item->found.account);
	free((char *)item->found.source);
	*item = (struct background_item){};
}

static void background_free(struct background *background)
{
	while (background->taken < background->given)
		item_done(&background->ring[background->taken++ % RING]);
	item_done(&background->last);
	if (background->state)
		background->inner->close(background->state);
	watch_list_done(&background->roots);
	strlist_done(&background->last_logins);
	pthread_mutex_destroy(&background->mutex);
	pthread_cond_destroy(&background->room);
	free(background);
}

static struct background_item item_copy(enum account_source_step step,
					const struct found_account *found)
{
	struct background_item item = {.step = step};

	if (step != ACCOUNT_SOURCE_ONE)
		return item;
	item.found = *found;
	item.found.account = xstrdup(found->account);
	item.found.source = found->source ? xstrdup(found->source) : NULL;
	return item;
}

/* Returns whether there is a reader still. */
static bool background_give(struct background *background, struct background_item *item,
			    const char *problem)
{
	bool is_read;

	pthread_mutex_lock(&background->mutex);
	while (!background->is_left && background->given - background->taken == RING)
		pthread_cond_wait(&background->room, &background->mutex);
	is_read = !background->is_left;
	if (is_read) {
		memcpy(background->problem, problem, sizeof(background->problem));
		background->ring[background->given++ % RING] = *item;
	} else {
		item_done(item);
	}
	pthread_mutex_unlock(&background->mutex);
	return is_read;
}

static void *background_work(void *context)
{
	struct background *background = context;
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES] = "";
	enum account_source_step step = ACCOUNT_SOURCE_NONE;
	bool is_read = true;

	while (is_read && step != ACCOUNT_SOURCE_END && step != ACCOUNT_SOURCE_BROKEN) {
		struct found_account found = {};
		struct background_item item;

		step = background->inner->step(background->state, &found, problem);
		item = item_copy(step, &found);
		is_read = background_give(background, &item, problem);
	}
	if (!is_read) {
		background_count_left(-1);
		background_free(background);
	}
	return NULL;
}

void *background_source_open(const struct account_source *inner,
			     const struct account_source_settings *scope)
{
	struct account_source_settings own = {.now_us = scope->now_us};
	struct background *background;

	if (!background_may_begin())
		return NULL;
	background = xcalloc(1, sizeof(*background));
	background->inner = inner;
	for (size_t i = 0; scope->roots && i < scope->roots->count; i++)
		watch_list_add(&background->roots, WATCH_MAIL_ROOT, scope->roots->items[i].protocol,
			       scope->roots->items[i].name);
	if (scope->last_logins)
		strlist_add_all(&background->last_logins, scope->last_logins);
	own.roots = &background->roots.of[WATCH_MAIL_ROOT];
	own.last_logins = &background->last_logins;
	background->seen_us = time_now_us();
	pthread_mutex_init(&background->mutex, NULL);
	pthread_cond_init(&background->room, NULL);
	background->state = inner->open(&own);
	if (!background->state || pthread_create(&background->thread, NULL, background_work, background) != 0) {
		background_free(background);
		return NULL;
	}
	return background;
}

static enum account_source_step background_wait(struct background *background, char *problem)
{
	int64_t now_us = time_now_us();

	if (background->seen != background->given || now_us < background->seen_us) {
		background->seen = background->given;
		background->seen_us = now_us;
	}
	if (now_us - background->seen_us < BACKGROUND_SOURCE_SECONDS * US_PER_SECOND)
		return ACCOUNT_SOURCE_WAIT;
	snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "no answer for %d s: a dead file system?",
		 BACKGROUND_SOURCE_SECONDS);
	return ACCOUNT_SOURCE_BROKEN;
}

enum account_source_step background_source_step(void *state, struct found_account *ret, char *problem)
{
	struct background *background = state;
	enum account_source_step step;

	pthread_mutex_lock(&background->mutex);
	if (background->taken == background->given) {
		step = background_wait(background, problem);
	} else {
		item_done(&background->last);
		background->last = background->ring[background->taken++ % RING];
		*ret = background->last.found;
		step = background->last.step;
		memcpy(problem, background->problem, ACCOUNT_SOURCE_PROBLEM_BYTES);
		pthread_cond_signal(&background->room);
	}
	pthread_mutex_unlock(&background->mutex);
	return step;
}

void background_source_close(void *state)
{
	struct background *background = state;
	bool has_ended;

	pthread_mutex_lock(&background->mutex);
	has_ended = background->last.step == ACCOUNT_SOURCE_END ||
		    background->last.step == ACCOUNT_SOURCE_BROKEN;
	if (!has_ended) {
		background_count_left(1);
		(void)pthread_detach(background->thread);
		background->is_left = true;
		pthread_cond_signal(&background->room);
	}
	pthread_mutex_unlock(&background->mutex);
	if (has_ended) {
		(void)pthread_join(background->thread, NULL);
		background_free(background);
	}
}
