/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two system calls, and prctl(2) for what they do not reach. */
#include "base/capability.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int capability_get(struct __user_cap_data_struct ret_words[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, ret_words) < 0 ? -errno : 0;
}

int capability_read(uint64_t *ret_held)
{
	struct __user_cap_data_struct words[2] = {};
	int r = capability_get(words);

	if (r < 0)
		return r;
	*ret_held = (uint64_t)words[1].effective << 32 | words[0].effective;
	return 0;
}

int capability_keep(uint64_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct words[2] = {};
	int r = capability_get(words);

	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++) {
		words[i].permitted &= (uint32_t)(kept >> 32 * i);
		words[i].effective = words[i].permitted;
		words[i].inheritable = 0;
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	return syscall(SYS_capset, &header, words) < 0 ? -errno : 0;
}

int capability_renounce(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* Needs CAP_SETPCAP, which the unit does not give. Where we are root, it takes away what root's
	 * programs get by themselves; no_new_privs alone does that, too. */
	(void)prctl(PR_SET_SECUREBITS,
		    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			    SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		    0, 0, 0);
	for (unsigned long number = 0; prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0; number++)
		;
	return capability_keep(0);
}
