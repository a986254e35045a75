/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state file that cannot be used keeps its bytes under another name. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "bench.h"
#include "ledger/migrations.h"

/* Checks that the old bytes are still there under the name that was told. */
static void check_set_aside(struct bench *bench, const char *word, off_t bytes)
{
	struct ledger_query query = {0};
	struct stat status;
	json_t *document;

	reopen(bench);
	assert_int_equal(bench->opening, LEDGER_SET_ASIDE);
	assert_non_null(strstr(bench->aside, word));
	assert_int_equal(stat(bench->aside, &status), 0);
	assert_int_equal(status.st_size, bytes);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 0);
	json_decref(document);
	three_ticks(bench);
}

static void a_truncated_file_is_set_aside(void **state)
{
	struct bench *bench = *state;
	static const off_t lengths[] = {40000, 8192, 4096, 1000, 50, 0};

	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		three_ticks(bench);
		ledger_close(take_ptr(bench->ledger));
		assert_int_equal(truncate(bench->path, lengths[i]), 0);
		check_set_aside(bench, ".damaged-", lengths[i]);
	}
}

static void garbage_is_set_aside(void **state)
{
	struct bench *bench = *state;
	_cleanup_close_ int fd = -1;

	ledger_close(take_ptr(bench->ledger));
	fd = open(bench->path, O_WRONLY | O_TRUNC);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, "no database", 11), 11);
	check_set_aside(bench, ".damaged-", 11000);
}

static void a_torn_page_is_set_aside(void **state)
{
	struct bench *bench = *state;
	_cleanup_close_ int fd = -1;
	char page[4096];
	struct stat status;

	three_ticks(bench);
	ledger_close(take_ptr(bench->ledger));
	memset(page, 0x5a, sizeof(page));
	fd = open(bench->path, O_WRONLY);
	assert_int_equal(pwrite(fd, page, sizeof(page), 4 * 4096), sizeof(page));
	assert_int_equal(stat(bench->path, &status), 0);
	check_set_aside(bench, ".damaged-", status.st_size);
}

static void another_program_s_database_is_set_aside(void **state)
{
	struct bench *bench = *state;
	sqlite3 *database;
	struct stat status;

	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(unlink(bench->path), 0);
	assert_int_equal(sqlite3_open(bench->path, &database), SQLITE_OK);
	sqlite3_exec(database, "CREATE TABLE accounts (x)", NULL, NULL, NULL);
	sqlite3_close(database);
	assert_int_equal(stat(bench->path, &status), 0);
	check_set_aside(bench, ".damaged-", status.st_size);
}

static void a_later_version_is_set_aside(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *word = xasprintf(".version-%d-", MIGRATIONS_LATEST + 1);
	_cleanup_free_ char *pragma =
		xasprintf("PRAGMA user_version = %d", MIGRATIONS_LATEST + 1);
	sqlite3 *database;
	struct stat status;

	three_ticks(bench);
	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(sqlite3_open(bench->path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, pragma, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	assert_int_equal(stat(bench->path, &status), 0);
	check_set_aside(bench, word, status.st_size);
}

static void an_unwritable_place_is_an_error(void **state)
{
	struct ledger_settings settings = {.path = "/nonexistent/waxseal.db", .max_rows = 10};
	struct bench *bench = *state;
	struct ledger *ledger;

	assert_int_equal(ledger_open(&settings, &ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 -ENOENT);
	settings.path = bench->directory;
	assert_int_equal(ledger_open(&settings, &ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(a_truncated_file_is_set_aside),
		ledger_test(garbage_is_set_aside),
		ledger_test(a_torn_page_is_set_aside),
		ledger_test(another_program_s_database_is_set_aside),
		ledger_test(a_later_version_is_set_aside),
		ledger_test(an_unwritable_place_is_an_error),
	};

	return cmocka_run_group_tests_name("ledger file", tests, NULL, NULL);
}
