/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the effective capabilities instead of the uid: a unit may start us with few of them. */
#include "daemon/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

/* Since Linux 5.8; the headers of older systems lack the names. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* What the daemon holds while it runs, and why. */
static const struct {
	unsigned int number;
	const char *name;
} kept[] = {
	{CAP_BPF, "CAP_BPF"},		  /* expire attempts, read iterators */
	{CAP_PERFMON, "CAP_PERFMON"},	  /* load programs that read kernel structures */
	/* follow mail roots and stores of mode 0700 that appear or are replaced */
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
};

static int privilege_read(struct __user_cap_data_struct ret_words[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, ret_words) < 0 ? -errno : 0;
}

const char *privilege_lacking(void)
{
	struct __user_cap_data_struct words[2] = {};
	uint64_t held;

	if (privilege_read(words) < 0)
		return NULL; /* then the kernel will say it itself */
	held = (uint64_t)words[1].effective << 32 | words[0].effective;
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
		if (!(held >> kept[i].number & 1))
			return kept[i].name;
	return NULL;
}

int privilege_drop(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct words[2] = {};

	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
		struct __user_cap_data_struct *word = &words[kept[i].number / 32];

		word->effective |= 1U << kept[i].number % 32;
		word->permitted |= 1U << kept[i].number % 32;
	}
	/* what we start later (nothing, at present) would inherit none of it */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	return syscall(SYS_capset, &header, words) < 0 ? -errno : 0;
}
