/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files: what is read, and the exact line for every kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/config_value.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/waxseal-config-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/w.conf", folder);
	return 0;
}

static void write_text(const char *place, const char *text, size_t len)
{
	FILE *file = fopen(place, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void write_drop_in(const char *name, const char *text)
{
	_cleanup_free_ char *drop_ins = xasprintf("%s.d", path);
	_cleanup_free_ char *place = xasprintf("%s/%s", drop_ins, name);

	(void)mkdir(drop_ins, 0700);
	write_text(place, text, strlen(text));
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"w.conf.d/10-a.conf",
					    "w.conf.d/20-b.conf",
					    "w.conf.d/ignored",
					    "w.conf.d",
					    "w.conf",
					    ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		_cleanup_free_ char *place = xasprintf("%s/%s", folder, names[i]);

		(void)remove(place);
	}
	return 0;
}

static void load(const char *text, struct config *ret)
{
	char problem[CONFIG_PROBLEM_BYTES] = "";

	write_text(path, text, strlen(text));
	if (config_load(path, true, ret, problem) < 0)
		fail_msg("%s", problem);
}

/* line is the refusal without the path in front. */
static void assert_refused(const char *text, const char *line)
{
	char problem[CONFIG_PROBLEM_BYTES] = "";
	struct config config;

	write_text(path, text, strlen(text));
	assert_int_equal(config_load(path, true, &config, problem), -EINVAL);
	assert_memory_equal(problem, path, strlen(path));
	assert_string_equal(problem + strlen(path), line);
}

static void an_absent_default_file_means_defaults(void **state)
{
	char problem[CONFIG_PROBLEM_BYTES];
	struct config config;

	(void)state;
	assert_int_equal(config_load("/nonexistent/w.conf", false, &config, problem), 0);
	assert_string_equal(config.state_dir, "/var/lib/waxseal");
	assert_string_equal(config.runtime_dir, "/run/waxseal");
	assert_string_equal(config.listen, "127.0.0.1:9799");
	assert_string_equal(config.mechanism, "auto");
	assert_int_equal(config.tick_us, 1000000);
	assert_true(config.discover);
	assert_float_equal(config.false_alarms_per_day, 0.1, 1e-9);
	assert_float_equal(config.learn_days, 7, 1e-9);
	config_done(&config);
}

static void an_absent_required_file_is_an_error(void **state)
{
	char problem[CONFIG_PROBLEM_BYTES];
	struct config config;

	(void)state;
	assert_int_equal(config_load("/nonexistent/w.conf", true, &config, problem), -ENOENT);
	assert_string_equal(problem, "/nonexistent/w.conf: No such file or directory");
}

static void every_kind_of_key_is_read(void **state)
{
	struct config config;

	(void)state;
	load("# comment\n"
	     "[daemon]\nstate_dir = /srv/state\n  tick=250ms ; inline\nmechanism = syscall\n"
	     "discover = no\n"
	     "[http]\nlisten =\n"
	     "[auth]\nsocket = /run/dovecot/auth-client\nsocket = inet:dovecot:10001\n"
	     "[mail]\nroot = /var/vmail/%d/%n\nroot = /m/%1n/%u\nhelper = /usr/bin/rsync\n"
	     "[credentials]\nstore = /etc/dovecot/users\nallow = /usr/bin/vim\n"
	     "[detect]\nfalse_alarms_per_day = 2.5\nlearn_days = 0\n"
	     "[detector brute_force]\nenabled = no\n"
	     "[alert jsonl]\nenabled = yes\nmin_severity = critical\n"
	     "path = /var/log/alerts.jsonl\n",
	     &config);
	assert_string_equal(config.state_dir, "/srv/state");
	assert_int_equal(config.tick_us, 250000);
	assert_string_equal(config.mechanism, "syscall");
	assert_false(config.discover);
	assert_string_equal(config.listen, "");
	assert_int_equal(config.watch.of[WATCH_AUTH_SOCKET].count, 2);
	assert_string_equal(config.watch.of[WATCH_AUTH_SOCKET].items[1].name, "inet:dovecot:10001");
	assert_int_equal(config.watch.of[WATCH_MAIL_ROOT].count, 2);
	assert_string_equal(config.watch.of[WATCH_MAIL_ROOT].items[1].name, "/m/%1n/%u");
	assert_string_equal(config.watch.of[WATCH_MAIL_HELPER].items[0].name, "/usr/bin/rsync");
	assert_string_equal(config.watch.of[WATCH_STORE].items[0].name, "/etc/dovecot/users");
	assert_string_equal(config.watch.of[WATCH_STORE_READER].items[0].name, "/usr/bin/vim");
	assert_float_equal(config.false_alarms_per_day, 2.5, 1e-9);
	for (size_t i = 0; i < config.n_detectors; i++)
		assert_int_equal(config.detectors[i].enabled,
				 strcmp(config.detectors[i].detector->name, "brute_force") != 0);
	for (size_t i = 0; i < config.n_sinks; i++)
		if (strcmp(config.sinks[i].sink->name, "jsonl") == 0) {
			assert_true(config.sinks[i].enabled);
			assert_int_equal(config.sinks[i].min_severity, SEVERITY_CRITICAL);
			assert_string_equal(config.sinks[i].values[0].text, "/var/log/alerts.jsonl");
		}
	config_done(&config);
}

static void drop_ins_are_read_in_order_after_the_file(void **state)
{
	struct config config;

	(void)state;
	write_drop_in("20-b.conf", "[daemon]\ntick = 3s\n[mail]\nroot = /b/%u\n");
	write_drop_in("10-a.conf", "[daemon]\ntick = 2s\n[mail]\nroot = /a/%u\n");
	write_drop_in("ignored", "nonsense\n");
	load("[daemon]\ntick = 1s\n[mail]\nroot = /first/%u\n", &config);
	assert_int_equal(config.tick_us, 3000000);
	assert_int_equal(config.watch.of[WATCH_MAIL_ROOT].count, 3);
	assert_string_equal(config.watch.of[WATCH_MAIL_ROOT].items[0].name, "/first/%u");
	assert_string_equal(config.watch.of[WATCH_MAIL_ROOT].items[1].name, "/a/%u");
	assert_string_equal(config.watch.of[WATCH_MAIL_ROOT].items[2].name, "/b/%u");
	config_done(&config);
}

static void a_mistake_in_a_drop_in_names_the_drop_in(void **state)
{
	_cleanup_free_ char *expected =
		xasprintf("%s.d/10-a.conf:2: [daemon] tick: '1' is not a duration; allowed: 100ms to "
			  "60s",
			  path);
	char problem[CONFIG_PROBLEM_BYTES];
	struct config config;

	(void)state;
	write_text(path, "", 0);
	write_drop_in("10-a.conf", "[daemon]\ntick = 1\n");
	assert_int_equal(config_load(path, true, &config, problem), -EINVAL);
	assert_string_equal(problem, expected);
}

static void mistakes_in_values_are_refused_with_what_is_allowed(void **state)
{
	(void)state;
	assert_refused("[detect]\ntrusted = 192.0.2.0/24\ntrusted = webmail.example\n",
		       ":3: [detect] trusted: 'webmail.example' is not an address or a network; "
		       "allowed: an IPv4 or IPv6 address, or ADDRESS/BITS");
	assert_refused("[daemon]\ntick = soon\n",
		       ":2: [daemon] tick: 'soon' is not a duration; allowed: 100ms to 60s");
	assert_refused("[daemon]\n\n\ntick = 2h\n",
		       ":4: [daemon] tick: '2h' is out of range; allowed: 100ms to 60s");
	assert_refused("[daemon]\nmechanism = magic\n",
		       ":2: [daemon] mechanism: 'magic' is not one of the allowed words; allowed: auto | "
		       "function | syscall");
	assert_refused("[daemon]\ndiscover = maybe\n",
		       ":2: [daemon] discover: 'maybe' is neither yes nor no; allowed: yes | no");
	assert_refused("[daemon]\nstate_dir = var\n",
		       ":2: [daemon] state_dir: 'var' is not an absolute path; allowed: an "
		       "absolute path");
	assert_refused("[http]\nlisten = localhost\n",
		       ":2: [http] listen: 'localhost' does not end with a port; allowed: "
		       "ADDRESS:PORT or [ADDRESS]:PORT, or nothing for off");
	assert_refused("[http]\nlisten = 127.0.0.1:70000\n",
		       ":2: [http] listen: '127.0.0.1:70000' does not end with a port; allowed: "
		       "ADDRESS:PORT or [ADDRESS]:PORT, or nothing for off");
	assert_refused("[auth]\nsocket = inet:10001\n",
		       ":2: [auth] socket: 'inet:10001' does not have a host and a port; allowed: "
		       "an absolute path, or inet:HOST:PORT");
	assert_refused("[detect]\nlearn_days = -1\n",
		       ":2: [detect] learn_days: '-1' is out of range; allowed: 0 to 365");
	assert_refused("[detect]\nfalse_alarms_per_day = few\n",
		       ":2: [detect] false_alarms_per_day: 'few' is not a number; allowed: 0.0001 to "
		       "1000");
	assert_refused("[maps]\nattempts = 1\n",
		       ":2: [maps] attempts: '1' is out of range; allowed: 256 to 4194304");
	assert_refused("[alert jsonl]\npath = here\n",
		       ":2: [alert jsonl] path: 'here' is not an absolute path; allowed: an "
		       "absolute path");
	assert_refused("[detector brute_force]\nenabled = sure\n",
		       ":2: [detector brute_force] enabled: 'sure' is neither yes nor no; allowed: "
		       "yes | no");
}

#define ROOT_ALLOWED                                                                               \
	"; allowed: PATH with %u or %n, and %d and %1n if needed; mbox:PATH with these; PATH without " \
	"variables; or cyrus:PATH; PATH is absolute"

static void bad_mail_roots_say_why(void **state)
{
	(void)state;
	assert_refused("[mail]\nroot = /var/vmail/%d\n",
		       ":2: [mail] root: '/var/vmail/%d' has neither %u nor %n, so it does not say "
		       "whose mail it is" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = /\n",
		       ":2: [mail] root: '/' is the whole file system" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = mbox:/srv/mail\n",
		       ":2: [mail] root: 'mbox:/srv/mail' has neither %u nor %n, so it does not say "
		       "whose mail it is" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = vmail/%n\n",
		       ":2: [mail] root: 'vmail/%n' is not an absolute path" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = /var/vmail/%x/%n\n",
		       ":2: [mail] root: unknown variable %x" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = /var/vmail/%{user}\n",
		       ":2: [mail] root: unknown variable %{user}" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = /var/vmail/%d/../%n\n",
		       ":2: [mail] root: '/var/vmail/%d/../%n' has . or .. as a name behind a "
		       "variable" ROOT_ALLOWED);
	assert_refused("[mail]\nroot =\n",
		       ":2: [mail] root: '' is not an absolute path" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = cyrus:mail\n",
		       ":2: [mail] root: 'cyrus:mail' is not an absolute path" ROOT_ALLOWED);
	assert_refused("[mail]\nroot = cyrus:/srv/%n\n",
		       ":2: [mail] root: 'cyrus:/srv/%n' has a variable, but Cyrus says itself "
		       "whose mail it is" ROOT_ALLOWED);
}

static void a_severity_is_one_of_three(void **state)
{
	(void)state;
	assert_refused("[alert webhook]\nmin_severity = high\n",
		       ":2: [alert webhook] min_severity: 'high' is not a severity; allowed: notice | "
		       "warning | critical");
}

static void unknown_names_are_refused_with_the_known_ones(void **state)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;

	(void)state;
	assert_refused("[credentials]\nstores = /x\n",
		       ":2: [credentials] stores: unknown key; allowed: store, allow");
	assert_refused("[alert journal]\ncolour = red\n",
		       ":2: [alert journal] colour: unknown key; allowed: enabled, min_severity, path");
	config_init(&config);
	assert_int_equal(config_set(&config, "deamon", "tick", "1s", problem), -EINVAL);
	assert_memory_equal(problem, "[deamon]: unknown section; allowed: daemon, http, auth,", 55);
	assert_int_equal(config_set(&config, "detector magic", "enabled", "no", problem), -EINVAL);
	assert_memory_equal(problem, "[detector magic]: unknown detector; allowed: honey_account, ", 59);
	assert_null(strstr(problem, "daemon"));
	assert_int_equal(config_set(&config, "alert email", "enabled", "no", problem), -EINVAL);
	assert_string_equal(problem, "[alert email]: unknown sink; allowed: journal, jsonl, syslog, "
				     "webhook, alertmanager");
	assert_int_equal(config_set(&config, "", "tick", "1s", problem), -EINVAL);
	assert_string_equal(problem, "tick: key before the first section; allowed sections: daemon, http, "
				     "auth, mail, credentials, detect, alert, ledger, maps, detector NAME, "
				     "alert NAME");
	config_done(&config);
}

static void lines_that_are_none_are_refused(void **state)
{
	char problem[CONFIG_PROBLEM_BYTES], line[400];
	struct config config;

	(void)state;
	assert_refused("[daemon]\nwhat is this\ntick = never\n",
		       ":2: not understood; allowed: [section], key = value, # comment");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_refused(line, ":1: line is longer than 196 bytes");
	write_text(path, "[daemon]\ntick\0 = 1s\n", 20);
	assert_int_equal(config_load(path, true, &config, problem), -EINVAL);
	assert_string_equal(problem + strlen(path), ":2: line has a NUL byte");
	write_text(path, "[daemon]\ntick = 1s\0hidden", 25);
	assert_int_equal(config_load(path, true, &config, problem), -EINVAL);
	assert_string_equal(problem + strlen(path), ":2: line has a NUL byte");
}

static void an_indented_line_is_a_line_of_its_own(void **state)
{
	struct config config;

	(void)state;
	load("[mail]\nroot = /a/%u\n\troot = /b/%u\n", &config);
	assert_int_equal(config.watch.of[WATCH_MAIL_ROOT].count, 2);
	config_done(&config);
}

static void a_folder_instead_of_a_file_is_refused(void **state)
{
	char problem[CONFIG_PROBLEM_BYTES];
	struct config config;

	(void)state;
	assert_int_equal(config_load(folder, true, &config, problem), -EINVAL);
	assert_non_null(strstr(problem, " is not a regular file"));
}

static void keys_of_detectors_have_their_own_ranges(void **state)
{
	char problem[CONFIG_REFUSAL_BYTES], section[64], value[64];
	struct config config;

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < config.n_detectors; i++) {
		const struct detector *detector = config.detectors[i].detector;
		const struct detector_key *key = detector->keys;

		if (!key || !key->name)
			continue;
		snprintf(section, sizeof(section), "detector %s", detector->name);
		snprintf(value, sizeof(value), "%.15g", key->maximum);
		assert_int_equal(config_set(&config, section, key->name, value, problem), 0);
		assert_float_equal(config.detectors[i].settings[0], key->maximum, 1e-9);
		snprintf(value, sizeof(value), "%.15g", key->maximum + 1);
		assert_int_equal(config_set(&config, section, key->name, value, problem), -EINVAL);
		assert_non_null(strstr(problem, "is out of range; allowed: "));
	}
	config_done(&config);
}

static void keys_of_sinks_have_their_own_kinds(void **state)
{
	static const struct sink_key number = {"retries", SINK_KEY_NUMBER, "", .minimum = 1,
					       .maximum = 9},
				     choice = {"format", SINK_KEY_CHOICE, "", .allowed = "a | bc"},
				     text = {.name = "name", .kind = SINK_KEY_TEXT};
	struct sink_value value = {0};
	char wrong[400];

	(void)state;
	assert_int_equal(config_parse_sink_value(&number, "7", &value, wrong, sizeof(wrong)), 0);
	assert_float_equal(value.number, 7, 1e-9);
	assert_int_equal(config_parse_sink_value(&number, "10", &value, wrong, sizeof(wrong)),
			 -EINVAL);
	assert_string_equal(wrong, "'10' is out of range");
	assert_string_equal(value.text, "7");
	assert_int_equal(config_parse_sink_value(&choice, "bc", &value, wrong, sizeof(wrong)), 0);
	assert_int_equal(config_parse_sink_value(&choice, "b", &value, wrong, sizeof(wrong)),
			 -EINVAL);
	assert_int_equal(config_parse_sink_value(&text, "", &value, wrong, sizeof(wrong)), 0);
	assert_string_equal(value.text, "");
	free(value.text);
}

static void a_sink_without_a_required_key_is_refused(void **state)
{
	(void)state;
	assert_refused("[alert webhook]\nenabled = yes\n",
		       ": [alert webhook] url: is missing; allowed: http://... or https://...");
	assert_refused("[alert alertmanager]\nenabled = yes\nurl = localhost:9093\n",
		       ":3: [alert alertmanager] url: is not the address of a web service; allowed: "
		       "http://... or https://...");
}

/* The file that is installed shows every key, commented out, with its help, range and default. */
static void the_installed_file_names_every_key(void **state)
{
	FILE *file = fopen("user/install/waxseal.conf", "re");
	char text[32768], wanted[512];
	size_t len;

	(void)state;
	if (!file)
		skip();
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	for (const struct config_key *key = config_keys; key->section; key++) {
		snprintf(wanted, sizeof(wanted), "\n[%s]\n", key->section);
		if (!strstr(text, wanted))
			fail_msg("no section %s", wanted);
		snprintf(wanted, sizeof(wanted), "\n# %s\n# Allowed: %s\n#%s = %s", key->help,
			 key->allowed, key->name, key->initial ? key->initial : "");
		if (!strstr(text, wanted))
			fail_msg("no lines '%s'", wanted + 1);
	}
	for (size_t i = 0; detectors[i]; i++) {
		snprintf(wanted, sizeof(wanted), "#[detector %s]\n#enabled = yes\n",
			 detectors[i]->name);
		if (!strstr(text, wanted))
			fail_msg("no '%s'", wanted);
		for (const struct detector_key *key = detectors[i]->keys; key && key->name; key++) {
			snprintf(wanted, sizeof(wanted),
				 "\n# %c%s.\n# Allowed: %.15g to %.15g\n#%s = %.15g\n",
				 toupper(key->help[0]), key->help + 1, key->minimum, key->maximum,
				 key->name, key->initial);
			if (!strstr(text, wanted))
				fail_msg("[detector %s]: no lines '%s'", detectors[i]->name, wanted);
		}
	}
	for (size_t i = 0; sinks[i]; i++) {
		snprintf(wanted, sizeof(wanted), "#[alert %s]\n#enabled = %s\n#min_severity = notice\n",
			 sinks[i]->name,
			 sinks[i]->enabled_by_default ? "yes" : "no");
		if (!strstr(text, wanted))
			fail_msg("no '%s'", wanted);
		for (const struct sink_key *key = sinks[i]->keys; key && key->name; key++) {
			snprintf(wanted, sizeof(wanted), "\n#%s = %s", key->name,
				 key->initial ? key->initial : "");
			if (!strstr(text, wanted))
				fail_msg("[alert %s]: no line '%s'", sinks[i]->name, wanted);
		}
	}
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_absent_default_file_means_defaults),
		cmocka_unit_test(an_absent_required_file_is_an_error),
		in_folder(every_kind_of_key_is_read),
		in_folder(drop_ins_are_read_in_order_after_the_file),
		in_folder(a_mistake_in_a_drop_in_names_the_drop_in),
		in_folder(mistakes_in_values_are_refused_with_what_is_allowed),
		in_folder(bad_mail_roots_say_why),
		in_folder(unknown_names_are_refused_with_the_known_ones),
		in_folder(a_severity_is_one_of_three),
		in_folder(lines_that_are_none_are_refused),
		in_folder(an_indented_line_is_a_line_of_its_own),
		in_folder(a_folder_instead_of_a_file_is_refused),
		cmocka_unit_test(keys_of_detectors_have_their_own_ranges),
		cmocka_unit_test(keys_of_sinks_have_their_own_kinds),
		in_folder(a_sink_without_a_required_key_is_refused),
		cmocka_unit_test(the_installed_file_names_every_key),
	};

	return cmocka_run_group_tests_name("config/config", tests, NULL, NULL);
}
