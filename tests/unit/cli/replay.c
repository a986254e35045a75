/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace goes through the real detectors; what they raise comes out as lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>

#include "alert/registry.h"
#include "cli/replay_window.h"
#include "daemon/detection.h"
#include "responder.h"

#define HEADER "#waxseal-trace 1\n"
/* Replays text from a file of its own. */
static struct spoken replay(const char *text, const char *options)
{
	char path[] = "/tmp/waxseal-replay-XXXXXX", words[256];
	int fd = mkstemp(path);
	struct spoken spoken;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(words, sizeof(words), "%s %s", path, options);
	spoken = speak("", "replay", words, false, 0);
	unlink(path);
	return spoken;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void a_quiet_trace_raises_nothing(void **state)
{
	struct spoken spoken = replay(HEADER "1782907200\tauth\timap\t192.0.2.1\ta@b.example\t"
					     "success\t-\t-\t-\n"
					     "1782907201\tconn\timap\t192.0.2.1\t-\t-\t-\t-\t-\n",
				      "");

	(void)state;
	assert_int_equal(spoken.code, 0);
	assert_string_equal(spoken.out, "");
	assert_string_equal(spoken.err, "");
	spoken_done(&spoken);
}

static void strangers_are_raised_once_each_in_order(void **state)
{
	struct spoken spoken = replay(
		HEADER
		"1782907200\tread\t-\t-\ta@b.example\t-\t3\t-\t/usr/bin/tar\n"
		"1782907201\tread\t-\t-\tc@b.example\t-\t4\t-\t/usr/bin/tar\n"
		"1782907202\tstore\t-\t-\t/etc/dovecot/users\t-\t-\t99\t/usr/bin/cat\n"
		"1782907203\tread\t-\t-\tc@b.example\t-\t4\t-\t/usr/lib/dovecot/indexer-worker\n",
		"");
	const char *tar = strstr(spoken.out, "/usr/bin/tar"),
		   *cat = strstr(spoken.out, "/usr/bin/cat");

	(void)state;
	assert_int_equal(spoken.code, 0);
	assert_int_equal(count_lines(spoken.out), 2);
	assert_non_null(tar);
	assert_non_null(cat);
	assert_true(tar < cat);
	assert_non_null(strstr(spoken.out, "\"foreign_reader\""));
	assert_non_null(strstr(spoken.out, "\"credential_reader\""));
	assert_non_null(strstr(spoken.out, "\"active\""));
	spoken_done(&spoken);
}

static void what_went_quiet_is_over(void **state)
{
	struct spoken spoken = replay(
		HEADER
		"1782907200\tread\t-\t-\ta@b.example\t-\t3\t-\t/usr/bin/tar\n"
		"1782997200\tauth\timap\t192.0.2.1\ta@b.example\tsuccess\t-\t-\t-\n",
		"");

	(void)state;
	assert_int_equal(count_lines(spoken.out), 1);
	assert_non_null(strstr(spoken.out, "\"over\""));
	spoken_done(&spoken);
}

/* A thousand bytes each hundredth of a second, once the first week is over. */
static void a_fast_dump_is_told_of_before_its_second_is_over(void **state)
{
	char text[4096] = HEADER "1782907200\tauth\timap\t192.0.2.1\ta@b.example\tsuccess\t-\t-\t-\n";
	struct spoken spoken;

	(void)state;
	for (int i = 0; i < 30; i++)
		sprintf(text + strlen(text), "1783612800.%02d\tstore\t-\t-\t/etc/dovecot/users\t-\t-"
					     "\t1000\t/usr/lib/dovecot/auth\n", i);
	spoken = replay(text, "");
	/* the floor of 2,048 bytes: more than ten thousandths of 100,000 accounts have */
	assert_non_null(strstr(spoken.out, "\"credential_volume\""));
	assert_non_null(strstr(spoken.out, "T16:00:00.020Z"));
	spoken_done(&spoken);
}

static void what_a_line_also_says_is_judged(void **state)
{
	struct spoken spoken = replay(
		HEADER
		"#also\tmechanism=password\ttransport=cleartext\n"
		"1782907200\tauth\timap\t192.0.2.1\ta@b.example\tsuccess\t3\t-\t-\n"
		"#also\tsession=c@b.example\tpid=7\tuid=5000\n"
		"1782907201\tread\timap\t192.0.2.7\ta@b.example\t-\t0\t-\t/usr/lib/dovecot/imap\n"
		"#also\treader=helper\tunit=backup.service\n"
		"1782907202\tread\t-\t-\ta@b.example\t-\t3\t-\t/usr/bin/tar\n"
		"#also\tlisted=no\tuid=9\tlogin_uid=1000\n"
		"1782907203\tstore\t-\t-\t/etc/dovecot/users\t-\t1\t9\t/usr/libexec/dovecot/auth\n"
		"#also\tmechanism=password\ttransport=cleartext\n"
		"1782997200\tauth\timap\t192.0.2.1\ta@b.example\tsuccess\t-\t-\t-\n",
		"");

	(void)state;
	assert_int_equal(spoken.code, 0);
	assert_int_equal(count_lines(spoken.out), 3);
	assert_non_null(strstr(spoken.out, "3 logins of the last day sent the password"));
	assert_non_null(strstr(spoken.out, "serving c@b.example from 192.0.2.7, opened mail of "
					   "a@b.example"));
	assert_non_null(strstr(spoken.out, "(uid 9, login uid 1000)"));
	spoken_done(&spoken);
}

static void a_bad_line_is_named(void **state)
{
	struct spoken spoken = replay(HEADER "soon\n", "");

	(void)state;
	assert_int_equal(spoken.code, 2);
	assert_non_null(strstr(spoken.err, ":2: 1 columns; allowed: 9"));
	assert_int_equal(count_lines(spoken.err), 1);
	spoken_done(&spoken);
}

static void a_missing_file_is_a_failure(void **state)
{
	struct spoken spoken = speak("", "replay", "/nonexistent", false, 0);

	(void)state;
	assert_int_equal(spoken.code, 1);
	assert_string_equal(spoken.err,
			    "waxseal: cannot open /nonexistent: No such file or directory\n");
	spoken_done(&spoken);
}

/* Eight wrong passwords through the webmail; without the key they are a guesser's. */
static void a_trusted_network_is_honoured(void **state)
{
	char config[] = "/tmp/waxseal-replay-config-XXXXXX", options[128], trace[4096] = HEADER;
	static const char key[] = "[detect]\ntrusted = 198.51.100.0/24\ntrusted = 2001:db8::1\n"
				  "learn_days = 0\n";
	int fd = mkstemp(config);
	struct spoken spoken;

	(void)state;
	assert_int_equal(write(fd, key, strlen(key)), strlen(key));
	close(fd);
	for (int i = 0; i < 8; i++)
		snprintf(trace + strlen(trace), sizeof(trace) - strlen(trace),
			 "%d\tauth\timap\t198.51.100.7\tu%d@b.example\tfailure\t1\t-\t-\n",
			 1782907200 + i, i);
	spoken = replay(trace, "");
	assert_non_null(strstr(spoken.out, "source_guessing"));
	spoken_done(&spoken);
	snprintf(options, sizeof(options), "--config %s", config);
	spoken = replay(trace, options);
	assert_int_equal(spoken.code, 0);
	assert_string_equal(spoken.out, "");
	spoken_done(&spoken);
	fd = open(config, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "[detect]\ntrusted = webmail\n", 26), 26);
	close(fd);
	spoken = replay(trace, options);
	assert_int_equal(spoken.code, 2);
	assert_non_null(strstr(spoken.err, "trusted: 'webmail'"));
	spoken_done(&spoken);
	unlink(config);
}

/* Passwords in clear that never leave the host: three days of a webmail. */
static void a_webmail_on_this_host_is_no_legacy_client(void **state)
{
	static const char also[] = "#also\tmechanism=password\ttransport=cleartext\n";
	char trace[2048] = HEADER;
	struct spoken spoken;

	(void)state;
	for (int day = 0; day < 3; day++)
		snprintf(trace + strlen(trace), sizeof(trace) - strlen(trace),
			 "%s%d\tauth\timap\t127.0.0.1\ta@isp1.example\tsuccess\t1\t-\t-\n", also,
			 1700000000 + 90000 * day);
	spoken = replay(trace, "");
	assert_int_equal(spoken.code, 0);
	assert_string_equal(spoken.out, "");
	spoken_done(&spoken);
}

/* Names of strangers come out as the sensors write them, whatever a trace has. */
static void names_that_hide_are_escaped(void **state)
{
	struct spoken spoken = replay(
		HEADER "1782907200\tread\t-\t-\tal\u200bice\u202e@b.example\t-\t3\t-\t/usr/bin/tar\n"
		       "1782907201\tread\t-\t-\tCORP\\alice\t-\t3\t-\t/usr/bin/rs\u00adync\n",
		"");

	(void)state;
	assert_int_equal(spoken.code, 0);
	assert_non_null(strstr(spoken.out, "al\\\\xe2\\\\x80\\\\x8bice\\\\xe2"));
	assert_non_null(strstr(spoken.out, " CORP\\\\alice "));
	assert_non_null(strstr(spoken.out, "/usr/bin/rs\\\\xc2\\\\xadync"));
	spoken_done(&spoken);
}

static size_t count_alerts(const char *text, const char *detector)
{
	size_t count = 0;

	while ((text = strstr(text, detector))) {
		count++;
		text++;
	}
	return count;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Keys of the daemon alone do no harm, what is wrong anywhere is refused, and drop-ins count. */
static void a_host_s_own_configuration_is_read_whole(void **state)
{
	char folder[] = "/tmp/waxseal-replay-config-XXXXXX", options[128];
	static const char trace[] =
		HEADER "1782907200\tread\t-\t-\ta@b.example\t-\t3\t-\t/usr/bin/tar\n"
		       "1782907260\tauth\timap\t192.0.2.1\tbait@b.example\tfailure\t1\t-\t-\n"
		       "1782910000\tread\t-\t-\ta@b.example\t-\t3\t-\t/usr/bin/tar\n";
	_cleanup_free_ char *config = NULL, *drop_ins = NULL, *drop_in = NULL;
	struct spoken spoken;

	(void)state;
	assert_non_null(mkdtemp(folder));
	config = xasprintf("%s/waxseal.conf", folder);
	drop_ins = xasprintf("%s.d", config);
	drop_in = xasprintf("%s/backup.conf", drop_ins);
	snprintf(options, sizeof(options), "--config %s", config);
	write_text(config, "[daemon]\ntick = 2s\n[maps]\nattempts = 512\n[alert]\nquiet = 10min\n"
			   "[ledger]\nmax_rows = 1000\n[detect]\nhoney = bait@b.example\n"
			   "[alert jsonl]\nenabled = yes\n");
	spoken = replay(trace, options);
	assert_string_equal(spoken.err, "");
	/* quiet = 10min: the reader is over in between, and the same alert again */
	assert_int_equal(count_alerts(spoken.out, "\"detector\":\"foreign_reader\""), 1);
	assert_int_equal(count_alerts(spoken.out, "\"detector\":\"honey_account\""), 1);
	spoken_done(&spoken);
	assert_int_equal(mkdir(drop_ins, 0700), 0);
	write_text(drop_in, "[mail]\nhelper = /usr/bin/tar\n");
	spoken = replay(trace, options);
	assert_int_equal(count_alerts(spoken.out, "\"detector\":\"foreign_reader\""), 0);
	spoken_done(&spoken);
	write_text(drop_in, "[http]\nlisten = everywhere\n");
	spoken = replay(trace, options);
	assert_int_equal(spoken.code, 2);
	assert_non_null(strstr(spoken.err, "[http] listen: 'everywhere'"));
	spoken_done(&spoken);
	unlink(drop_in);
	unlink(config);
	rmdir(drop_ins);
	rmdir(folder);
}

/* A preloaded doveadm, on the first day and on the ninth; listed by the administrator it is a backup. */
static void a_helper_of_the_mail_server_has_a_floor(void **state)
{
	char config[] = "/tmp/waxseal-replay-config-XXXXXX", options[128];
	static const char key[] = "[mail]\nhelper = /usr/bin/doveadm\n";
	_cleanup_free_ char *trace = xstrdup(HEADER);
	int fd = mkstemp(config);
	struct spoken spoken;

	(void)state;
	assert_int_equal(write(fd, key, strlen(key)), strlen(key));
	close(fd);
	for (int i = 0; i < 400; i++) {
		_cleanup_free_ char *before = trace;

		trace = xasprintf("%s%d\tread\t-\t-\tuser%d@b.example\t-\t%d\t-\t/usr/bin/doveadm\n",
				  before, 1782907200 + (i / 200) * 8 * 86400 + i % 200, i % 200,
				  i % 20 + 1);
	}
	spoken = replay(trace, "");
	assert_int_equal(spoken.code, 0);
	assert_int_equal(count_alerts(spoken.out, "\"detector\":\"foreign_reader\""), 2);
	assert_non_null(strstr(spoken.out, "\"severity\":\"warning\""));
	spoken_done(&spoken);
	snprintf(options, sizeof(options), "--config %s", config);
	spoken = replay(trace, options);
	assert_int_equal(count_alerts(spoken.out, "foreign_reader"), 0);
	spoken_done(&spoken);
	unlink(config);
}

/* ---- The daemon and replay are one ---- */

static void keep_alert(void *context, struct alert *alert, enum registry_change change)
{
	if (change == REGISTRY_RAISED)
		(void)json_array_append_new(context, json_string(alert->message));
}

/* The sentences of the alerts that the daemon's detection raises with this configuration. */
static json_t *live(const char *trace_path, const char *config_path)
{
	static struct trace trace;
	struct replay_readers readers = {};
	struct replay_window window = {.readers = &readers};
	char problem[CONFIG_PROBLEM_BYTES];
	struct finding_list findings = {};
	json_t *messages = json_array();
	struct detection *detection;
	struct registry *registry;
	struct trace_record record;
	struct config config;
	FILE *file = fopen(trace_path, "re");

	assert_non_null(file);
	assert_int_equal(config_load_of_anybody(config_path, &config, problem), 0);
	replay_readers_configure(&readers, &config);
	detection = detection_new(&config);
	registry = registry_new((int64_t)config.quiet_us, REGISTRY_CAPACITY, keep_alert, messages);
	assert_int_equal(trace_open(&trace, file, trace_path), 0);
	for (bool more = true; more;) {
		more = trace_next(&trace, &record) > 0;
		if (!more || record.time_us >= window.snapshot.until_us) {
			registry_expire(registry, window.snapshot.from_us);
			if (window.snapshot.until_us > 0)
				detection_observe(detection, &window.snapshot, &findings);
			registry_apply(registry, &findings, window.snapshot.until_us);
			finding_list_done(&findings);
			if (more)
				replay_window_begin(&window, record.time_us);
		}
		if (more)
			replay_window_add(&window, &record);
	}
	fclose(file);
	replay_window_done(&window);
	replay_readers_done(&readers);
	registry_free(registry);
	detection_free(detection);
	config_done(&config);
	return messages;
}

/* Nine days: guesses, a dump of the store, a stranger. What the configuration changes, it changes in
 * both. */
static char *write_nine_days(const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(HEADER, out);
	for (int i = 0; i < 400; i++)
		fprintf(out, "%d\tauth\timap\t192.0.2.%d\tu%d@b.example\tsuccess\t1\t-\t-\n",
			1782907200 + i * 1900, i % 40, i % 40);
	for (int i = 0; i < 12; i++)
		fprintf(out, "%d\tauth\timap\t198.51.100.7\tu%d@b.example\tfailure\t1\t-\t-\n",
			1783700000 + i, i);
	fputs("1783700020\tauth\timap\t198.51.100.7\tu39@b.example\tsuccess\t1\t-\t-\n", out);
	fputs("1783700030\tread\t-\t-\tu1@b.example\t-\t3\t-\t/usr/bin/tar\n", out);
	for (int i = 0; i < 5; i++)
		fprintf(out, "%d\tstore\t-\t-\t/etc/dovecot/users\t-\t-\t900\t/usr/lib/dovecot/auth\n",
			1783700040 + i);
	fclose(out);
	write_text(path, text);
	return take_ptr(text);
}

static void the_daemon_raises_the_same_alerts(void **state)
{
	static const char *const settings[] = {
		"", "[mail]\nhelper = /usr/bin/tar\n", "[detect]\naccounts = 1000000\n",
		"[detect]\ntrusted = 198.51.100.0/24\nfalse_alarms_per_day = 10\n",
		"[detector source_guessing]\nplain = 1\naccounts = 4\n[detector takeover]\nenabled = no\n",
	};
	char folder[] = "/tmp/waxseal-replay-same-XXXXXX", options[128];
	_cleanup_free_ char *trace = NULL, *config = NULL, *text = NULL;
	size_t total = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	trace = xasprintf("%s/trace", folder);
	config = xasprintf("%s/waxseal.conf", folder);
	text = write_nine_days(trace);
	snprintf(options, sizeof(options), "--config %s", config);
	for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
		struct spoken spoken;
		json_t *messages, *message;
		size_t k;

		write_text(config, settings[i]);
		messages = live(trace, config);
		spoken = replay(text, options);
		assert_int_equal(count_lines(spoken.out), json_array_size(messages));
		json_array_foreach(messages, k, message)
			if (!strstr(spoken.out, json_string_value(message)))
				fail_msg("%zu: replay has no '%s':\n%s", i,
					 json_string_value(message), spoken.out);
		total += json_array_size(messages);
		json_decref(messages);
		spoken_done(&spoken);
	}
	assert_true(total > 5);
	unlink(trace);
	unlink(config);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_trace_raises_nothing),
		cmocka_unit_test(strangers_are_raised_once_each_in_order),
		cmocka_unit_test(what_went_quiet_is_over),
		cmocka_unit_test(a_fast_dump_is_told_of_before_its_second_is_over),
		cmocka_unit_test(what_a_line_also_says_is_judged),
		cmocka_unit_test(a_bad_line_is_named),
		cmocka_unit_test(a_missing_file_is_a_failure),
		cmocka_unit_test(a_trusted_network_is_honoured),
		cmocka_unit_test(a_webmail_on_this_host_is_no_legacy_client),
		cmocka_unit_test(names_that_hide_are_escaped),
		cmocka_unit_test(a_helper_of_the_mail_server_has_a_floor),
		cmocka_unit_test(a_host_s_own_configuration_is_read_whole),
		cmocka_unit_test(the_daemon_raises_the_same_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
