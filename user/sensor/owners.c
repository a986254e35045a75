/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of users, out of /etc/passwd itself: what asks other hosts (NSS) may wait for them, and the tick
 * cannot. Users who are known elsewhere alone have no mailbox of their own here.
 */
#include "sensor/owners.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"

#define USERS_CAP 65536
#define NAME_BYTES 64
#define FILE_BYTES_CAP (16 << 20)

struct user {
	char name[NAME_BYTES];
};

struct owners {
	char *path;
	struct stat seen; /* of the file that was read last */
	struct table *users; /* uid -> struct user */
};

struct owners *owners_new(const char *path)
{
	struct owners *owners = xcalloc(1, sizeof(*owners));

	owners->path = xstrdup(path);
	owners->users = table_new(sizeof(uint32_t), sizeof(struct user), USERS_CAP, NULL, NULL);
	owners_refresh(owners);
	return owners;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	table_free(owners->users);
	free(owners->path);
	free(owners);
}

static void owners_read(struct owners *owners, FILE *file)
{
	struct passwd *entry;

	table_free(owners->users);
	owners->users = table_new(sizeof(uint32_t), sizeof(struct user), USERS_CAP, NULL, NULL);
	while ((entry = fgetpwent(file))) {
		uint32_t uid = entry->pw_uid;
		struct user *user;
		bool is_new;

		if (strlen(entry->pw_name) >= NAME_BYTES)
			continue;
		user = table_touch(owners->users, &uid, &is_new);
		/* the first name of several is the one that getpwuid(3) gives */
		if (is_new)
			snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	}
	if (table_evicted(owners->users))
		log_warning("%s: only %d users are kept", owners->path, USERS_CAP);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void owners_refresh(struct owners *owners)
{
	int fd = foreign_file_open(owners->path, FOREIGN_OF_ROOT, FILE_BYTES_CAP, NULL);
	struct stat now;
	FILE *file;

	if (fd < 0)
		return;
	if (fstat(fd, &now) < 0 || is_same_file(&now, &owners->seen) || !(file = fdopen(fd, "r"))) {
		(void)close(fd);
		return;
	}
	owners->seen = now;
	owners_read(owners, file);
	(void)fclose(file);
}

bool owners_owns(const struct owners *owners, uint32_t uid, const char *account)
{
	const struct user *user = table_find(owners->users, &uid);
	size_t length = strcspn(account, "@");

	return user && length > 0 && strlen(user->name) == length &&
	       strncmp(user->name, account, length) == 0;
}
