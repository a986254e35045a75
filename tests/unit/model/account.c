/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tenants and printable names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/account.h"

static void the_tenant_is_what_follows_the_last_at(void **state)
{
	(void)state;
	assert_string_equal(account_tenant("ann@example.org"), "example.org");
	assert_string_equal(account_tenant("a@b@example.org"), "example.org");
	assert_string_equal(account_tenant("ann"), "-");
	assert_string_equal(account_tenant(""), "-");
	assert_string_equal(account_tenant("ann@"), "");
}

static void only_domain_names_become_labels(void **state)
{
	static const char *const good[] = {"example.org", "a.b.c", "xn--bcher-kva.example",
					   "3com.com", "EXAMPLE.ORG"};
	static const char *const bad[] = {
		"",	   "-",	      "localhost",   ".org",	    "example.",
		"a..b",	   "-a.org",  "a-.org",	     "192.0.2.1",   "192.0.2.999",
		"a b.org", "a_b.org", "[192.0.2.1]", "2001:db8::1", "b\xc3\xbc.org"};
	char label[80];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(tenant_is_plausible(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(tenant_is_plausible(bad[i]));
	memset(label, 'a', 64);
	strcpy(label + 64, ".org");
	assert_false(tenant_is_plausible(label));
	assert_true(tenant_is_plausible(label + 1));
}

static void expect_text(const char *raw, size_t len, const char *expected)
{
	char text[256];

	text_from_wire(raw, len, text, sizeof(text));
	assert_string_equal(text, expected);
}

#define EXPECT_TEXT(raw, expected) expect_text(raw, sizeof(raw) - 1, expected)

static void printable_text_stays_as_it_is(void **state)
{
	(void)state;
	EXPECT_TEXT("ann@example.org", "ann@example.org");
	EXPECT_TEXT("b\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80",
		    "b\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80");
	EXPECT_TEXT("ann\0secret", "ann");
	expect_text("ann@example.org", 3, "ann");
	EXPECT_TEXT("", "");
}

static void what_steers_a_terminal_is_written_in_hex(void **state)
{
	(void)state;
	EXPECT_TEXT("a\x1b[2Jb", "a\\x1b[2Jb");
	EXPECT_TEXT("a\x7f", "a\\x7f");
	EXPECT_TEXT("\xc2\x9b", "\\xc2\\x9b");
	EXPECT_TEXT("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
}

static void a_backslash_is_itself(void **state)
{
	(void)state;
	EXPECT_TEXT("CORP\\alice", "CORP\\alice");
	EXPECT_TEXT("a\\x1bb", "a\\x1bb");
}

static void what_hides_is_written_in_hex(void **state)
{
	(void)state;
	EXPECT_TEXT("al\u200bice\u202e@x", "al\\xe2\\x80\\x8bice\\xe2\\x80\\xae@x");
	EXPECT_TEXT("\U000e0061", "\\xf3\\xa0\\x81\\xa1");
}

static void names_that_lists_keep_are_nobodys(void **state)
{
	char text[10];

	(void)state;
	EXPECT_TEXT("(older)", "\\x28older)");
	EXPECT_TEXT("(unknown)", "\\x28unknown)");
	EXPECT_TEXT("a@(older)", "a@\\x28older)");
	EXPECT_TEXT("(older)@x", "\\x28older)@x");
	EXPECT_TEXT("(older)@(older)", "\\x28older)@\\x28older)");
	EXPECT_TEXT("(olde)", "(olde)");
	EXPECT_TEXT("x(older)", "x(older)");
	EXPECT_TEXT("(older)x", "(older)x");
	EXPECT_TEXT("@", "@");
	text_from_wire("(older)", 7, text, sizeof(text));
	assert_string_equal(text, "(older)"); /* no room; the sensors' buffers have it */
}

static void broken_utf8_is_written_in_hex(void **state)
{
	(void)state;
	EXPECT_TEXT("\xff", "\\xff");
	EXPECT_TEXT("a\xc3", "a\\xc3");
	EXPECT_TEXT("\xc3\x28", "\\xc3(");
	EXPECT_TEXT("\xc0\xaf", "\\xc0\\xaf");
	EXPECT_TEXT("\xed\xa0\x80", "\\xed\\xa0\\x80");
	EXPECT_TEXT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	EXPECT_TEXT("\x80", "\\x80");
}

static void escapes_of_the_mail_server_are_undone(void **state)
{
	(void)state;
	EXPECT_TEXT("a\001tb", "a\\x09b");
	EXPECT_TEXT("a\001nb\001r", "a\\x0ab\\x0d");
	EXPECT_TEXT("a\001"
		    "0b",
		    "a\\x00b");
	EXPECT_TEXT("a\001"
		    "1b",
		    "a\\x01b");
	EXPECT_TEXT("a\001xb", "a\\x01xb");
	EXPECT_TEXT("a\001", "a\\x01");
}

static void text_is_cut_at_a_whole_character(void **state)
{
	char text[6];

	(void)state;
	text_from_wire("abcd\xc3\xbc", 6, text, sizeof(text));
	assert_string_equal(text, "abcd");
	text_from_wire("abc\x1b", 4, text, sizeof(text));
	assert_string_equal(text, "abc");
	text_from_wire("\xc2\x85", 2, text, sizeof(text));
	assert_string_equal(text, "");
	text_from_wire("abcdef", 6, text, sizeof(text));
	assert_string_equal(text, "abcde");
	text_from_wire("abc", 3, text, 1);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tenant_is_what_follows_the_last_at),
		cmocka_unit_test(only_domain_names_become_labels),
		cmocka_unit_test(printable_text_stays_as_it_is),
		cmocka_unit_test(what_steers_a_terminal_is_written_in_hex),
		cmocka_unit_test(a_backslash_is_itself),
		cmocka_unit_test(what_hides_is_written_in_hex),
		cmocka_unit_test(names_that_lists_keep_are_nobodys),
		cmocka_unit_test(broken_utf8_is_written_in_hex),
		cmocka_unit_test(escapes_of_the_mail_server_are_undone),
		cmocka_unit_test(text_is_cut_at_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
