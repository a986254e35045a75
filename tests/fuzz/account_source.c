/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that say who has an account: a roster, or Dovecot's last logins by an input that begins
 * with "shared". What comes out are names that may be shown, and times of the past.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accounts/account_source.h"
#include "fuzz/fuzz.h"

#define NOW_US INT64_C(1782909296000000)

static void check(const struct found_account *found, bool is_roster)
{
	must(found->account[0] && fuzz_is_utf8(found->account));
	must(fuzz_is_one_line(found->account) && !strchr(found->account, '\t'));
	must(found->last_us >= 0);
	must(is_roster || (found->last_us > 0 && found->last_us <= NOW_US));
	must(is_roster == (found->state != ACCOUNT_UNSEEN));
}

static void read_all(const struct account_source *source, const char *path)
{
	char *items[] = {(char *)path, NULL};
	const struct strlist paths = {.items = items, .count = 1};
	const struct account_source_settings scope = {
		.roster = path, .last_logins = &paths, .now_us = NOW_US};
	void *state = source->open(&scope);
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES] = "";
	enum account_source_step step;
	struct found_account found;

	do {
		step = source->step(state, &found, problem);
		if (step == ACCOUNT_SOURCE_ONE)
			check(&found, source == &roster_account_source);
	} while (step == ACCOUNT_SOURCE_ONE || step == ACCOUNT_SOURCE_NONE);
	must((step == ACCOUNT_SOURCE_BROKEN) == (problem[0] != '\0'));
	must(!problem[0] || strncmp(problem, path, strlen(path)) == 0);
	source->close(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static int fd = -1;
	static char path[64];
	bool is_logins = size >= 6 && memcmp(bytes, "shared", 6) == 0;

	if (fd < 0) {
		fd = memfd_create("accounts", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must(fd >= 0 && ftruncate(fd, 0) == 0);
	must(pwrite(fd, bytes, size, 0) == (ssize_t)size);
	read_all(is_logins ? &last_login_lines : &roster_account_source, path);
	return 0;
}
