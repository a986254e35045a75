/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Servers that are known by the stores they look into: saslauthd, Courier, Postfix, Cyrus. */
#include "unit/discover/host.h"

#define put_server(pid, executable, line)                                                          \
	do {                                                                                       \
		put_file(executable, "");                                                          \
		put_process(pid, executable, line, sizeof(line), host);                            \
	} while (0)

static void saslauthd_is_known_by_its_mechanism(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/sbin/saslauthd", "saslauthd\0-a\0sasldb\0-n\0005");
	put_server(51, "/usr/sbin/saslauthd", "saslauthd\0-a\0sasldb\0-n\0005");
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.servers[0].kind->name, "saslauthd");
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/sasldb2");
	assert_true(watch_entries_has(WATCHED(found, WATCH_STORE_READER), "/usr/sbin/saslauthd"));
	discovery_done(&found);
}

static void saslauthd_with_pam_looks_into_shadow(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/sbin/saslauthd", "saslauthd\0-apam");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/shadow");
	assert_true(watch_entries_has(WATCHED(found, WATCH_STORE_READER), "/usr/sbin/unix_chkpwd"));
	discovery_done(&found);
}

static void saslauthd_with_a_server_of_its_own_is_a_problem(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/sbin/saslauthd", "saslauthd\0-a\0rimap");
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_list(&found.problems, "saslauthd asks 'rimap' for credentials: set [credentials] store "
				     "to what it reads");
	discovery_done(&found);
}

static void courier_is_known_by_its_modules(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/courier/courier-authlib/authdaemond", "authdaemond");
	put_file("/usr/lib/courier/courier/courierpop3d", "");
	put_file("/etc/courier/authdaemonrc", "# authmodulelist=\"authpam\"\n"
					      "authmodulelist=\"authuserdb authmysql authldap\"\n"
					      "authmodulelistorig=\"authpam\"\n");
	put_file("/etc/courier/authmysqlrc", "MYSQL_SERVER\t\tdb.example\nMYSQL_PORT\t\t3307\n"
					     "MYSQL_PASSWORD\t\tmarker-secret\n");
	put_file("/etc/courier/authldaprc", "LDAP_URI\t\tldap://192.0.2.1, ldap://192.0.2.2\n"
					    "LDAP_BINDPW\t\tmarker-secret\n");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/courier/userdb", "/etc/courier/userdb.dat",
		    "/etc/courier/userdbshadow.dat", "/etc/courier/authmysqlrc",
		    "inet:db.example:3307", "/etc/courier/authldaprc", "inet:192.0.2.1:389",
		    "inet:192.0.2.2:389");
	assert_true(watch_entries_has(WATCHED(found, WATCH_STORE_READER), "/usr/lib/courier/courier-authlib/authdaemond"));
	assert_true(watch_entries_has(WATCHED(found, WATCH_SESSION_PROGRAM), "/usr/lib/courier/courier/courierpop3d"));
	assert_false(watch_entries_has(WATCHED(found, WATCH_SESSION_PROGRAM), "/usr/bin/imapd"));
	assert_int_equal(found.problems.count, 0);
	discovery_done(&found);
}

/* authdaemonrc is a shell's: more blanks between the quotes mean nothing. */
static void blanks_around_couriers_modules_mean_nothing(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/courier/courier-authlib/authdaemond", "authdaemond");
	put_file("/etc/courier/authdaemonrc", "authmodulelist=\" authuserdb \tauthpgsql \"\r\n");
	put_file("/etc/courier/authpgsqlrc", "PGSQL_HOST db.example\n");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/courier/userdb", "/etc/courier/userdb.dat",
		       "/etc/courier/userdbshadow.dat", "/etc/courier/authpgsqlrc",
		       "inet:db.example:5432");
	assert_int_equal(found.problems.count, 0);
	discovery_done(&found);
}

static void postfix_that_looks_into_sasldb_itself_is_known(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/master");
	put_file("/usr/lib/postfix/sbin/smtpd", "");
	put_file("/etc/postfix/sasl/smtpd.conf", "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
						 "mech_list: PLAIN\n");
	put_file("/var/spool/postfix/etc/sasldb2", "");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/sasldb2", "/var/spool/postfix/etc/sasldb2");
	assert_watched(WATCHED(found, WATCH_STORE_READER), "/usr/lib/postfix/sbin/smtpd");
	discovery_done(&found);
}

static void postfix_that_asks_another_one_is_none_of_ours(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/master");
	put_file("/etc/postfix/sasl/smtpd.conf", "pwcheck_method: saslauthd\n");
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	discovery_done(&found);
}

static void exim_s_daemon_delivers_and_looks_into_passwd_files(void **state)
{
	static const char daemon[] = "/usr/sbin/exim4\0-bd\0-q30m", client[] = "/usr/sbin/exim4\0-t";
	struct discovery found;

	(void)state;
	put_process(50, "/usr/sbin/exim4", client, sizeof(client), host);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	discovery_done(&found);
	put_process(51, "/usr/sbin/exim4", daemon, sizeof(daemon), host);
	put_users(51, 100, 100);
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	assert_watched(WATCHED(found, WATCH_MAIL_HELPER), "/usr/sbin/exim4");
	assert_watched(WATCHED(found, WATCH_STORE_READER), "/usr/sbin/exim4");
	discovery_done(&found);
}

static void cyrus_names_its_sasldb(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/sbin/cyrmaster", "/usr/sbin/cyrmaster\0-d");
	put_file("/usr/lib/cyrus/bin/imapd", "");
	put_file("/etc/imapd.conf", "sasl_pwcheck_method: auxprop saslauthd\n"
				    "sasl_auxprop_plugin: sasldb\n"
				    "sasl_sasldb_path: /srv/sasldb2\n");
	discovery_run(host, &found);
	assert_string_equal(found.servers[0].kind->name, "cyrus");
	assert_watched(WATCHED(found, WATCH_STORE), "/srv/sasldb2");
	assert_watched(WATCHED(found, WATCH_STORE_READER), "/usr/lib/cyrus/bin/imapd");
	discovery_done(&found);
}

static void cyrus_names_its_mail_and_where_it_says_whom_it_serves(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/cyrus/bin/master", "/usr/sbin/cyrmaster\0-C\0/srv/imapd.conf");
	put_file("/usr/lib/cyrus/bin/imapd", "");
	put_file("/usr/lib/cyrus/bin/lmtpd", "");
	put_file("/srv/imapd.conf", "# partition-old: /nowhere\n"
				    "configdirectory: /var/lib/cyrus\n"
				    "proc_path: /run/cyrus/proc \n"
				    "defaultpartition: default\n"
				    "partition-default: /var/spool/cyrus/mail\n"
				    "partition-news: /var/spool/cyrus/news\n"
				    "sasl_pwcheck_method: saslauthd\n");
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.servers[0].kind->name, "cyrus");
	assert_watched(WATCHED(found, WATCH_MAIL_ROOT), "cyrus:/var/spool/cyrus/mail",
		    "cyrus:/var/spool/cyrus/news");
	assert_watched(WATCHED(found, WATCH_STATUS_FOLDER), "/run/cyrus/proc");
	assert_watched(WATCHED(found, WATCH_SESSION_PROGRAM), "/usr/lib/cyrus/bin/imapd");
	assert_watched(WATCHED(found, WATCH_MAIL_HELPER), "/usr/lib/cyrus/bin/lmtpd");
	assert_int_equal(WATCHED(found, WATCH_STORE)->count, 0);
	assert_int_equal(found.problems.count, 0);
	discovery_done(&found);
}

static void cyrus_without_proc_path_says_it_below_its_configuration(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/libexec/cyrus-imapd/cyrus-master", "cyrus-master");
	put_file("/etc/imapd.conf", "configdirectory: /var/lib/imap\n"
				    "partition-default: /var/spool/imap\n");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_STATUS_FOLDER), "/var/lib/imap/proc");
	discovery_done(&found);
}

static void what_cyrus_includes_is_read_too(void **state)
{
	_cleanup_free_ char *file = NULL;
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/cyrus/bin/master", "cyrmaster");
	put_file("/etc/imapd.conf", "configdirectory: /var/lib/imap\n"
				    "@include: /etc/imapd-local.conf\n"
				    "@include: /etc/imapd-open.conf\n"
				    "@include: imapd-here.conf\n");
	put_file("/etc/imapd-local.conf", "partition-default: /var/spool/imap\n"
					  "@include: /etc/imapd.conf\n");
	put_file("/etc/imapd-open.conf", "partition-other: /home/mail\n");
	file = xasprintf("%s/etc/imapd-open.conf", host);
	assert_int_equal(chmod(file, 0666), 0);
	discovery_run(host, &found);
	assert_true(watch_entries_has(WATCHED(found, WATCH_MAIL_ROOT), "cyrus:/var/spool/imap"));
	assert_false(watch_entries_has(WATCHED(found, WATCH_MAIL_ROOT), "cyrus:/home/mail"));
	assert_non_null(strstr(found.problems.items[0], "4 deep"));
	discovery_done(&found);
}

static void cyrus_with_a_configuration_that_others_may_write_is_not_believed(void **state)
{
	_cleanup_free_ char *file = NULL;
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/cyrus/bin/master", "cyrmaster\0-C\0/home/imapd.conf");
	put_file("/home/imapd.conf", "partition-default: /home/mail\nproc_path: /home/proc\n");
	file = xasprintf("%s/home/imapd.conf", host);
	assert_int_equal(chmod(file, 0666), 0);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.count, 0);
	assert_non_null(strstr(found.problems.items[0], "/home/imapd.conf"));
	discovery_done(&found);
}

static void cyrus_that_names_no_partition_is_a_problem(void **state)
{
	struct discovery found;

	(void)state;
	put_server(50, "/usr/lib/cyrus/bin/master", "cyrmaster");
	put_file("/etc/imapd.conf", "configdirectory: /var/lib/imap\n");
	discovery_run(host, &found);
	assert_non_null(strstr(found.problems.items[0], "cyrus:FOLDER"));
	discovery_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(saslauthd_is_known_by_its_mechanism),
		on_host(saslauthd_with_pam_looks_into_shadow),
		on_host(saslauthd_with_a_server_of_its_own_is_a_problem),
		on_host(courier_is_known_by_its_modules),
		on_host(blanks_around_couriers_modules_mean_nothing),
		on_host(postfix_that_looks_into_sasldb_itself_is_known),
		on_host(postfix_that_asks_another_one_is_none_of_ours),
		on_host(exim_s_daemon_delivers_and_looks_into_passwd_files),
		on_host(cyrus_names_its_sasldb),
		on_host(cyrus_names_its_mail_and_where_it_says_whom_it_serves),
		on_host(cyrus_without_proc_path_says_it_below_its_configuration),
		on_host(cyrus_that_names_no_partition_is_a_problem),
		on_host(what_cyrus_includes_is_read_too),
		on_host(cyrus_with_a_configuration_that_others_may_write_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
