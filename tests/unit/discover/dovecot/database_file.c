/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Database and directory servers, as Dovecot's configuration files name them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/dovecot/dovecot.h"

static char folder[] = "/tmp/wax-database-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/db.conf", folder);
	(void)unlink(path);
	return rmdir(folder);
}

static void assert_stores(const struct discovery *found, const char *first, const char *second,
			  const char *third)
{
	const struct watch_entries *stores = &found->servers[0].watch.of[WATCH_STORE];
	const char *const expected[] = {first, second, third};

	for (size_t i = 0; i < ARRAY_LENGTH(expected) && expected[i]; i++) {
		assert_true(i < stores->count);
		assert_string_equal(stores->items[i].name, expected[i]);
	}
	assert_int_equal(stores->count, third ? 3 : 2);
}

/* Stores of a Dovecot whose only passdb is of this driver, with a file of its own. */
static void look_at_database(const char *driver, const char *file, struct discovery *ret)
{
	struct dovecot dovecot = {.root = folder, .executable = "/usr/sbin/dovecot",
				  .config = "/etc/dovecot.conf", .libexec = "/usr/lib/dovecot"};
	char conf[512], path[64];
	FILE *out;

	snprintf(conf, sizeof(conf),
		 "# 2.3.19.1 (9b53102964): x\n"
		 "passdb {\n  args = /db.conf\n  driver = %s\n}\n",
		 driver);
	snprintf(path, sizeof(path), "%s/db.conf", folder);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(file, out);
	fclose(out);
	*ret = (struct discovery){};
	assert_int_equal(doveconf_parse(conf, &dovecot.conf), 0);
	dovecot_add_stores(&dovecot, discovery_add_server(ret, &dovecot_kind, "2.3"), ret);
	doveconf_done(&dovecot.conf);
	assert_int_equal(ret->problems.count, 0);
}

static void database_servers_are_stores_where_they_listen(void **state)
{
	static const struct {
		const char *driver, *file, *store;
	} cases[] = {
		{"sql", "driver = mysql\nconnect = host=db password=marker-secret port=3307\n",
		 "inet:db:3307"},
		{"sql", "driver = mysql\nconnect = host=localhost password=host=x\n",
		 "/run/mysqld/mysqld.sock"},
		{"sql", "driver = mysql\nconnect = host=/var/run/mysqld/mysqld.sock user=a\n",
		 "/run/mysqld/mysqld.sock"},
		{"sql", "driver = pgsql\nconnect = dbname=mail password=marker-secret\n",
		 "/run/postgresql/.s.PGSQL.5432"},
		{"sql", "driver = pgsql\nconnect = host=/srv/pg port=5433\n",
		 "/srv/pg/.s.PGSQL.5433"},
		{"sql", "driver=pgsql\nconnect=host=127.0.0.1 dbname=mail\n",
		 "inet:127.0.0.1:5432"},
		{"ldap", "uris = ldap://[2001:db8::1]:3890/\ndnpass = marker-secret\n",
		 "inet:[2001:db8::1]:3890"},
		{"ldap", "uris = ldaps://ldap.example\n", "inet:ldap.example:636"},
		{"ldap", "uris = ldapi://%2fvar%2Frun%2Fslapd%2fldapi\n", "/run/slapd/ldapi"},
		{"ldap", "hosts = 192.0.2.1:3890\n", "inet:192.0.2.1:3890"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct discovery found;

		look_at_database(cases[i].driver, cases[i].file, &found);
		assert_stores(&found, "/db.conf", cases[i].store, NULL);
		discovery_done(&found);
	}
}

static void every_server_of_a_list_is_a_store(void **state)
{
	struct discovery found;

	(void)state;
	look_at_database("ldap", "uris = ldap://a.example ldap://b.example:3890\n", &found);
	assert_stores(&found, "/db.conf", "inet:a.example:389", "inet:b.example:3890");
	discovery_done(&found);
	look_at_database("sql", "driver = mysql\nconnect = host=a host=b user=u\n", &found);
	assert_stores(&found, "/db.conf", "inet:a:3306", "inet:b:3306");
	discovery_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(database_servers_are_stores_where_they_listen),
		cmocka_unit_test(every_server_of_a_list_is_a_store),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
