/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of root's interpreters: those that are no path are in no map, not even for a
 * moment. */
#include "fixture.h"

#include <bpf/bpf.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "abi.h"

#define MARKER "Secret2k7argument"
/* How often the map must have been caught with an argument in it, and how often it is asked at
 * most. */
#define CAUGHT 100
#define ASKED 1000000

static char message[FIXTURE_PATH_BYTES];

static int start(void **state)
{
	static char root[96];
	static const char *roots[] = {root, NULL}, *interpreters[] = {"/bin/sh", NULL};

	(void)state;
	make_top("script");
	snprintf(root, sizeof(root), "%s/mail/%%d/%%n", top);
	make_file_below(message, "mail/isp1.test/alice/cur/1.eml:2,S", 0);
	watch_names(WATCH_MAIL_ROOT, roots);
	watch_names(WATCH_INTERPRETER, interpreters);
	open_sensors();
	return 0;
}

static int map_of_arguments(void)
{
	uint32_t id = 0;

	while (bpf_map_get_next_id(id, &id) == 0) {
		struct bpf_map_info info = {};
		uint32_t size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
		    strncmp(info.name, "script_argument", 15) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* A shell with this argument opens the message again and again, until it is killed. */
static pid_t open_with_argument(const char *option, const char *argument)
{
	char line[FIXTURE_PATH_BYTES + 64];
	int text[2];
	pid_t child;

	assert_int_equal(pipe(text), 0);
	snprintf(line, sizeof(line), "while :; do : < '%s'; done\n", message);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(text[0], 0);
		close(text[0]);
		close(text[1]);
		execl("/bin/sh", "sh", option, argument, NULL);
		_exit(77);
	}
	assert_int_equal(write(text[1], line, strlen(line)), strlen(line));
	close(text[0]);
	close(text[1]);
	return child;
}

/* Was the text in the map? One that is expected is looked for longer. */
static bool look_while_open(const char *option, const char *argument, const char *text,
			    bool is_expected)
{
	pid_t child = open_with_argument(option, argument);
	int fd = map_of_arguments(), status;
	unsigned int caught = 0;
	bool found = false;
	uint64_t thread = 0;

	assert_true(fd >= 0);
	/* what was caught may not be filled yet */
	for (int i = 0; i < ASKED && !found && caught < (is_expected ? ASKED : CAUGHT); i++) {
		char value[SCRIPT_BYTES] = {};

		if (thread == 0)
			(void)bpf_map_get_next_key(fd, NULL, &thread);
		if (thread == 0 || bpf_map_lookup_elem(fd, &thread, value) < 0)
			continue;
		caught++;
		found = memmem(value, sizeof(value), text, strlen(text)) != NULL;
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	close(fd);
	assert_true(caught > 0);
	return found;
}

static void a_path_is_looked_at(void **state)
{
	(void)state;
	assert_true(look_while_open("-s", "/" MARKER, MARKER, /* is_expected= */ true));
}

static void an_argument_that_is_no_path_is_in_no_map(void **state)
{
	(void)state;
	assert_false(look_while_open("-s", MARKER, MARKER, false));
	assert_false(look_while_open("-s", "Sx", "Sx", false));
	assert_false(look_while_open("-s", "password=" MARKER "/etc", MARKER, false));
}

static void an_option_is_in_no_map(void **state)
{
	(void)state;
	/* the shell's own name for an option, so that it goes on */
	assert_false(look_while_open("-su", MARKER, "su", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_looked_at),
		cmocka_unit_test(an_argument_that_is_no_path_is_in_no_map),
		cmocka_unit_test(an_option_is_in_no_map),
	};

	return cmocka_run_group_tests(tests, start, close_sensors);
}
