/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which readers the configuration and acceptances know, and which are strangers to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "model/known_readers.h"

#define PYTHON "/usr/bin/python3.11"

static const struct reader_id borgmatic = {PYTHON, 0, "borgmatic.service", "/usr/bin/borgmatic"};

static bool knows(const char *text, const struct reader_id *reader)
{
	struct known_readers readers = {};
	const char *wrong = NULL;
	bool known;

	assert_int_equal(known_readers_add_text(&readers, KNOWN_MAIL, text, &wrong), 0);
	assert_null(known_readers_find(&readers, KNOWN_STORES, reader, 1));
	known = known_readers_find(&readers, KNOWN_MAIL, reader, 1);
	known_readers_done(&readers);
	return known;
}

static void each_form_knows_its_reader(void **state)
{
	(void)state;
	assert_true(knows("unit:borgmatic.service", &borgmatic));
	assert_true(knows("script:/usr/bin/borgmatic", &borgmatic));
	assert_true(knows("user:root:" PYTHON, &borgmatic));
	assert_true(knows("user:0:" PYTHON, &borgmatic));
	assert_true(knows(PYTHON, &borgmatic));
	assert_false(knows("unit:other.service", &borgmatic));
	assert_false(knows("script:/usr/bin/borg", &borgmatic));
	assert_false(knows("user:1:" PYTHON, &borgmatic));
}

static void a_unit_of_a_user_is_no_system_service(void **state)
{
	static const char *const units[] = {
		"user@1000.service/borgmatic.service", "/docker/borgmatic.service",
		"docker-0a.scope/borgmatic.service",   "session-borgmatic.service.scope", "",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		struct reader_id reader = borgmatic;

		reader.unit = units[i];
		assert_false(knows("unit:borgmatic.service", &reader));
	}
}

static void what_is_no_form_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "tar", "unit:", "unit:.service", "unit:borgmatic", "unit:cron.service", "unit:crond.service",
		"unit:ssh.service", "unit:sshd@3-192.0.2.1:22-192.0.2.2:40000.service", "unit:atd.service",
		"unit:getty@tty1.service", "unit:init.scope", "unit:session-5.scope", "unit:user@1000.service",
		"unit:user@1000.service/a.service", "unit:a/b.service", "script:", "script:x.py",
		"user:", "user:root", "user:root:tar", "user:nobody-of-this-name:/usr/bin/tar",
		"user::/usr/bin/tar", "user:4294967295:/usr/bin/tar",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct known_readers readers = {};
		const char *wrong = NULL;

		assert_true(known_readers_add_text(&readers, KNOWN_MAIL, texts[i], &wrong) < 0);
		assert_non_null(wrong);
		assert_int_equal(readers.count, 0);
	}
}

static void an_accepted_reader_is_this_one_alone_and_for_its_time(void **state)
{
	struct known_readers readers = {};
	struct known_reader accepted = {.id = 7, .roles = KNOWN_STORES, .until_us = 100,
					.program = "/usr/bin/tar", .unit = "", .script = "", .uid = 0};
	struct reader_id reader = {"/usr/bin/tar", 0, "session-5.scope", ""};

	(void)state;
	known_readers_add(&readers, &accepted);
	assert_int_equal(known_readers_find(&readers, KNOWN_STORES, &reader, 99)->id, 7);
	assert_null(known_readers_find(&readers, KNOWN_STORES, &reader, 100));
	reader.uid = 33;
	assert_null(known_readers_find(&readers, KNOWN_STORES, &reader, 99));
	reader.uid = 0;
	reader.unit = "php-fpm.service";
	assert_null(known_readers_find(&readers, KNOWN_STORES, &reader, 99));
	reader.unit = "user@0.service/app.slice";
	assert_non_null(known_readers_find(&readers, KNOWN_STORES, &reader, 99));
	reader.script = "/tmp/x";
	assert_null(known_readers_find(&readers, KNOWN_STORES, &reader, 99));
	known_readers_done(&readers);
}

static void interpreters_are_known_by_name(void **state)
{
	(void)state;
	assert_true(program_is_interpreter(PYTHON));
	assert_true(program_is_interpreter("/bin/sh"));
	assert_true(program_is_interpreter("/usr/bin/perl5.36-x86") == false);
	assert_true(program_is_interpreter("/usr/bin/perl5.36.0"));
	assert_false(program_is_interpreter("/usr/bin/shred"));
	assert_false(program_is_interpreter("/usr/bin/borg"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_knows_its_reader),
		cmocka_unit_test(a_unit_of_a_user_is_no_system_service),
		cmocka_unit_test(what_is_no_form_is_refused),
		cmocka_unit_test(an_accepted_reader_is_this_one_alone_and_for_its_time),
		cmocka_unit_test(interpreters_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
