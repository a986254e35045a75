/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the effective capabilities instead of the uid: a unit may start us with few of them. */
#include "daemon/privilege.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/mem.h"

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

const char *privilege_lacking(void)
{
	uint64_t held;

	if (capability_read(&held) < 0)
		return NULL; /* then the kernel will say it itself */
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
		if (!(held & CAPABILITY_BIT(kept[i].number)))
			return kept[i].name;
	return NULL;
}

int privilege_drop(void)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
		wanted |= CAPABILITY_BIT(kept[i].number);
	return capability_keep(wanted);
}

int privilege_drop_tracing(void)
{
	uint64_t held;
	int r = capability_read(&held);

	if (r < 0)
		return r;
	return held & CAPABILITY_BIT(CAP_SYS_PTRACE)
		       ? capability_keep(held & ~CAPABILITY_BIT(CAP_SYS_PTRACE))
		       : 0;
}

void privilege_close_descriptors(void)
{
	int fd;

	/* a file that we open must not become standard output */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	/* systemd's among them stay open; only the programs that we run do not get them */
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}
