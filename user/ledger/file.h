/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state file: opened when it is sound and ours, otherwise set aside for a fresh one. */
#ifndef WAX_LEDGER_FILE_H
#define WAX_LEDGER_FILE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

int file_open(const char *path, int64_t now_us, sqlite3 **ret, enum ledger_opening *ret_opening,
	      char *ret_aside, size_t size);
/* Renames the file (closed by then) and its -wal to PATH.REASON-STAMP; never deletes anything. */
int file_set_aside(const char *path, const char *reason, int64_t now_us, char *ret_aside,
		   size_t size);

#endif
