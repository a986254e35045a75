/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dovecot's path variables as templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "config/template.h"

static void assert_becomes(const char *text, const char *home, const char *expected)
{
	_cleanup_free_ char *template = NULL;

	assert_int_equal(template_from_dovecot(text, home, &template), 0);
	assert_string_equal(template, expected);
}

static void assert_fails(const char *text, const char *home, int error)
{
	char *template = NULL;

	assert_int_equal(template_from_dovecot(text, home, &template), error);
	assert_null(template);
}

static void short_variables_of_2_3_are_understood(void **state)
{
	(void)state;
	assert_becomes("/var/vmail/%d/%n", NULL, "/var/vmail/%d/%n");
	assert_becomes("/var/vmail/%Ld/%Ln/", NULL, "/var/vmail/%d/%n");
	assert_becomes("/var/vmail/%1n/%u", NULL, "/var/vmail/%1n/%u");
	assert_becomes("/var/vmail/%1u//%u", NULL, "/var/vmail/%1n/%u");
	assert_becomes("/var/vmail/%{domain}/%{username}", NULL, "/var/vmail/%d/%n");
}

static void filters_of_2_4_are_understood(void **state)
{
	(void)state;
	assert_becomes("/var/vmail/%{user | domain}/%{user|username|lower}", NULL,
		       "/var/vmail/%d/%n");
	assert_becomes("/v/%{user | username | substr(0, 1)}/%{user}", NULL, "/v/%1n/%u");
	assert_becomes("%{home}/Maildir", "/home/%n", "/home/%n/Maildir");
}

static void homes_are_put_in(void **state)
{
	(void)state;
	assert_becomes("~/Maildir", "/var/vmail/%d/%n", "/var/vmail/%d/%n/Maildir");
	assert_becomes("%h/mail", "/home/%n", "/home/%n/mail");
	assert_becomes("~", "/home/%n", "/home/%n");
	assert_fails("~/Maildir", NULL, -ENOENT);
	assert_fails("%h/Maildir", NULL, -ENOENT);
}

static void what_cannot_be_expressed_is_refused(void **state)
{
	(void)state;
	assert_fails("/var/vmail/%Hu", NULL, -EINVAL);
	assert_fails("/var/vmail/%2.256Nu/%u", NULL, -EINVAL);
	assert_fails("/var/vmail/%{user | md5}/%{user}", NULL, -EINVAL);
	assert_fails("/var/vmail/%{userdb:home}", NULL, -EINVAL);
	assert_fails("/var/vmail/%{user", NULL, -EINVAL);
	assert_fails("/var/vmail/%", NULL, -EINVAL);
	assert_fails("/var/vmail/%1d", NULL, -EINVAL);
	assert_fails("relative/%u", NULL, -EINVAL);
	assert_fails("", NULL, -EINVAL);
}

static void a_path_past_all_bounds_is_refused(void **state)
{
	char text[9000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	assert_fails(text, NULL, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_variables_of_2_3_are_understood),
		cmocka_unit_test(filters_of_2_4_are_understood),
		cmocka_unit_test(homes_are_put_in),
		cmocka_unit_test(what_cannot_be_expressed_is_refused),
		cmocka_unit_test(a_path_past_all_bounds_is_refused),
	};

	return cmocka_run_group_tests_name("config/template", tests, NULL, NULL);
}
