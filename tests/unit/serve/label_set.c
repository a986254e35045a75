/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a label: the first are kept, the rest is "other". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "serve/label_set.h"

static void the_first_words_are_kept(void **state)
{
	struct label_set set = {.cap = 3};
	const char *b = label_set_admit(&set, "b");

	(void)state;
	assert_string_equal(b, "b");
	assert_string_equal(label_set_admit(&set, "c"), "c");
	assert_string_equal(label_set_admit(&set, "a"), "a");
	assert_string_equal(label_set_admit(&set, "d"), LABEL_SET_OTHER);
	/* the same word is the same text, also after others came in before it */
	assert_ptr_equal(label_set_admit(&set, "b"), b);
	assert_int_equal(set.count, 3);
	label_set_done(&set);
}

static void the_empty_word_takes_no_place(void **state)
{
	struct label_set set = {.cap = 1};

	(void)state;
	assert_string_equal(label_set_admit(&set, ""), LABEL_SET_OTHER);
	assert_int_equal(set.count, 0);
	assert_string_equal(label_set_admit(&set, "a"), "a");
	label_set_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_words_are_kept),
		cmocka_unit_test(the_empty_word_takes_no_place),
	};

	return cmocka_run_group_tests_name("label set", tests, NULL, NULL);
}
