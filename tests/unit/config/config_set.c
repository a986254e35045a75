/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One key at a time; what files say is the subject of config.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "config/config.h"

/* Without a host nothing could be sent; the address may hold a password and is not repeated. */
static void an_url_has_a_host(void **state)
{
	static const char *const wrong[] = {"ftp://h/", "http://", "https:///x", "http://:80/",
					    "http://user:word@", "http://h x/", "h"};
	static const char *const right[] = {"http://h", "https://user:word@h:1/x?y=z@",
					    "http://[::1]:1/"};
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(config_set(&config, "alert webhook", "url", wrong[i], problem),
				 -EINVAL);
		assert_string_equal(problem, "[alert webhook] url: is not the address of a web service; "
					     "allowed: http://... or https://...");
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_int_equal(config_set(&config, "alert webhook", "url", right[i], problem), 0);
	assert_int_equal(config_set(&config, "auth", "socket", "inet:a b:1", problem), -EINVAL);
	config_done(&config);
}

static void a_key_of_an_earlier_version_sets_the_one_of_today(void **state)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;

	(void)state;
	config_init(&config);
	assert_int_equal(config_set(&config, "maps", "connections", "4096", problem), 0);
	assert_int_equal(config.auth_connections, 4096);
	config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_url_has_a_host),
		cmocka_unit_test(a_key_of_an_earlier_version_sets_the_one_of_today),
	};

	return cmocka_run_group_tests_name("config/config_set", tests, NULL, NULL);
}
