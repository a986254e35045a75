/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths by device, through the mounts that show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "model/mount_table.h"

static const char table[] =
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	"27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	"30 27 254:0 /srv/deep /mnt/again rw - ext4 /dev/vda rw\n"
	"31 27 0:40 /@home /home rw - btrfs /dev/vdb rw\n"
	"32 27 0:45 / /var/lib/docker/overlay2/0a1b/merged rw - overlay overlay rw\n"
	"33 27 8:17 / /media/a\\040disk rw - ext4 /dev/sdb1 rw\n";

static void expect(uint32_t major, uint32_t minor, const char *within, const char *path)
{
	char found[128];

	assert_int_equal(mount_table_path(table, major, minor, within, found, sizeof(found)), 0);
	assert_string_equal(found, path);
}

static void a_path_begins_where_its_file_system_is_mounted(void **state)
{
	(void)state;
	expect(254, 0, "/usr/bin/cat", "/usr/bin/cat");
	expect(0, 45, "/usr/bin/cat", "/var/lib/docker/overlay2/0a1b/merged/usr/bin/cat");
	expect(8, 17, "/tool", "/media/a disk/tool");
}

static void the_first_mount_that_shows_it_counts(void **state)
{
	(void)state;
	expect(254, 0, "/srv/deep/tool", "/srv/deep/tool");
}

static void of_a_part_the_way_to_it_is_left_out(void **state)
{
	(void)state;
	expect(0, 40, "/@home/ann/tool", "/home/ann/tool");
}

static void what_no_mount_shows_has_no_path(void **state)
{
	char found[128] = "before";

	(void)state;
	assert_int_equal(mount_table_path(table, 0, 40, "/@root/tool", found, sizeof(found)), -ENOENT);
	assert_int_equal(mount_table_path(table, 0, 40, "/@homes/tool", found, sizeof(found)), -ENOENT);
	assert_int_equal(mount_table_path(table, 9, 9, "/tool", found, sizeof(found)), -ENOENT);
	assert_int_equal(mount_table_path("", 9, 9, "/tool", found, sizeof(found)), -ENOENT);
	assert_int_equal(mount_table_path("no table\n\n", 9, 9, "/t", found, sizeof(found)), -ENOENT);
	assert_string_equal(found, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_begins_where_its_file_system_is_mounted),
		cmocka_unit_test(the_first_mount_that_shows_it_counts),
		cmocka_unit_test(of_a_part_the_way_to_it_is_left_out),
		cmocka_unit_test(what_no_mount_shows_has_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
