/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contract's trace, and each way of not being one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cli/trace.h"

#define HEADER "#waxseal-trace 1\n"

static struct trace trace;

static FILE *open_text(const char *text)
{
	return fmemopen((void *)text, strlen(text), "r");
}

/* Reads a header and the lines; returns what the last call returned. */
static int read_through(const char *text, struct trace_record *last)
{
	FILE *file = open_text(text);
	int r = trace_open(&trace, file, "t");

	while (r == 0 && (r = trace_next(&trace, last)) > 0)
		r = 0;
	fclose(file);
	return r;
}

static void assert_refused(const char *line, const char *problem)
{
	struct trace_record record;
	char text[512];

	snprintf(text, sizeof(text), "%s%s", HEADER, line);
	assert_int_equal(read_through(text, &record), -EINVAL);
	if (!strstr(trace.problem, problem))
		fail_msg("'%s' is not in: %s", problem, trace.problem);
}

static void a_full_record_is_read(void **state)
{
	static const char text[] = HEADER
		"# a comment\n"
		"1782907200.123456789\tauth\timap\t2001:db8::1\ta@b.example\tfailure\t7\t12\t/bin/x\n";
	FILE *file = open_text(text);
	struct trace_record record;

	(void)state;
	assert_int_equal(trace_open(&trace, file, "t"), 0);
	assert_int_equal(trace_next(&trace, &record), 1);
	assert_int_equal(record.time_us, INT64_C(1782907200123456));
	assert_int_equal(record.kind, TRACE_AUTH);
	assert_int_equal(record.outcome, OUTCOME_FAILURE);
	assert_string_equal(record.service, "imap");
	assert_string_equal(record.source, "2001:db8::1");
	assert_string_equal(record.account, "a@b.example");
	assert_string_equal(record.actor, "/bin/x");
	assert_int_equal(record.count, 7);
	assert_int_equal(record.bytes, 12);
	assert_int_equal(trace_next(&trace, &record), 0);
	fclose(file);
}

static void absent_columns_have_their_defaults(void **state)
{
	struct trace_record record;
	static const char text[] = HEADER "5\tread\t-\t-\t-\t-\t-\t-\t-\n";
	FILE *file = open_text(text);

	(void)state;
	assert_int_equal(trace_open(&trace, file, "t"), 0);
	assert_int_equal(trace_next(&trace, &record), 1);
	assert_int_equal(record.time_us, 5000000);
	assert_int_equal(record.count, 1);
	assert_int_equal(record.bytes, 0);
	assert_string_equal(record.account, "");
	fclose(file);
}

static void the_first_line_must_be_the_header(void **state)
{
	struct trace_record record;

	(void)state;
	assert_int_equal(read_through("#waxseal-trace 2\n", &record), -EINVAL);
	assert_string_equal(trace.problem, "t:1: not a trace this program reads; allowed: first "
					   "line '#waxseal-trace 1'");
	assert_int_equal(read_through("\n", &record), -EINVAL);
}

static void every_column_is_checked(void **state)
{
	(void)state;
	assert_refused("x\tauth\t-\t-\t-\tsuccess\t-\t-\t-\n", "t:2: TIME: 'x'");
	assert_refused("1.\tauth\t-\t-\t-\tsuccess\t-\t-\t-\n", "TIME: '1.'");
	assert_refused("1.1234567890\tauth\t-\t-\t-\tsuccess\t-\t-\t-\n", "TIME:");
	assert_refused("1\tlogin\t-\t-\t-\t-\t-\t-\t-\n", "allowed: auth, read, sent, store, conn");
	assert_refused("1\tauth\tIMAP\t-\t-\tsuccess\t-\t-\t-\n", "SERVICE: 'IMAP'");
	assert_refused("1\tauth\timap\t192.0.2.256\t-\tsuccess\t-\t-\t-\n", "SOURCE: '192.0.2.256'");
	assert_refused("1\tauth\timap\tfe80::1%\t-\tsuccess\t-\t-\t-\n", "SOURCE:");
	assert_refused("1\tauth\timap\t192.0.2.1%eth0\t-\tsuccess\t-\t-\t-\n", "SOURCE:");
	assert_refused("1\tauth\timap\t-\t-\tok\t-\t-\t-\n", "OUTCOME: 'ok'");
	assert_refused("1\tauth\timap\t-\t-\t-\t-\t-\t-\n", "OUTCOME: '-'");
	assert_refused("1\tread\timap\t-\t-\tsuccess\t-\t-\t-\n", "OUTCOME: 'success'");
	assert_refused("1\tread\timap\t-\t-\t-\t-1\t-\t-\n", "COUNT: '-1'");
	assert_refused("1\tread\timap\t-\t-\t-\t1\t1.5\t-\n", "BYTES: '1.5'");
	assert_refused("1\tread\timap\t-\t-\t-\t1\t1\ttar\n", "ACTOR: 'tar'");
	assert_refused("1\tread\timap\t-\t\t-\t1\t1\t-\n", "ACCOUNT: ''");
}

static void lines_have_nine_columns_of_text(void **state)
{
	(void)state;
	assert_refused("1\tread\n", "t:2: 2 columns; allowed: 9");
	assert_refused("1\tread\t-\t-\t-\t-\t-\t-\t-\t-\n", "10 columns");
	assert_refused("\n", "1 columns");
	assert_refused("1\tread\t-\t-\ta\033b\t-\t-\t-\t-\n", "control character");
	assert_refused("1\tread\t-\t-\ta\xff\t-\t-\t-\t-\n", "not UTF-8");
	assert_refused("1\tread\t-\t-\t-\t-\t-\t-\t-\r\n", "control character");
}

static void a_line_may_say_more_of_the_next(void **state)
{
	static const char text[] = HEADER
		"#also\tuid=4294967295\tunit=a b.service\n"
		"# a comment between the two\n"
		"1782907200\tread\timap\t-\ta\t-\t-\t-\t/bin/x\n"
		"1782907200\tread\timap\t-\ta\t-\t-\t-\t/bin/x\n";
	FILE *file = open_text(text);
	struct trace_record record;

	(void)state;
	assert_int_equal(trace_open(&trace, file, "t"), 0);
	assert_int_equal(trace_next(&trace, &record), 1);
	assert_int_equal(record.uid, UINT32_MAX);
	assert_string_equal(record.unit, "a b.service");
	assert_int_equal(trace_next(&trace, &record), 1);
	assert_int_equal(record.uid, 0);
	assert_string_equal(record.unit, "");
	fclose(file);
}

static void what_it_says_is_checked(void **state)
{
	(void)state;
	assert_refused("#also\ttransport=maybe\n", ":2: #also transport: 'maybe'; allowed: tls");
	assert_refused("#also\tuid=-1\n", "allowed: 0 to 4294967295");
	assert_refused("#also\tunit=\n", "#also unit: ''");
	assert_refused("#also\tcolour=red\n", "#also: 'colour=red'; allowed: mechanism=");
	assert_refused("#also\t\n", "#also: ''");
}

static void time_never_goes_back(void **state)
{
	(void)state;
	assert_refused("5.5\tread\t-\t-\t-\t-\t-\t-\t-\n5.5\tread\t-\t-\t-\t-\t-\t-\t-\n"
		       "5.4\tread\t-\t-\t-\t-\t-\t-\t-\n",
		       "t:4: TIME goes back");
}

static void a_line_without_end_is_refused(void **state)
{
	static char text[3 * LINE_READER_BYTES];
	struct trace_record record;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, HEADER, strlen(HEADER));
	assert_int_equal(read_through(text, &record), -EINVAL);
	assert_non_null(strstr(trace.problem, "too long"));
}

static void a_nul_hides_nothing_at_the_end_of_the_file(void **state)
{
	static const char text[] = HEADER "1\tread\t-\t-\t-\t-\t-\t-\t-\0hidden";
	FILE *file = fmemopen((void *)text, sizeof(text) - 1, "r");
	struct trace_record record;

	(void)state;
	assert_int_equal(trace_open(&trace, file, "t"), 0);
	assert_int_equal(trace_next(&trace, &record), -EINVAL);
	assert_non_null(strstr(trace.problem, "t:2: the line is too long or holds a NUL"));
	fclose(file);
}

static void the_longest_line_that_is_allowed_is_read(void **state)
{
	static char text[LINE_READER_BYTES + 64];
	struct trace_record record;
	size_t length = strlen(HEADER);

	(void)state;
	memset(text, '#', sizeof(text));
	memcpy(text, HEADER, length);
	strcpy(text + length + LINE_READER_BYTES, "\n");
	assert_int_equal(read_through(text, &record), 0);
	strcpy(text + length + LINE_READER_BYTES, "#\n");
	assert_int_equal(read_through(text, &record), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_record_is_read),
		cmocka_unit_test(absent_columns_have_their_defaults),
		cmocka_unit_test(the_first_line_must_be_the_header),
		cmocka_unit_test(every_column_is_checked),
		cmocka_unit_test(lines_have_nine_columns_of_text),
		cmocka_unit_test(a_line_may_say_more_of_the_next),
		cmocka_unit_test(what_it_says_is_checked),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(a_line_without_end_is_refused),
		cmocka_unit_test(a_nul_hides_nothing_at_the_end_of_the_file),
		cmocka_unit_test(the_longest_line_that_is_allowed_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
