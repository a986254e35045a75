/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doveconf prints, and what discovery learns from it; no file of the host is opened. */
#include "discover/dovecot/doveconf.h"

#include <errno.h>

#include "discover/dovecot/dovecot.h"
#include "fuzz/fuzz.h"
#include "model/mail_root.h"

static void check_blocks(const struct doveconf *conf)
{
	must(conf->n_blocks > 0 && conf->n_settings > 0 && !strchr(conf->version, ' '));
	for (size_t i = 0; i < conf->n_blocks; i++) {
		must(conf->blocks[i].kind && conf->blocks[i].label);
		must(conf->blocks[i].parent < i || i == DOVECONF_TOP);
	}
	for (size_t i = 0; i < conf->n_settings; i++) {
		must(conf->settings[i].block < conf->n_blocks);
		must(!strchr(conf->settings[i].name, '=') &&
		     !strchr(conf->settings[i].value, '\n'));
	}
}

static void check_entries(const struct watch_entries *entries, char first)
{
	must(entries->count <= WATCH_ENTRIES_CAP);
	for (size_t i = 0; i < entries->count; i++)
		must(!first || entries->items[i].name[0] == first);
}

static void discover(const struct doveconf *conf)
{
	struct discovery found = {0};
	const struct dovecot dovecot = {.root = "/nonexistent/host",
					.executable = "/usr/sbin/dovecot",
					.config = "/etc/dovecot/dovecot.conf",
					.libexec = "/usr/lib/dovecot",
					.conf = *conf};
	struct mail_server *server = discovery_add_server(&found, &dovecot_kind, conf->version);

	dovecot_add_auth_sockets(&dovecot, server);
	dovecot_add_roots(&dovecot, server, &found);
	dovecot_add_stores(&dovecot, server, &found);
	for (size_t i = 0; i < server->watch.of[WATCH_MAIL_ROOT].count; i++)
		must(mail_root_path(server->watch.of[WATCH_MAIL_ROOT].items[i].name)[0] == '/');
	check_entries(&server->watch.of[WATCH_MAIL_ROOT], '\0');
	check_entries(&server->watch.of[WATCH_STORE], '/');
	check_entries(&server->watch.of[WATCH_AUTH_SOCKET], '\0');
	discovery_done(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = fuzz_text(bytes, size);
	struct doveconf conf;
	int r = doveconf_parse(text, &conf);

	must(r == 0 || r == -EINVAL || r == -E2BIG);
	if (r == 0) {
		check_blocks(&conf);
		discover(&conf);
		doveconf_done(&conf);
	}
	free(text);
	return 0;
}
