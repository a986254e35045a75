/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a label: the first are kept, the rest is "other". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "serve/label_set.h"

static const char *admit(struct label_set *set, const char *word, bool lasts)
{
	char *gone;
	const char *admitted = label_set_admit(set, word, lasts, &gone);

	assert_null(gone);
	return admitted;
}

static void the_first_words_are_kept(void **state)
{
	struct label_set set = {.cap = 3};
	const char *b = admit(&set, "b", false);

	(void)state;
	assert_string_equal(b, "b");
	assert_string_equal(admit(&set, "c", false), "c");
	assert_string_equal(admit(&set, "a", false), "a");
	assert_string_equal(admit(&set, "d", false), LABEL_SET_OTHER);
	/* the same word is the same text, also after others came in before it */
	assert_ptr_equal(admit(&set, "b", false), b);
	assert_int_equal(set.count, 3);
	label_set_done(&set);
}

static void the_empty_word_takes_no_place(void **state)
{
	struct label_set set = {.cap = 1};

	(void)state;
	assert_string_equal(admit(&set, "", false), LABEL_SET_OTHER);
	assert_int_equal(set.count, 0);
	assert_string_equal(admit(&set, "a", false), "a");
	label_set_done(&set);
}

static void a_word_that_lasts_takes_the_place_of_the_stalest(void **state)
{
	struct label_set set = {.cap = 2};
	char *gone;

	(void)state;
	admit(&set, "a", false);
	admit(&set, "b", false);
	admit(&set, "a", false);
	assert_string_equal(label_set_admit(&set, "c", true, &gone), "c");
	assert_string_equal(gone, "b");
	free(gone);
	assert_string_equal(admit(&set, "b", false), LABEL_SET_OTHER);
	/* what was admitted may prove that it lasts */
	assert_string_equal(admit(&set, "a", true), "a");
	assert_string_equal(admit(&set, "d", true), LABEL_SET_OTHER);
	assert_string_equal(admit(&set, "a", false), "a");
	assert_string_equal(admit(&set, "c", false), "c");
	label_set_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_words_are_kept),
		cmocka_unit_test(a_word_that_lasts_takes_the_place_of_the_stalest),
		cmocka_unit_test(the_empty_word_takes_no_place),
	};

	return cmocka_run_group_tests_name("label set", tests, NULL, NULL);
}
