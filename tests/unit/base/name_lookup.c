/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A user database that answers when the test lets it, as one in the network does. */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/name_lookup.h"

#define LONG_MS 60000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static bool is_dead;
static unsigned int group_number = 70, needed_bytes, threads;
static int failure; /* what the database answers when it cannot be asked */

static void wait_for_database(void)
{
	pthread_mutex_lock(&mutex);
	threads++;
	while (is_dead)
		pthread_cond_wait(&change, &mutex);
	threads--;
	pthread_mutex_unlock(&mutex);
}

static void set_dead(bool dead)
{
	pthread_mutex_lock(&mutex);
	is_dead = dead;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&mutex);
}

/* In place of the C library's. */
int getgrnam_r(const char *name, struct group *entry, char *buffer, size_t bytes,
	       struct group **ret)
{
	wait_for_database();
	*ret = NULL;
	if (failure)
		return failure;
	if (bytes < needed_bytes)
		return ERANGE;
	if (strncmp(name, "mail", 4) != 0)
		return 0;
	snprintf(buffer, bytes, "%s", name);
	*entry = (struct group){.gr_name = buffer, .gr_gid = group_number};
	*ret = entry;
	return 0;
}

static int find_user(const char *name, uid_t uid, struct passwd *entry, char *buffer, size_t bytes,
		     struct passwd **ret)
{
	wait_for_database();
	*ret = NULL;
	if ((name && strcmp(name, "ann") != 0) || uid != 1001)
		return ENOENT;
	snprintf(buffer, bytes, "ann");
	*entry = (struct passwd){.pw_name = buffer, .pw_uid = uid};
	*ret = entry;
	return 0;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t bytes,
	       struct passwd **ret)
{
	return find_user(name, 1001, entry, buffer, bytes, ret);
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t bytes, struct passwd **ret)
{
	return find_user(NULL, uid, entry, buffer, bytes, ret);
}

static void a_name_is_found(void **state)
{
	struct name_answer answer = name_lookup(NAME_GROUP, "mail", 0, LONG_MS);

	(void)state;
	assert_int_equal(answer.state, NAME_FOUND);
	assert_int_equal(answer.number, 70);
	answer = name_lookup(NAME_USER, "ann", 0, LONG_MS);
	assert_int_equal(answer.state, NAME_FOUND);
	assert_int_equal(answer.number, 1001);
	answer = name_lookup(NAME_OF_UID, NULL, 1001, LONG_MS);
	assert_int_equal(answer.state, NAME_FOUND);
	assert_string_equal(answer.name, "ann");
}

static void an_unknown_name_is_absent(void **state)
{
	char endless[1000] = "";

	(void)state;
	memset(endless, 'm', sizeof(endless) - 1);
	assert_int_equal(name_lookup(NAME_GROUP, "wheel", 0, LONG_MS).state, NAME_ABSENT);
	assert_int_equal(name_lookup(NAME_USER, "bob", 0, LONG_MS).state, NAME_ABSENT);
	assert_int_equal(name_lookup(NAME_OF_UID, NULL, 5, LONG_MS).state, NAME_ABSENT);
	assert_int_equal(name_lookup(NAME_GROUP, endless, 0, LONG_MS).state, NAME_ABSENT);
	assert_int_equal(name_lookup(NAME_GROUP, "", 0, LONG_MS).state, NAME_ABSENT);
}

static void what_was_found_stays_when_the_database_fails(void **state)
{
	(void)state;
	assert_int_equal(name_lookup(NAME_GROUP, "mailfound", 0, LONG_MS).state, NAME_FOUND);
	failure = EIO;
	assert_int_equal(name_lookup(NAME_GROUP, "mailnew", 0, LONG_MS).state, NAME_FAILED);
	assert_int_equal(name_lookup(NAME_GROUP, "mailfound", 0, 0).state, NAME_FOUND);
	assert_int_equal(name_lookup(NAME_GROUP, "mailother", 0, LONG_MS).state, NAME_FAILED);
	assert_int_equal(name_lookup(NAME_GROUP, "mailfound", 0, 0).state, NAME_FOUND);
	failure = ENOENT;
	assert_int_equal(name_lookup(NAME_GROUP, "mailgone", 0, LONG_MS).state, NAME_ABSENT);
	failure = 0;
}

static void a_group_of_many_members_needs_more_room(void **state)
{
	(void)state;
	needed_bytes = 200000;
	assert_int_equal(name_lookup(NAME_GROUP, "mail-many", 0, LONG_MS).state, NAME_FOUND);
	needed_bytes = 1 << 30;
	assert_int_equal(name_lookup(NAME_GROUP, "mail-endless", 0, LONG_MS).state, NAME_FAILED);
	needed_bytes = 0;
}

static unsigned int count_threads(void)
{
	unsigned int count;

	pthread_mutex_lock(&mutex);
	count = threads;
	pthread_mutex_unlock(&mutex);
	return count;
}

static void a_dead_database_stops_nobody(void **state)
{
	char name[16];

	(void)state;
	assert_int_equal(name_lookup(NAME_GROUP, "mail-old", 0, LONG_MS).state, NAME_FOUND);
	set_dead(true);
	assert_int_equal(name_lookup(NAME_GROUP, "mail-new", 0, 0).state, NAME_WAITS);
	assert_int_equal(name_lookup(NAME_GROUP, "mail-new", 0, 1).state, NAME_WAITS);
	/* what was known stays known */
	assert_int_equal(name_lookup(NAME_GROUP, "mail-old", 0, 0).state, NAME_FOUND);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "mail%d", i);
		assert_int_equal(name_lookup(NAME_GROUP, name, 0, 0).state, NAME_WAITS);
	}
	assert_true(count_threads() <= 1);
	set_dead(false);
	assert_int_equal(name_lookup(NAME_GROUP, "mail-new", 0, LONG_MS).state, NAME_FOUND);
}

static void an_answer_is_renewed(void **state)
{
	unsigned int number = 0;

	(void)state;
	group_number = 70;
	(void)name_lookup(NAME_GROUP, "mail", 0, LONG_MS);
	group_number = 71;
	for (int i = 0; i < 100000 && number != 71; i++) {
		number = name_lookup(NAME_GROUP, "mail", 0, LONG_MS).number;
		usleep(100);
	}
	assert_int_equal(number, 71);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found),
		cmocka_unit_test(an_unknown_name_is_absent),
		cmocka_unit_test(what_was_found_stays_when_the_database_fails),
		cmocka_unit_test(a_group_of_many_members_needs_more_room),
		cmocka_unit_test(a_dead_database_stops_nobody),
		cmocka_unit_test(an_answer_is_renewed),
	};

	return cmocka_run_group_tests_name("name_lookup", tests, NULL, NULL);
}
