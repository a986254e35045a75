/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host of folders and files for the tests of the account inventory. */
#ifndef WAX_TESTS_UNIT_ACCOUNTS_INVENTORY_HOST_H
#define WAX_TESTS_UNIT_ACCOUNTS_INVENTORY_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "accounts/inventory.h"

struct host {
	char folder[32];
	sd_event *event;
	struct history *history;
	struct config config;
	struct watch_list watch;
	struct strlist last_logins, doveadm_commands;
	struct inventory *inventory;
};

static inline int host_make(void **state)
{
	struct host *host = xcalloc(1, sizeof(*host));

	strcpy(host->folder, "/tmp/waxseal-inventory-XXXXXX");
	if (!mkdtemp(host->folder) || sd_event_default(&host->event) < 0)
		return -1;
	config_init(&host->config);
	host->history = history_new(1000);
	history_advance(host->history, time_now_us());
	*state = host;
	return 0;
}

static inline int host_remove(void **state)
{
	struct host *host = *state;
	_cleanup_free_ char *command =
		xasprintf("chmod -R u+rwx '%s'; rm -r '%s'", host->folder, host->folder);

	inventory_close(host->inventory);
	history_free(host->history);
	watch_list_done(&host->watch);
	strlist_done(&host->last_logins);
	strlist_done(&host->doveadm_commands);
	config_done(&host->config);
	sd_event_unref(host->event);
	free(host);
	return system(command);
}

/* A folder below the host's with all above it, changed so many days ago. */
static inline void host_put_folder(struct host *host, const char *path, int days)
{
	_cleanup_free_ char *command =
		xasprintf("mkdir -p '%s/%s' && touch -d '%d days ago' '%s/%s'", host->folder, path,
			  days, host->folder, path);

	assert_int_equal(system(command), 0);
}

static inline void host_put_file(struct host *host, const char *path, const char *text)
{
	_cleanup_free_ char *place = xasprintf("%s/%s", host->folder, path);
	FILE *file = fopen(place, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void host_add_root(struct host *host, const char *template)
{
	watch_entries_addf(&host->watch.of[WATCH_MAIL_ROOT], 0, "%s/%s", host->folder, template);
}

static inline void host_add_mboxes(struct host *host, const char *template)
{
	watch_entries_addf(&host->watch.of[WATCH_MAIL_ROOT], 0, "mbox:%s/%s", host->folder, template);
}

static inline void host_set(struct host *host, const char *key, const char *value)
{
	char problem[CONFIG_REFUSAL_BYTES];

	assert_int_equal(config_set(&host->config, "detect", key, value, problem), 0);
}

static inline void host_set_roster(struct host *host, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/roster", host->folder);

	host_put_file(host, "roster", text);
	host_set(host, "roster", path);
}

static inline const char *state_of_place(const json_t *status, const char *name)
{
	size_t i;
	json_t *place;

	json_array_foreach(
		json_object_get(status, "places"), i,
		place) if (strcmp(json_string_value(json_object_get(place, "name")), name) ==
			   0) return json_string_value(json_object_get(place, "state"));
	return NULL;
}

static inline bool host_is_busy(struct host *host)
{
	json_t *status = inventory_status(host->inventory), *place;
	bool is_busy = false;
	size_t i;

	json_array_foreach(json_object_get(status, "places"), i, place)
	{
		const char *word = json_string_value(json_object_get(place, "state"));

		is_busy = is_busy || strcmp(word, "waiting") == 0 || strcmp(word, "reading") == 0;
	}
	json_decref(status);
	return is_busy;
}

static inline void host_settle(struct host *host)
{
	for (int i = 0; i < 1000 && host_is_busy(host); i++)
		assert_true(sd_event_run(host->event, 20000) >= 0);
	assert_false(host_is_busy(host));
}

static inline void host_count(struct host *host)
{
	const struct inventory_settings settings = {
		.config = &host->config,
		.roots = &host->watch.of[WATCH_MAIL_ROOT],
		.last_logins = &host->last_logins,
		.doveadm_commands = &host->doveadm_commands,
		.history = host->history,
	};

	assert_int_equal(inventory_open(&settings, host->event, &host->inventory), 0);
	host_settle(host);
}

static inline void expect(struct host *host, const char *account, enum account_state state)
{
	if (history_account(host->history, history_name(host->history, account)) != state)
		fail_msg("%s is not %d", account, state);
}

static inline void expect_problem(struct host *host, const char *end)
{
	struct strlist problems = {};
	size_t length = strlen(end);

	inventory_add_problems(host->inventory, &problems);
	assert_int_equal(problems.count, 1);
	assert_true(strlen(problems.items[0]) > length);
	assert_string_equal(problems.items[0] + strlen(problems.items[0]) - length, end);
	strlist_done(&problems);
}

/* A program that stands for doveadm. */
static inline void host_put_listing(struct host *host, const char *name, const char *script)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", host->folder, name);
	_cleanup_free_ char *text = xasprintf("#!/bin/sh\n%s\n", script);

	host_put_file(host, name, text);
	assert_int_equal(chmod(path, 0700), 0);
	strlist_addf(&host->doveadm_commands, "%s\t/etc/dovecot/dovecot.conf", path);
}

#define on_host(test) cmocka_unit_test_setup_teardown(test, host_make, host_remove)

#endif
