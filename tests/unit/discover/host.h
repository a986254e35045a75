/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder that looks like a host: its own /proc, and a doveconf that prints what a test wants. */
#ifndef WAX_TESTS_UNIT_DISCOVER_HOST_H
#define WAX_TESTS_UNIT_DISCOVER_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/discovery.h"

static char host[64];

/* Makes the folders above and the file; mode 0755. */
static inline void put_file(const char *path, const char *text)
{
	_cleanup_free_ char *place = xasprintf("%s%s", host, path);
	FILE *file;

	for (char *slash = strchr(place + strlen(host) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(place, 0755);
		*slash = '/';
	}
	file = fopen(place, "we");
	assert_non_null(file);
	fputs(text, file);
	fchmod(fileno(file), 0755);
	fclose(file);
}

static inline void put_link(const char *path, const char *target)
{
	_cleanup_free_ char *place = xasprintf("%s%s", host, path);

	assert_int_equal(symlink(target, place), 0);
}

static inline int make_host(void **state)
{
	(void)state;
	snprintf(host, sizeof(host), "/tmp/waxseal-host-XXXXXX");
	if (!mkdtemp(host))
		return -1;
	put_file("/proc/version", "");
	put_file("/proc/1/cmdline", "/sbin/init");
	put_link("/proc/1/exe", "/bin/true");
	put_file("/usr/sbin/dovecot", "");
	put_file("/usr/lib/dovecot/auth", "");
	put_file("/usr/lib/dovecot/lmtp", "");
	put_file("/usr/sbin/unix_chkpwd", "");
	return 0;
}

static inline int remove_host(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -r '%s'", host);

	(void)state;
	return system(command);
}

static inline void put_users(int pid, unsigned int real, unsigned int effective)
{
	_cleanup_free_ char *status = xasprintf("Name:\tx\nUid:\t%u\t%u\t%u\t%u\n", real, effective,
						effective, effective);
	_cleanup_free_ char *place = xasprintf("/proc/%d/status", pid);
	_cleanup_free_ char *stat = xasprintf("/proc/%d/stat", pid);

	put_file(place, status);
	put_file(stat, "321 (a) b) c) S 1 321 321 0 -1 4194560 2000 0 0 0 1 2 0 0 20 0 1 0 900 0\n");
}

static inline void put_process(int pid, const char *executable, const char *command_line, size_t len,
			const char *root)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	put_file(path, "");
	{
		_cleanup_free_ char *place = xasprintf("%s%s", host, path);

		file = fopen(place, "we");
		assert_non_null(file);
		assert_int_equal(fwrite(command_line, 1, len, file), len);
		fclose(file);
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	{
		_cleanup_free_ char *place = xasprintf("%s%s", host, executable);

		if (access(place, F_OK) < 0)
			put_file(executable, "");
		put_link(path, place);
	}
	put_users(pid, geteuid(), geteuid());
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	put_link(path, root);
}

#define put_dovecot(command_line)                                                                  \
	put_process(321, "/usr/sbin/dovecot", command_line, sizeof(command_line), host)

/* A doveconf that prints text when asked for the configuration it expects. */
static inline void put_doveconf(const char *config, const char *text)
{
	_cleanup_free_ char *script = xasprintf(
		"#!/bin/sh\n[ \"$*\" = '-c %s' ] || exit 89\ncat <<'END'\n%sEND\n", config, text);

	put_file("/usr/bin/doveconf", script);
}

static inline void assert_texts(const struct strlist *texts, const char *const *expected)
{
	for (size_t i = 0; expected[i]; i++) {
		if (i >= texts->count)
			fail_msg("'%s' is missing", expected[i]);
		assert_string_equal(texts->items[i], expected[i]);
	}
	for (size_t i = 0; i < texts->count; i++)
		if (!expected[i])
			fail_msg("'%s' is too many", texts->items[i]);
}

#define assert_list(texts, ...) assert_texts(texts, (const char *const[]){__VA_ARGS__, NULL})

static inline void assert_names(const struct watch_entries *entries, const char *const *expected)
{
	for (size_t i = 0; expected[i]; i++) {
		if (i >= entries->count)
			fail_msg("'%s' is missing", expected[i]);
		assert_string_equal(entries->items[i].name, expected[i]);
	}
	for (size_t i = 0; i < entries->count; i++)
		if (!expected[i])
			fail_msg("'%s' is too many", entries->items[i].name);
}

/* Of the first server that was found. */
#define WATCHED(found, role) (&(found).servers[0].watch.of[role])
#define assert_watched(entries, ...) assert_names(entries, (const char *const[]){__VA_ARGS__, NULL})

#define on_host(test) cmocka_unit_test_setup_teardown(test, make_host, remove_host)

#endif
