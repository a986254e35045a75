/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread, which ends when nothing is asked. While it waits for the database, whatever else is asked
 * waits behind it: the answer would come from the same place. A few questions are remembered; the one
 * that was not asked for longest gives way.
 */
#include "base/name_lookup.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#define QUESTIONS 32
#define BUFFER_BYTES_MAX (1024 * 1024) /* of a group with many members */

struct name_question {
	enum name_kind kind;
	char name[NAME_LOOKUP_BYTES];
	uint32_t number;
	bool is_used, is_open; /* open: the thread has to ask */
	uint64_t asked;	       /* the higher, the later */
	struct name_answer answer;
};

static pthread_mutex_t lookup_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t lookup_answered;
static pthread_once_t lookup_once = PTHREAD_ONCE_INIT;
static struct name_question lookup_questions[QUESTIONS];
static uint64_t lookup_count;
static bool lookup_runs;

static void lookup_init(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&lookup_answered, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* ---- In the thread ---- */

static int lookup_ask_group(const struct name_question *question, char *buffer, size_t bytes,
			    struct name_answer *ret)
{
	struct group entry, *found = NULL;
	int r = getgrnam_r(question->name, &entry, buffer, bytes, &found);

	if (!found)
		return r;
	ret->state = NAME_FOUND;
	ret->number = found->gr_gid;
	snprintf(ret->name, sizeof(ret->name), "%s", found->gr_name);
	return 0;
}

static int lookup_ask_user(const struct name_question *question, char *buffer, size_t bytes,
			   struct name_answer *ret)
{
	struct passwd entry, *found = NULL;
	int r = question->kind == NAME_USER
			? getpwnam_r(question->name, &entry, buffer, bytes, &found)
			: getpwuid_r(question->number, &entry, buffer, bytes, &found);

	if (!found)
		return r;
	ret->state = NAME_FOUND;
	ret->number = found->pw_uid;
	snprintf(ret->name, sizeof(ret->name), "%s", found->pw_name);
	return 0;
}

/* getpwnam(3) lists what implementations return for a name that is not there. */
static bool lookup_is_absence(int r)
{
	return r == 0 || r == ENOENT || r == ESRCH || r == EBADF || r == EPERM;
}

static struct name_answer lookup_ask(const struct name_question *question)
{
	struct name_answer answer = {.state = NAME_ABSENT};
	int r = ERANGE;

	for (size_t bytes = 4096; r == ERANGE && bytes <= BUFFER_BYTES_MAX; bytes *= 4) {
		_cleanup_free_ char *buffer = xmalloc(bytes);

		r = question->kind == NAME_GROUP
			    ? lookup_ask_group(question, buffer, bytes, &answer)
			    : lookup_ask_user(question, buffer, bytes, &answer);
	}
	if (answer.state == NAME_ABSENT && !lookup_is_absence(r))
		answer.state = NAME_FAILED;
	return answer;
}

/* Whoever repeats one question must not keep the others waiting: the one asked first comes first. */
static struct name_question *lookup_next_open(void)
{
	struct name_question *first = NULL;

	for (size_t i = 0; i < QUESTIONS; i++)
		if (lookup_questions[i].is_open &&
		    (!first || lookup_questions[i].asked < first->asked))
			first = &lookup_questions[i];
	return first;
}

static bool lookup_is_same(const struct name_question *a, const struct name_question *b)
{
	return a->kind == b->kind && a->number == b->number && strcmp(a->name, b->name) == 0;
}

static void *lookup_work(void *context)
{
	struct name_question *open;

	pthread_mutex_lock(&lookup_mutex);
	while ((open = lookup_next_open())) {
		struct name_question question = *open;
		struct name_answer answer;

		pthread_mutex_unlock(&lookup_mutex);
		answer = lookup_ask(&question);
		pthread_mutex_lock(&lookup_mutex);
		/* another question may have its place by now */
		if (open->is_used && lookup_is_same(open, &question)) {
			open->is_open = false;
			if (answer.state != NAME_FAILED || open->answer.state != NAME_FOUND)
				open->answer = answer;
		}
		pthread_cond_broadcast(&lookup_answered);
	}
	lookup_runs = false;
	pthread_mutex_unlock(&lookup_mutex);
	return context;
}

/* ---- Whoever asks ---- */

static struct name_question *lookup_place(const struct name_question *question)
{
	struct name_question *oldest = &lookup_questions[0];

	for (size_t i = 0; i < QUESTIONS; i++) {
		struct name_question *place = &lookup_questions[i];

		if (place->is_used && lookup_is_same(place, question))
			return place;
		if (!place->is_used || (oldest->is_used && place->asked < oldest->asked))
			oldest = place;
	}
	*oldest = *question;
	oldest->is_used = true;
	return oldest;
}

static void lookup_begin(void)
{
	pthread_t thread;

	if (lookup_runs || pthread_create(&thread, NULL, lookup_work, NULL) != 0)
		return;
	(void)pthread_detach(thread);
	lookup_runs = true;
}

static void lookup_wait(const struct name_question *place, unsigned int wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (place->answer.state == NAME_WAITS)
		if (pthread_cond_timedwait(&lookup_answered, &lookup_mutex, &until) != 0)
			return;
}

struct name_answer name_lookup(enum name_kind kind, const char *name, uint32_t number,
			       unsigned int wait_ms)
{
	struct name_question question = {.kind = kind, .number = number}, *place;
	struct name_answer answer;

	if (kind != NAME_OF_UID && strlen(name) >= sizeof(question.name))
		return (struct name_answer){.state = NAME_ABSENT};
	if (kind != NAME_OF_UID)
		strcpy(question.name, name);
	pthread_once(&lookup_once, lookup_init);
	pthread_mutex_lock(&lookup_mutex);
	place = lookup_place(&question);
	place->asked = ++lookup_count;
	place->is_open = true;
	lookup_begin();
	if (wait_ms > 0)
		lookup_wait(place, wait_ms);
	answer = place->answer;
	pthread_mutex_unlock(&lookup_mutex);
	return answer;
}
