/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Examines the state file before it is used. A file that is damaged, not ours or from a later
 * version is renamed and keeps its bytes; a new file takes its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "base/time.h"
#include "ledger/file.h"
#include "ledger/migrations.h"
#include "ledger/statement.h"

/* A full check reads the whole file; past this size (a second or two) only its length is compared
 * with what the header says. Damage found later sets the file aside when the ledger is closed. */
#define FULL_CHECK_BYTES (256LL << 20)
#define NAMES_TRIED 100

enum file_state { FILE_SOUND, FILE_MISSING, FILE_DAMAGED, FILE_LATER };

static void file_close(sqlite3 **database)
{
	(void)sqlite3_close_v2(*database);
}

static int file_number(sqlite3 *database, const char *pragma, int64_t *ret)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r;

	r = sqlite3_prepare_v2(database, pragma, -1, &statement, NULL);
	if (r != SQLITE_OK)
		return statement_errno(r);
	return statement_run(statement, ret, "");
}

static bool file_passes_check(sqlite3 *database)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(database, "PRAGMA quick_check(1)", -1, &statement, NULL) !=
	    SQLITE_OK)
		return false;
	if (sqlite3_step(statement) != SQLITE_ROW)
		return false;
	return strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
}

/* Pages in the write-ahead log are not in the file yet, so it may be shorter than it says. */
static bool file_has_log(const char *path)
{
	_cleanup_free_ char *log = xasprintf("%s-wal", path);
	struct stat status;

	return stat(log, &status) == 0 && status.st_size > 0;
}

static bool file_is_whole(sqlite3 *database, const char *path, int64_t bytes)
{
	int64_t pages, page_bytes;

	if (bytes <= FULL_CHECK_BYTES)
		return file_passes_check(database);
	if (file_has_log(path))
		return true;
	return file_number(database, "PRAGMA page_count", &pages) == 0 &&
	       file_number(database, "PRAGMA page_size", &page_bytes) == 0 &&
	       pages * page_bytes <= bytes;
}

static int file_examine_contents(sqlite3 *database, const char *path, int64_t bytes,
				 enum file_state *ret, int64_t *ret_version)
{
	int64_t version, application;
	int r;

	*ret = FILE_DAMAGED;
	r = file_number(database, "PRAGMA user_version", &version);
	if (r == 0)
		r = file_number(database, "PRAGMA application_id", &application);
	if (r < 0)
		return r == -EUCLEAN ? 0 : r;
	if (application != MIGRATIONS_APPLICATION_ID || version < 1)
		return 0;
	*ret_version = version;
	if (version > MIGRATIONS_LATEST)
		*ret = FILE_LATER;
	else if (file_is_whole(database, path, bytes))
		*ret = FILE_SOUND;
	return 0;
}

static int file_examine(const char *path, enum file_state *ret, int64_t *ret_version)
{
	_cleanup_(file_close) sqlite3 *database = NULL;
	struct stat status;
	int r;

	if (stat(path, &status) < 0) {
		*ret = FILE_MISSING;
		return errno == ENOENT ? 0 : -errno;
	}
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (access(path, R_OK | W_OK) < 0)
		return -errno;
	*ret = FILE_DAMAGED;
	if (status.st_size == 0)
		return 0;
	r = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
	if (r != SQLITE_OK)
		return statement_errno(r);
	(void)sqlite3_busy_timeout(database, 1000);
	/* What is to be set aside must not be touched by looking at it. */
	(void)sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return file_examine_contents(database, path, status.st_size, ret, ret_version);
}

static void file_rename_companion(const char *path, const char *aside, const char *suffix)
{
	_cleanup_free_ char *from = xasprintf("%s%s", path, suffix);
	_cleanup_free_ char *to = xasprintf("%s%s", aside, suffix);

	(void)rename(from, to);
}

int file_set_aside(const char *path, const char *reason, int64_t now_us, char *ret_aside,
		   size_t size)
{
	time_t seconds = (time_t)(now_us / US_PER_SECOND);
	char stamp[32];
	struct tm utc;

	if (!gmtime_r(&seconds, &utc))
		return -EINVAL;
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	for (int i = 0; i < NAMES_TRIED; i++) {
		_cleanup_free_ char *aside =
			i == 0 ? xasprintf("%s.%s-%s", path, reason, stamp)
			       : xasprintf("%s.%s-%s.%d", path, reason, stamp, i);

		if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE) == 0) {
			file_rename_companion(path, aside, "-wal");
			file_rename_companion(path, aside, "-shm");
			(void)snprintf(ret_aside, size, "%s", aside);
			return 0;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int file_configure(sqlite3 *database)
{
	/* In WAL mode NORMAL never tears the file. What must be on the disk when a commit returns
	 * asks for more: handle_make_durable(). */
	static const char settings[] = "PRAGMA journal_mode = WAL;"
				       "PRAGMA synchronous = NORMAL;"
				       "PRAGMA journal_size_limit = 16777216;"
				       "PRAGMA cache_size = -8192;"
				       "PRAGMA temp_store = MEMORY";

	(void)sqlite3_busy_timeout(database, 200);
	return sqlite3_exec(database, settings, NULL, NULL, NULL);
}

/* The file names accounts and addresses: nobody else may read it, from its first byte on. */
static int file_create(const char *path, int64_t now_us, sqlite3 **ret)
{
	_cleanup_(file_close) sqlite3 *database = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
	if (r == SQLITE_OK)
		r = file_configure(database);
	if (r == SQLITE_OK)
		r = migrations_apply(database, 0, now_us);
	if (r == SQLITE_OK)
		r = sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
					      NULL);
	if (r != SQLITE_OK) {
		(void)unlink(path);
		return statement_errno(r);
	}
	*ret = take_ptr(database);
	return 0;
}

static int file_open_sound(const char *path, int64_t version, int64_t now_us, sqlite3 **ret)
{
	_cleanup_(file_close) sqlite3 *database = NULL;
	int r;

	r = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);
	if (r == SQLITE_OK)
		r = file_configure(database);
	if (r == SQLITE_OK)
		r = migrations_apply(database, version, now_us);
	if (r != SQLITE_OK)
		return statement_errno(r);
	*ret = take_ptr(database);
	return 0;
}

int file_open(const char *path, int64_t now_us, sqlite3 **ret, enum ledger_opening *ret_opening,
	      char *ret_aside, size_t size)
{
	enum file_state state = FILE_MISSING;
	int64_t version = 0;
	char reason[40] = "damaged";
	int r;

	r = file_examine(path, &state, &version);
	if (r < 0)
		return r;
	(void)snprintf(ret_aside, size, "%s", "");
	if (state == FILE_SOUND) {
		*ret_opening = LEDGER_OPENED;
		return file_open_sound(path, version, now_us, ret);
	}
	if (state == FILE_LATER)
		(void)snprintf(reason, sizeof(reason), "version-%lld", (long long)version);
	if (state != FILE_MISSING) {
		r = file_set_aside(path, reason, now_us, ret_aside, size);
		if (r < 0)
			return r;
	}
	*ret_opening = state == FILE_MISSING ? LEDGER_CREATED : LEDGER_SET_ASIDE;
	return file_create(path, now_us, ret);
}
