/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/watch_list.h"

static void a_name_stands_once_and_keeps_its_first_protocol(void **state)
{
	struct watch_list list = {}, more = {};

	(void)state;
	watch_list_add(&list, WATCH_SESSION_PROGRAM, SESSION_PROTOCOL_ENVIRONMENT, "/usr/bin/imapd");
	watch_list_add(&more, WATCH_SESSION_PROGRAM, SESSION_PROTOCOL_ANVIL, "/usr/bin/imapd");
	watch_list_add(&more, WATCH_SESSION_PROGRAM, SESSION_PROTOCOL_ANVIL, "/usr/lib/dovecot/imap");
	watch_list_add_all(&list, &more);
	assert_int_equal(list.of[WATCH_SESSION_PROGRAM].count, 2);
	assert_int_equal(list.of[WATCH_SESSION_PROGRAM].items[0].protocol,
			 SESSION_PROTOCOL_ENVIRONMENT);
	assert_string_equal(list.of[WATCH_SESSION_PROGRAM].items[1].name, "/usr/lib/dovecot/imap");
	assert_int_equal(list.of[WATCH_STORE].count, 0);
	watch_list_done(&more);
	watch_list_done(&list);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct watch_list list = {};
	struct watch_entries *stores = &list.of[WATCH_STORE];

	(void)state;
	for (int i = 0; i < WATCH_ENTRIES_CAP + 3; i++)
		watch_entries_addf(stores, 0, "/store/%d", i);
	assert_int_equal(stores->count, WATCH_ENTRIES_CAP);
	assert_int_equal(stores->dropped, 3);
	assert_true(watch_entries_has(stores, "/store/511"));
	assert_false(watch_entries_has(stores, "/store/512"));
	watch_list_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_stands_once_and_keeps_its_first_protocol),
		cmocka_unit_test(what_does_not_fit_is_counted),
	};

	return cmocka_run_group_tests_name("model/watch_list", tests, NULL, NULL);
}
