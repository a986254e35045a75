/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is taken for a mail server's master, and what is run then. */
#include "unit/discover/host.h"

static const char plain[] = "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n"
			    "libexec_dir = /usr/lib/dovecot\n"
			    "mail_location = maildir:/var/vmail/%d/%n\n";

static void a_dovecot_without_doveconf_is_a_problem(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_list(&found.problems,
		    "dovecot (process 321): no doveconf beside it, so set [auth] socket, [mail] "
		    "root and [credentials] store");
	discovery_done(&found);
}

/* Its image has no root: what is believed then stands in root's files, whoever runs the program. */
static void a_dovecot_of_another_user_is_known_by_a_configuration_of_root_s(void **state)
{
	_cleanup_free_ char *config = xasprintf("%s/etc/dovecot/dovecot.conf", host);
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", plain);
	put_users(321, geteuid() + 1000, geteuid() + 1000);
	/* doveconf would take its own defaults */
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.problems.count, 1);
	discovery_done(&found);
	put_file("/etc/dovecot/dovecot.conf", "");
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	discovery_done(&found);
	assert_int_equal(chmod(config, 0777), 0);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.problems.count, 1);
	discovery_done(&found);
}

static void a_master_that_others_can_change_is_not_believed(void **state)
{
	static const char *const places[] = {"/usr/sbin/dovecot", "/usr/sbin", "/usr/bin"};
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", plain);
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		_cleanup_free_ char *place = xasprintf("%s%s", host, places[i]);

		assert_int_equal(chmod(place, 0777), 0);
		discovery_run(host, &found);
		assert_int_equal(found.count, 0);
		assert_int_equal(found.problems.count, 1);
		discovery_done(&found);
		assert_int_equal(chmod(place, 0755), 0);
	}
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	discovery_done(&found);
}

/* In a mount name space of one's own another file can have the name. */
static void a_program_that_lies_elsewhere_is_not_believed(void **state)
{
	_cleanup_free_ char *link = xasprintf("%s/proc/321/exe", host);
	_cleanup_free_ char *mine = xasprintf("%s/home/x/dovecot", host);
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", plain);
	put_file("/home/x/dovecot", "");
	put_file("/home/x/doveconf", "#!/bin/sh\ntouch $0.ran\n");
	{
		_cleanup_free_ char *folder = xasprintf("%s/home/x", host);

		assert_int_equal(chmod(folder, 0775), 0);
	}
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(mine, link), 0);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.problems.count, 1);
	{
		_cleanup_free_ char *ran = xasprintf("%s/home/x/doveconf.ran", host);

		assert_int_equal(access(ran, F_OK), -1);
	}
	discovery_done(&found);
}

static void a_doveconf_that_may_not_read_gets_a_copy(void **state)
{
	_cleanup_free_ char *place = xasprintf("%s/etc/dovecot/conf.d/10-mail.conf", host);
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_file("/etc/dovecot/dovecot.conf", "libexec_dir = /usr/lib/dovecot\n!include conf.d/*.conf\n");
	put_file("/etc/dovecot/conf.d/10-mail.conf", "mail_location = maildir:/var/vmail/%d/%n\n");
	/* prints what it can read of what it is told */
	put_file("/usr/bin/doveconf", "#!/bin/sh\necho '# 2.3.19.1 (9b53102964): x'\ncat $2\n");
	assert_int_equal(chmod(place, 0), 0);
	discovery_run(host, &found);
	assert_int_equal(found.count, geteuid() == 0);
	if (found.count)
		assert_watched(WATCHED(found, WATCH_MAIL_ROOT), "/var/vmail/%d/%n");
	discovery_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(a_dovecot_without_doveconf_is_a_problem),
		on_host(a_dovecot_of_another_user_is_known_by_a_configuration_of_root_s),
		on_host(a_master_that_others_can_change_is_not_believed),
		on_host(a_program_that_lies_elsewhere_is_not_believed),
		on_host(a_doveconf_that_may_not_read_gets_a_copy),
	};

	return cmocka_run_group_tests_name("discover/belief", tests, NULL, NULL);
}
