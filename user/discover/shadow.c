/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/shadow as a credential store: every host has programs that read it each day. */
#include "base/mem.h"
#include "discover/discovery.h"

/* Programs of Debian, Fedora, openSUSE and Arch that open /etc/shadow in daily use. */
static const char *const shadow_readers[] = {
	"/usr/sbin/unix_chkpwd",
	"/usr/sbin/unix_update",
	"/usr/sbin/sshd",
	"/usr/lib/openssh/sshd-session",
	"/usr/libexec/openssh/sshd-session",
	"/usr/bin/login",
	"/usr/sbin/agetty",
	"/usr/bin/su",
	"/usr/sbin/runuser",
	"/usr/bin/sudo",
	"/usr/bin/passwd",
	"/usr/bin/chage",
	"/usr/bin/chfn",
	"/usr/bin/chsh",
	"/usr/bin/expiry",
	"/usr/sbin/chpasswd",
	"/usr/sbin/useradd",
	"/usr/sbin/usermod",
	"/usr/sbin/userdel",
	"/usr/sbin/groupadd",
	"/usr/sbin/pwck",
	"/usr/sbin/pwconv",
	"/usr/sbin/vipw",
	"/usr/sbin/cron",
	"/usr/sbin/crond",
	"/usr/sbin/atd",
	"/usr/sbin/saslauthd",
	"/usr/sbin/nscd",
	"/usr/lib/systemd/systemd",
	"/usr/lib/systemd/systemd-executor",
	"/usr/lib/systemd/systemd-userdbd",
	"/usr/lib/systemd/systemd-userwork",
	"/usr/lib/systemd/systemd-logind",
	"/usr/bin/systemd-sysusers",
	"/usr/bin/userdbctl",
	"/usr/lib/polkit-1/polkit-agent-helper-1",
	"/usr/libexec/accounts-daemon",
	"/usr/sbin/vsftpd",
	"/usr/sbin/proftpd",
};

void mail_server_watch_shadow(struct mail_server *server, const char *root)
{
	mail_server_watch(server, WATCH_STORE, "/etc/shadow");
	for (size_t i = 0; i < ARRAY_LENGTH(shadow_readers); i++)
		mail_server_watch_program(server, WATCH_STORE_READER, root, shadow_readers[i]);
}
