/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that say who has an account: a roster, or Dovecot's last logins by an input that begins
 * with "shared". What comes out are names that may be shown, and times of the past.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/residents.h"
#include "fuzz/fuzz.h"

#define NOW_US INT64_C(1782909296000000)

static void check(const struct resident *resident, bool is_roster)
{
	must(resident->account[0] && fuzz_is_utf8(resident->account));
	must(fuzz_is_one_line(resident->account) && !strchr(resident->account, '\t'));
	must(resident->last_us >= 0);
	must(is_roster || (resident->last_us > 0 && resident->last_us <= NOW_US));
	must(is_roster == (resident->state != ACCOUNT_UNSEEN));
}

static void read_all(const struct residents *residents, const char *path)
{
	char *items[] = {(char *)path, NULL};
	const struct words paths = {.items = items, .count = 1};
	const struct residents_scope scope = {
		.roster = path, .last_logins = &paths, .now_us = NOW_US};
	void *state = residents->open(&scope);
	char problem[RESIDENT_PROBLEM_BYTES] = "";
	enum residents_step step;
	struct resident resident;

	do {
		step = residents->step(state, &resident, problem);
		if (step == RESIDENTS_ONE)
			check(&resident, residents == &listed_residents);
	} while (step == RESIDENTS_ONE || step == RESIDENTS_NONE);
	must((step == RESIDENTS_BROKEN) == (problem[0] != '\0'));
	must(!problem[0] || strncmp(problem, path, strlen(path)) == 0);
	residents->close(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static int fd = -1;
	static char path[64];
	bool is_logins = size >= 6 && memcmp(bytes, "shared", 6) == 0;

	if (fd < 0) {
		fd = memfd_create("residents", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must(fd >= 0 && ftruncate(fd, 0) == 0);
	must(pwrite(fd, bytes, size, 0) == (ssize_t)size);
	read_all(is_logins ? &logged_in_residents : &listed_residents, path);
	return 0;
}
