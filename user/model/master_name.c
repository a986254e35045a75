/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of include/mail_server.h, and the rule for folders. */
#include "model/master_name.h"

#include <string.h>

#include "base/mem.h"
#include "mail_server.h"

#define ANYWHERE(name) {name, NULL},

const struct master_name master_names_dovecot[] = {MASTERS_OF_DOVECOT(ANYWHERE){}};
const struct master_name master_names_courier[] = {MASTERS_OF_COURIER(ANYWHERE){}};
const struct master_name master_names_cyrus[] = {
	MASTERS_OF_CYRUS(ANYWHERE){MASTER_NAME_IN_CYRUS, MASTER_FOLDER_OF_CYRUS}, {}};

/* name: of a folder, not NUL-ended. */
static bool master_folder_begins(const char *name, const char *wanted)
{
	size_t len = strcspn(name, "/"), wanted_len = strlen(wanted);

	if (len >= wanted_len && memcmp(name, wanted, wanted_len) == 0)
		return true;
	return len > STORE_HASH_BYTES + wanted_len &&
	       memcmp(name + STORE_HASH_BYTES, wanted, wanted_len) == 0;
}

static bool master_lies_below(const char *executable, const char *slash, const char *folder)
{
	for (int up = 0; up < 2 && slash > executable; up++) {
		do
			slash--;
		while (slash > executable && *slash != '/');
		if (*slash == '/' && master_folder_begins(slash + 1, folder))
			return true;
	}
	return false;
}

bool master_names_have(const struct master_name *names, const char *executable)
{
	const char *slash = strrchr(executable, '/');

	for (const struct master_name *name = names; slash && name->file; name++)
		if (strcmp(slash + 1, name->file) == 0 &&
		    (!name->folder || master_lies_below(executable, slash, name->folder)))
			return true;
	return false;
}

bool master_name_is_known(const char *executable)
{
	static const struct master_name *const lists[] = {
		master_names_dovecot, master_names_courier, master_names_cyrus};

	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
		if (master_names_have(lists[i], executable))
			return true;
	return false;
}
