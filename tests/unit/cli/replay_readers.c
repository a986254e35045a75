/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who reads in a trace: what the operator says goes before what the trace says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "cli/replay_readers.h"

static const struct trace_record tar = {.actor = "/usr/bin/tar", .source = "", .unit = "",
					.script = "", .reader = READER_OTHER,
					.is_listed_known = true};

/* As one line of the configuration. */
static void set(struct replay_readers *readers, const char *section, const char *name,
		const char *text)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;

	config_init(&config);
	assert_int_equal(config_set(&config, section, name, text, problem), 0);
	replay_readers_configure(readers, &config);
	config_done(&config);
}

static void listed_readers_are_known(void **state)
{
	struct replay_readers readers = {};

	(void)state;
	assert_int_equal(replay_readers_class(NULL, &tar), READER_OTHER);
	assert_int_equal(replay_readers_class(&readers, &tar), READER_OTHER);
	set(&readers, "mail", "helper", "/usr/bin/tar");
	assert_int_equal(replay_readers_class(&readers, &tar), READER_HELPER);
	assert_false(replay_readers_allow(&readers, &tar));
	set(&readers, "credentials", "allow", "/usr/bin/tar");
	assert_true(replay_readers_allow(&readers, &tar));
	set(&readers, "mail", "session", "/usr/bin/tar");
	assert_int_equal(replay_readers_class(&readers, &tar), READER_SESSION);
	replay_readers_done(&readers);
}

static void without_a_word_the_servers_own_programs_are_known(void **state)
{
	struct trace_record record = tar;

	(void)state;
	record.reader = READER_INVALID;
	record.is_listed_known = false;
	assert_int_equal(replay_readers_class(NULL, &record), READER_OTHER);
	record.actor = "/usr/lib/dovecot/auth";
	assert_int_equal(replay_readers_class(NULL, &record), READER_HELPER);
	assert_true(replay_readers_allow(NULL, &record));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listed_readers_are_known),
		cmocka_unit_test(without_a_word_the_servers_own_programs_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
