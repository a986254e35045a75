/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the effective capabilities instead of the uid: a unit may start us with few of them. */
#include "daemon/privilege.h"

#include <linux/capability.h>
#include <stdint.h>
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

static const struct {
	unsigned int number;
	const char *name;
} required[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
};

const char *privilege_lacking(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct words[2] = {};
	uint64_t held;

	if (syscall(SYS_capget, &header, words) < 0)
		return NULL; /* then the kernel will say it itself */
	held = (uint64_t)words[1].effective << 32 | words[0].effective;
	for (size_t i = 0; i < ARRAY_LENGTH(required); i++)
		if (!(held >> required[i].number & 1))
			return required[i].name;
	return NULL;
}
