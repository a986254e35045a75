/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discovery over a folder that looks like a host. */
#include "unit/discover/host.h"

static const char old_style[] = "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n"
				"# OS: Linux 6.1.0 x86_64 Debian 12.11\n"
				"base_dir = /run/dovecot\n"
				"libexec_dir = /usr/lib/dovecot\n"
				"mail_home = \n"
				"mail_location = maildir:~/Maildir:INDEX=/var/index/%u\n"
				"namespace inbox {\n"
				"  inbox = yes\n"
				"  location = \n"
				"  mailbox \"Sent Messages\" {\n"
				"    special_use = \\Sent\n"
				"  }\n"
				"  type = private\n"
				"}\n"
				"namespace {\n"
				"  location = maildir:/srv/public\n"
				"  type = public\n"
				"}\n"
				"passdb {\n"
				"  args = scheme=CRYPT username_format=%u /etc/dovecot/users\n"
				"  driver = passwd-file\n"
				"}\n"
				"passdb {\n"
				"  args = /etc/dovecot/dovecot-sql.conf.ext\n"
				"  driver = sql\n"
				"}\n"
				"service auth {\n"
				"  inet_listener auth-inet {\n"
				"    address = \n"
				"    port = 10001\n"
				"  }\n"
				"  unix_listener /var/spool/postfix/private/auth {\n"
				"    mode = 0660\n"
				"  }\n"
				"  unix_listener auth-client {\n"
				"    mode = 0600\n"
				"  }\n"
				"  unix_listener auth-master {\n"
				"    mode = 0600\n"
				"  }\n"
				"  unix_listener auth-userdb {\n"
				"    mode = 0666\n"
				"  }\n"
				"  unix_listener auth-unused {\n"
				"    mode = 0\n"
				"  }\n"
				"  unix_listener login/login {\n"
				"    mode = 0666\n"
				"  }\n"
				"}\n"
				"service auth-worker {\n"
				"  unix_listener auth-worker {\n"
				"    mode = 0600\n"
				"  }\n"
				"}\n"
				"userdb {\n"
				"  args = uid=vmail gid=vmail home=/var/vmail/%d/%n\n"
				"  driver = static\n"
				"}\n";

static void a_2_3_host_is_understood(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot\0-F");
	put_doveconf("/etc/dovecot/dovecot.conf", old_style);
	put_file("/etc/dovecot/dovecot-sql.conf.ext",
		 "driver = sqlite\nconnect = /var/lib/mail.sqlite\n");
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.servers[0].kind->name, "dovecot");
	assert_string_equal(found.servers[0].version, "2.3.19.1");
	assert_watched(WATCHED(found, WATCH_AUTH_SOCKET), "inet:127.0.0.1:10001",
		    "/var/spool/postfix/private/auth", "/run/dovecot/auth-client",
		    "/run/dovecot/login/login");
	assert_watched(WATCHED(found, WATCH_MAIL_ROOT), "/var/vmail/%d/%n/Maildir");
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/dovecot/users",
		    "/etc/dovecot/dovecot-sql.conf.ext", "/var/lib/mail.sqlite");
	assert_watched(WATCHED(found, WATCH_MAIL_HELPER), "/usr/lib/dovecot/lmtp");
	assert_watched(WATCHED(found, WATCH_STORE_READER), "/usr/lib/dovecot/auth", "/usr/bin/doveconf",
		    "/usr/sbin/dovecot");
	assert_int_equal(found.problems.count, 0);
	discovery_done(&found);
}

static const char with_last_logins[] =
	"# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n"
	"dict {\n"
	"  logins = file:/var/lib/dovecot/logins\n"
	"  quota = mysql:/etc/dovecot/quota.conf\n"
	"}\n"
	"mail_location = maildir:/var/vmail/%%d/%%n\n"
	"plugin {\n"
	"  last_login_dict = %s\n"
	"  last_login_key = # hidden, use -P to show it\n"
	"  quota = dict:User quota::proxy::quota\n"
	"}\n";

static void the_file_of_last_logins_is_found(void **state)
{
	static const struct {
		const char *dict, *path;
	} cases[] = {
		{"file:/var/lib/dovecot/last-login", "/var/lib/dovecot/last-login"},
		{"proxy::logins", "/var/lib/dovecot/logins"},
		{"proxy:/run/dovecot/dict:logins", "/var/lib/dovecot/logins"},
		{"proxy::quota", NULL},
		{"file:~/last-login", NULL},
		{"file:/var/vmail/%d/last-login", NULL},
		{"redis:host=127.0.0.1", NULL},
	};
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot\0-F");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		_cleanup_free_ char *text = xasprintf(with_last_logins, cases[i].dict);

		put_doveconf("/etc/dovecot/dovecot.conf", text);
		discovery_run(host, &found);
		assert_int_equal(found.last_logins.count, cases[i].path != NULL);
		if (cases[i].path)
			assert_string_equal(found.last_logins.items[0], cases[i].path);
		discovery_done(&found);
	}
}

static const char new_style[] = "# 2.4.1-4 (7d8c0e5759): /srv/dovecot.conf\n"
				"base_dir = /run/dovecot\n"
				"libexec_dir = /usr/lib/dovecot\n"
				"mail_driver = maildir\n"
				"mail_home = /var/vmail/%{user | domain}/%{user | username}\n"
				"mail_path = ~/Maildir\n"
				"mail_inbox_path = \n"
				"sql_driver = sqlite\n"
				"sqlite_path = /var/lib/dovecot.sqlite\n"
				"passdb passwd-file {\n"
				"  driver = passwd-file\n"
				"  passwd_file_path = /srv/users/%{user | domain}/passwd\n"
				"}\n"
				"passdb sql {\n"
				"  query = SELECT 1\n"
				"}\n"
				"userdb static {\n"
				"  fields {\n"
				"    home = /srv/mail/%{user}\n"
				"    uid = vmail\n"
				"  }\n"
				"}\n"
				"service auth {\n"
				"  unix_listener login/login {\n"
				"    type = login\n"
				"  }\n"
				"  unix_listener auth-postfix {\n"
				"    type = auth\n"
				"  }\n"
				"  unix_listener auth-special {\n"
				"    type = userdb\n"
				"  }\n"
				"}\n";

/* What doveconf of 2.4 says of a host that changed nothing about its services. */
static const char bare_style[] = "# 2.4.1-4 (7d8c0e5759): /srv/dovecot.conf\n"
				 "dovecot_config_version = 2.4.1\n"
				 "mail_driver = maildir\n"
				 "mail_path = /var/vmail/%{user | domain}/%{user | username}\n"
				 "service auth {\n"
				 "  unix_listener auth-userdb {\n"
				 "  }\n"
				 "}\n";

static void a_2_4_host_has_the_usual_sockets(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot\0-F\0-c\0/srv/dovecot.conf");
	put_doveconf("/srv/dovecot.conf", bare_style);
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_AUTH_SOCKET), "/run/dovecot/login/login", "/run/dovecot/auth-client",
		    "/run/dovecot/auth-login", "/run/dovecot/token-login/tokenlogin");
	discovery_done(&found);
}

static void a_2_4_host_is_understood(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot\0-F\0-c\0/srv/dovecot.conf");
	put_doveconf("/srv/dovecot.conf", new_style);
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.servers[0].version, "2.4.1-4");
	assert_watched(WATCHED(found, WATCH_AUTH_SOCKET), "/run/dovecot/login/login",
		    "/run/dovecot/auth-postfix");
	assert_watched(WATCHED(found, WATCH_MAIL_ROOT), "/var/vmail/%d/%n/Maildir", "/srv/mail/%u/Maildir");
	assert_watched(WATCHED(found, WATCH_STORE), "/srv/users", "/var/lib/dovecot.sqlite");
	assert_int_equal(found.problems.count, 0);
	discovery_done(&found);
}

static void a_2_4_host_names_its_databases_in_its_own_file(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot\0-c\0/srv/dovecot.conf");
	put_doveconf("/srv/dovecot.conf", "# 2.4.1-4 (7d8c0e5759): /srv/dovecot.conf\n"
					  "libexec_dir = /usr/lib/dovecot\n"
					  "mail_driver = maildir\n"
					  "mail_path = /srv/%{user | domain}/%{user | username}\n"
					  "sql_driver = pgsql\n"
					  "ldap_uris = ldap://192.0.2.1\n"
					  "pgsql db.example {\n"
					  "  port = 5433\n"
					  "}\n"
					  "passdb sql {\n"
					  "}\n"
					  "passdb ldap {\n"
					  "}\n");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_STORE), "/srv/dovecot.conf", "inet:db.example:5433",
		    "inet:192.0.2.1:389");
	assert_int_equal(found.problems.count, 0);
	discovery_done(&found);
}

static void system_users_have_their_mail_at_home_and_in_the_spool(void **state)
{
	struct discovery found;

	(void)state;
	put_file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"
				"ann:x:1000:1000::/srv/home/ann:/bin/sh\n"
				"web:x:1001:1001::/var/www:/bin/sh\n");
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", "# 2.3.19.1 (9b53102964): x\n"
						  "libexec_dir = /usr/lib/dovecot\n"
						  "mail_location = mbox:~/mail:INBOX=/var/mail/%u\n"
						  "passdb {\n"
						  "  driver = pam\n"
						  "}\n"
						  "userdb {\n"
						  "  driver = passwd\n"
						  "}\n");
	discovery_run(host, &found);
	assert_watched(WATCHED(found, WATCH_MAIL_ROOT), "mbox:/srv/home/%n/mail", "/var/mail/%u");
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/shadow");
	assert_true(watch_entries_has(WATCHED(found, WATCH_STORE_READER), "/usr/sbin/unix_chkpwd"));
	assert_true(watch_entries_has(WATCHED(found, WATCH_STORE_READER), "/usr/lib/dovecot/auth"));
	discovery_done(&found);
}

static void what_cannot_be_derived_names_the_key_to_set(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", "# 2.3.19.1 (9b53102964): x\n"
						  "libexec_dir = /usr/lib/dovecot\n"
						  "mail_location = maildir:~/Maildir\n"
						  "passdb {\n"
						  "  args = /etc/dovecot/sql.conf\n"
						  "  driver = sql\n"
						  "}\n"
						  "userdb {\n"
						  "  args = /etc/dovecot/sql.conf\n"
						  "  driver = sql\n"
						  "}\n");
	put_file("/etc/dovecot/sql.conf",
		 "driver = cassandra\nconnect = host=db password=marker-secret dbname=mail\n");
	discovery_run(host, &found);
	assert_int_equal(WATCHED(found, WATCH_MAIL_ROOT)->count, 0);
	assert_watched(WATCHED(found, WATCH_STORE), "/etc/dovecot/sql.conf");
	assert_list(&found.problems,
		    "dovecot keeps mail in '~/Maildir' and the home directories are known to "
		    "userdb sql only: set [mail] root, such as /var/vmail/%d/%n/Maildir",
		    "dovecot asks a database server (cassandra) for credentials, but where it "
		    "listens was not found: set [credentials] store to its socket or to "
		    "inet:HOST:PORT");
	discovery_done(&found);
}

static void a_doveconf_that_fails_is_a_problem(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot\0-c\0/elsewhere.conf");
	put_doveconf("/etc/dovecot/dovecot.conf", old_style);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_list(&found.problems,
		    "dovecot (process 321): 'doveconf -c /elsewhere.conf' failed (Input/output "
		    "error), so set [auth] socket, [mail] root and [credentials] store");
	discovery_done(&found);
}

static void a_doveconf_that_others_can_change_is_not_run(void **state)
{
	_cleanup_free_ char *place = NULL;
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", old_style);
	place = xasprintf("%s/usr/bin/doveconf", host);
	assert_int_equal(chmod(place, 0777), 0);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.problems.count, 1);
	assert_non_null(strstr(found.problems.items[0], "dovecot (process 321): doveconf is not run: "));
	assert_non_null(strstr(found.problems.items[0], "/usr/bin/doveconf belongs to user "));
	discovery_done(&found);
}

static void a_dovecot_in_a_container_is_a_problem(void **state)
{
	struct discovery found;

	(void)state;
	put_process(77, "/usr/sbin/dovecot", "dovecot", 8, "/proc");
	put_doveconf("/etc/dovecot/dovecot.conf", old_style);
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_list(&found.problems,
		    "/usr/sbin/dovecot (process 77) runs in a file system of its own: name its "
		    "files as this host sees them with [mail] root and [credentials] store");
	discovery_done(&found);
}

static void two_processes_of_one_instance_are_one_server(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_process(322, "/usr/sbin/dovecot (deleted)", "dovecot", 8, host);
	put_doveconf("/etc/dovecot/dovecot.conf", old_style);
	put_file("/etc/dovecot/dovecot-sql.conf.ext", "");
	discovery_run(host, &found);
	assert_int_equal(found.count, 1);
	discovery_done(&found);
}

static void a_host_without_mail_server_says_what_to_set(void **state)
{
	struct discovery found;

	(void)state;
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_list(&found.problems,
		    "no running mail server was recognised: start it before waxseald, or set "
		    "[auth] socket, [mail] root and [credentials] store");
	discovery_done(&found);
}

static void garbage_from_doveconf_is_no_server(void **state)
{
	struct discovery found;

	(void)state;
	put_dovecot("/usr/sbin/dovecot");
	put_doveconf("/etc/dovecot/dovecot.conf", "}\n}\nservice {\n");
	discovery_run(host, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.problems.count, 1);
	discovery_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(a_2_3_host_is_understood),
		on_host(the_file_of_last_logins_is_found),
		on_host(a_2_4_host_is_understood),
		on_host(a_2_4_host_has_the_usual_sockets),
		on_host(a_2_4_host_names_its_databases_in_its_own_file),
		on_host(system_users_have_their_mail_at_home_and_in_the_spool),
		on_host(what_cannot_be_derived_names_the_key_to_set),
		on_host(a_doveconf_that_fails_is_a_problem),
		on_host(a_doveconf_that_others_can_change_is_not_run),
		on_host(a_dovecot_in_a_container_is_a_problem),
		on_host(two_processes_of_one_instance_are_one_server),
		on_host(a_host_without_mail_server_says_what_to_set),
		on_host(garbage_from_doveconf_is_no_server),
	};

	return cmocka_run_group_tests_name("discover/discovery", tests, NULL, NULL);
}
