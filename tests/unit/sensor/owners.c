/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sensor/owners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/waxseal-owners-XXXXXX", path[64];

static void write_users(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void a_mailbox_named_as_its_user_is_his_own(void **state)
{
	struct owners *owners;

	(void)state;
	write_users("alice:x:1000:1000::/home/alice:/bin/sh\nvmail:x:5000:5000::/var/vmail:\n");
	owners = owners_new(path);
	assert_true(owners_owns(owners, 1000, "alice"));
	assert_true(owners_owns(owners, 1000, "alice@isp1.test"));
	assert_false(owners_owns(owners, 1000, "alic"));
	assert_false(owners_owns(owners, 1000, "alice.b@isp1.test"));
	assert_false(owners_owns(owners, 1000, ""));
	assert_false(owners_owns(owners, 5000, "alice"));
	assert_false(owners_owns(owners, 77, "alice"));
	owners_free(owners);
}

static void a_changed_file_is_read_again(void **state)
{
	struct owners *owners;

	(void)state;
	write_users("alice:x:1000:1000::/home/alice:/bin/sh\n");
	owners = owners_new(path);
	write_users("bob:x:1000:1000::/home/bob:/bin/sh\nbob2:x:1000:1000::/:\n");
	owners_refresh(owners);
	assert_true(owners_owns(owners, 1000, "bob"));
	assert_false(owners_owns(owners, 1000, "alice"));
	assert_false(owners_owns(owners, 1000, "bob2"));
	owners_free(owners);
}

static void a_file_that_others_may_write_is_not_read(void **state)
{
	struct owners *owners;

	(void)state;
	write_users("alice:x:1000:1000::/home/alice:/bin/sh\n");
	assert_int_equal(chmod(path, 0666), 0);
	owners = owners_new(path);
	assert_false(owners_owns(owners, 1000, "alice"));
	owners_free(owners);
}

static void what_is_no_file_is_never_waited_for(void **state)
{
	struct owners *owners;

	(void)state;
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	owners = owners_new(path);
	assert_false(owners_owns(owners, 0, "root"));
	owners_free(owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mailbox_named_as_its_user_is_his_own),
		cmocka_unit_test(a_changed_file_is_read_again),
		cmocka_unit_test(a_file_that_others_may_write_is_not_read),
		cmocka_unit_test(what_is_no_file_is_never_waited_for),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/passwd", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(folder);
	return failed;
}
