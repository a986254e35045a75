/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of keys of the fixed sections; detectors and sinks bring tables of their own. */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/config_value.h"
#include "detect/engine.h"

#define DAYS 86400.0
#define FIELD(name) offsetof(struct config, name)
#define WATCHED(role) offsetof(struct config, watch.of[role])

#define TEMPLATE_ALLOWED                                                                           \
	"PATH with %u or %n, and %d and %1n if needed; mbox:PATH with these; PATH without variables; " \
	"or cyrus:PATH; PATH is absolute"
#define PATH_ALLOWED "an absolute path"
#define READER_ALLOWED                                                                             \
	"an absolute path, unit:NAME.service, script:PATH or user:NAME:PATH"
#define ACCOUNT_ALLOWED "the name of an account, as the mail server names it"

/* Ranges of durations are in seconds. */
const struct config_key config_keys[] = {
	{"daemon", "state_dir", config_parse_folder, FIELD(state_dir), 0, 0, "/var/lib/waxseal",
	 PATH_ALLOWED, "Folder of the ledger; created if it is missing."},
	{"daemon", "runtime_dir", config_parse_folder, FIELD(runtime_dir), 0, 0, "/run/waxseal",
	 PATH_ALLOWED, "Folder of the command line's socket; created if it is missing."},
	{"daemon", "tick", config_parse_duration, FIELD(tick_us), 0.1, 60, "1s", "100ms to 60s",
	 "How often the counts are read from the kernel and given to the detectors."},
	{"daemon", "mechanism", config_parse_choice, FIELD(mechanism), 0, 0, "auto",
	 "auto | function | syscall", "Which kernel hooks are used."},
	{"daemon", "discover", config_parse_yes_no, FIELD(discover), 0, 0, "yes", "yes | no",
	 "Find out from running mail servers what to watch, in addition to what is set here."},
	{"daemon", "log_level", config_parse_choice, FIELD(log_level), 0, 0, "info",
	 "error | warning | info | debug",
	 "The least severe messages that the daemon writes to the journal."},
	{"http", "listen", config_parse_listen, FIELD(listen), 0, 0, "127.0.0.1:9799",
	 "ADDRESS:PORT or [ADDRESS]:PORT, or nothing for off",
	 "TCP address of /metrics and /healthz."},
	{"http", "group", config_parse_group, FIELD(group), 0, 0, "waxseal",
	 "the name of a group, or nothing", "Group that may use the command line's socket."},
	{"http", "admin_group", config_parse_group, FIELD(admin_group), 0, 0, "",
	 "the name of a group, or nothing",
	 "Group whose members may accept readers, besides root; nothing: root alone."},
	{"auth", "socket", config_parse_socket, WATCHED(WATCH_AUTH_SOCKET), 0, 0, NULL,
	 "an absolute path, or inet:HOST:PORT",
	 "Authentication socket of a mail server; repeatable."},
	{"mail", "root", config_parse_root, WATCHED(WATCH_MAIL_ROOT), 0, 0, NULL, TEMPLATE_ALLOWED,
	 "Template of the folders that hold mailboxes; repeatable."},
	{"mail", "helper", config_parse_reader, WATCHED(WATCH_MAIL_HELPER), 0, 0, NULL, READER_ALLOWED,
	 "Program, unit or script that opens mail and serves no client, such as a backup; repeatable."},
	{"mail", "session", config_parse_environment_session, WATCHED(WATCH_SESSION_PROGRAM), 0, 0, NULL, PATH_ALLOWED,
	 "Program that serves one client and has the account in its environment (Courier's imapd); "
	 "repeatable."},
	{"mail", "cyrus_proc", config_parse_cyrus_folder, WATCHED(WATCH_STATUS_FOLDER), 0, 0, NULL, PATH_ALLOWED,
	 "Folder in which Cyrus writes whom its processes serve (proc_path); repeatable."},
	{"mail", "port", config_parse_port, WATCHED(WATCH_MAIL_PORT), 0, 0, NULL, "SERVICE:PORT",
	 "Additional port of a mail service, to count who connects; repeatable."},
	{"credentials", "store", config_parse_store, WATCHED(WATCH_STORE), 0, 0, NULL,
	 "an absolute path, or inet:HOST:PORT",
	 "File or folder with credentials, or address of a database with credentials; repeatable."},
	{"credentials", "allow", config_parse_reader, WATCHED(WATCH_STORE_READER), 0, 0, NULL,
	 READER_ALLOWED, "Program, unit or script that may read the stores; repeatable."},
	{"detect", "false_alarms_per_day", config_parse_number, FIELD(false_alarms_per_day),
	 ENGINE_FALSE_ALARMS_RANGE, "0.1", "0.0001 to 1000",
	 "False alarms a day that you accept on this host: all detectors, warning and above."},
	{"detect", "learn_days", config_parse_number, FIELD(learn_days), ENGINE_LEARN_DAYS_RANGE,
	 "7", "0 to 365",
	 "How long detectors learn what is normal before they raise alerts; 0: not at all."},
	{"detect", "accounts", config_parse_count, FIELD(accounts), ENGINE_ACCOUNTS_RANGE, "100000",
	 "1000 to 100000000",
	 "How many accounts the detectors have room for; 10 bytes of memory each."},
	{"detect", "roster", config_parse_folder, FIELD(roster), 0, 0, NULL, PATH_ALLOWED,
	 "List of all accounts: NAME, active | cancelled | honey, last login; tab-separated."},
	{"detect", "honey", config_parse_account, FIELD(honey), 0, 0, NULL, ACCOUNT_ALLOWED,
	 "Account that nobody uses and nobody knows: any attempt raises an alert; repeatable."},
	{"detect", "cancelled", config_parse_account, FIELD(cancelled), 0, 0, NULL, ACCOUNT_ALLOWED,
	 "Account that was cancelled; repeatable."},
	{"detect", "trusted", config_parse_networks, FIELD(trusted), 0, 0, NULL,
	 "an IPv4 or IPv6 address, or ADDRESS/BITS",
	 "Address that many people come by (webmail, proxy): never judged as one source, never on "
	 "the block list; repeatable."},
	{"detect", "warm_start", config_parse_yes_no, FIELD(warm_start), 0, 0, "yes", "yes | no",
	 "Read accounts and last logins from mail directories, Dovecot and the ledger."},
	{"detect", "last_login", config_parse_path, FIELD(last_logins), 0, 0, NULL, PATH_ALLOWED,
	 "Additional file of Dovecot's plugin last_login (dict file:); repeatable."},
	{"detect", "list_users", config_parse_yes_no, FIELD(list_users), 0, 0, "no", "yes | no",
	 "Ask doveadm for all accounts, on hosts where only a database has them."},
	{"detect", "look_again", config_parse_duration, FIELD(look_again_us), 60, 7 * DAYS, "1h",
	 "1min to 7d", "How often mail directories, last logins and doveadm are read again."},
	{"alert", "quiet", config_parse_duration, FIELD(quiet_us), 60, 30 * DAYS, "1h",
	 "1min to 30d", "An alert closes after this time without new findings."},
	{"ledger", "max_rows", config_parse_count, FIELD(max_rows), 1000, 100e6, "4000000",
	 "1000 to 100000000",
	 "Most rows per table; beyond that, rows of failures alone are folded first, then those "
	 "unchanged longest."},
	{"ledger", "max_age", config_parse_duration, FIELD(max_age_us), DAYS, 3650 * DAYS, "400d",
	 "1d to 3650d", "How long hourly rows and coverage are kept."},
	{"maps", "attempts", config_parse_count, FIELD(attempts), 256, 4194304, "8192",
	 "256 to 4194304", "Different (account, source, service ...) attempts in one tick."},
	{"maps", "reads", config_parse_count, FIELD(reads), 256, 4194304, "8192", "256 to 4194304",
	 "Different (account, reader) pairs in one tick."},
	{"maps", "stores", config_parse_count, FIELD(stores), 64, 1048576, "1024",
	 "64 to 1048576", "Different (store, program) pairs in one tick."},
	{"maps", "auth_connections", config_parse_count, FIELD(auth_connections), 256, 4194304, "2048",
	 "256 to 4194304", "Open connections to authentication services that are decoded."},
	{"maps", "sessions", config_parse_count, FIELD(sessions), 256, 4194304, "12288",
	 "256 to 4194304", "Mail sessions at one time."},
	{"maps", "requests", config_parse_count, FIELD(requests), 256, 4194304, "8192",
	 "256 to 4194304", "Login attempts that wait for their verdict at one time."},
	{},
};

static void config_init_sinks(struct config *config)
{
	char wrong[64];

	for (; sinks[config->n_sinks]; config->n_sinks++) {
		const struct sink *sink = sinks[config->n_sinks];
		struct sink_choice choice = {.sink = sink, .enabled = sink->enabled_by_default};
		size_t n = 0;

		while (sink->keys && sink->keys[n].name)
			n++;
		choice.values = xcalloc(n + 1, sizeof(*choice.values));
		for (size_t i = 0; i < n; i++)
			if (sink->keys[i].initial &&
			    config_parse_sink_value(&sink->keys[i], sink->keys[i].initial,
						    &choice.values[i], wrong, sizeof(wrong)) < 0)
				abort(); /* the sink's table contradicts itself */
		config->sinks = xreallocarray(config->sinks, config->n_sinks + 1, sizeof(choice));
		config->sinks[config->n_sinks] = choice;
	}
}

void config_init(struct config *ret)
{
	struct config config = {};
	char wrong[64];

	for (const struct config_key *key = config_keys; key->section; key++)
		if (key->initial && key->parse(key, key->initial, (char *)&config + key->offset,
					       wrong, sizeof(wrong)) < 0)
			abort(); /* the table contradicts itself */
	config.places = xcalloc(ARRAY_LENGTH(config_keys), sizeof(*config.places));
	config.detectors = detector_choices_new(&config.n_detectors);
	config_init_sinks(&config);
	*ret = config;
}

void config_done(struct config *config)
{
	free(config->state_dir);
	free(config->runtime_dir);
	free(config->mechanism);
	free(config->log_level);
	free(config->listen);
	free(config->roster);
	free(config->group);
	free(config->admin_group);
	watch_list_done(&config->watch);
	strlist_done(&config->honey);
	strlist_done(&config->cancelled);
	strlist_done(&config->last_logins);
	network_list_done(&config->trusted);
	detector_choices_free(config->detectors, config->n_detectors);
	for (size_t i = 0; i < config->n_sinks; i++) {
		const struct sink_choice *choice = &config->sinks[i];

		for (size_t k = 0; choice->sink->keys && choice->sink->keys[k].name; k++)
			free(choice->values[k].text);
		free(choice->values);
	}
	free(config->sinks);
	for (size_t i = 0; config->places && config_keys[i].section; i++)
		free(config->places[i]);
	free(config->places);
	*config = (struct config){};
}
