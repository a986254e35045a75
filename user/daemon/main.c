/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseald: options, configuration, checks, and then the daemon. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/name_lookup.h"
#include "build_info.h"
#include "accounts/inventory.h"
#include "config/config.h"
#include "daemon/continuity.h"
#include "daemon/daemon.h"
#include "daemon/privilege.h"
#include "sensor/sensors.h"

#define NAME_WAIT_MS 5000
#define EXIT_USAGE 2 /* bad usage or configuration */

enum task { TASK_RUN, TASK_CHECK_CONFIG, TASK_DETACH, TASK_DOCTOR, TASK_VERSION, TASK_HELP };

struct options {
	enum task task;
	const char *config_path; /* NULL: the default */
};

static int waxseald_print_help(void)
{
	puts("Usage: waxseald [OPTION]...\n"
	     "Count logins and mailbox reads in the kernel, look for anomalies, raise alerts.\n"
	     "\n"
	     "  --config FILE   read FILE and FILE.d/*.conf instead of\n"
	     "                  " CONFIG_DEFAULT_PATH "\n"
	     "  --check-config  check the configuration and exit\n"
	     "  --detach        remove what outlives the daemon from the kernel and exit\n"
	     "  --version       print the version and exit\n"
	     "  --help          print this and exit\n"
	     "\n"
	     "Exit status: 0 ok, 1 runtime failure, 2 bad usage or configuration.\n"
	     "See waxseald(8) and waxseal.conf(5).");
	return EXIT_SUCCESS;
}

/* Returns 0, or -EINVAL after one line about what is wrong. */
static int parse_options(int argc, char **argv, struct options *ret)
{
	/* --doctor is for `waxseal doctor` when no daemon runs. */
	static const struct option longs[] = {
		{"check-config", no_argument, NULL, TASK_CHECK_CONFIG},
		{"detach", no_argument, NULL, TASK_DETACH},
		{"doctor", no_argument, NULL, TASK_DOCTOR},
		{"version", no_argument, NULL, TASK_VERSION},
		{"help", no_argument, NULL, TASK_HELP},
		{"config", required_argument, NULL, 'c'},
		{},
	};
	struct options options = {.task = TASK_RUN};
	int choice;

	while ((choice = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (choice == '?')
			return -EINVAL;
		if (choice == 'c')
			options.config_path = optarg;
		else
			options.task = choice;
	}
	if (optind < argc) {
		log_error("waxseald: unknown argument '%s'; see waxseald --help", argv[optind]);
		return -EINVAL;
	}
	*ret = options;
	return 0;
}

static int print_doctor(const struct config *config)
{
	bool is_fit;
	json_t *document = doctor_look(config, &is_fit);

	json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
	return is_fit ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int waxseald_run(const struct config *config)
{
	const char *lacking = privilege_lacking();
	char problem[512];

	if (lacking) {
		log_error("waxseald lacks %s: start it as root or by its systemd unit", lacking);
		return EXIT_FAILURE;
	}
	if (sensors_check(problem, sizeof(problem)) < 0) {
		log_error("%s", problem);
		return EXIT_FAILURE;
	}
	signal(SIGPIPE, SIG_IGN); /* a reader that hangs up is an error code, not our end */
	return daemon_run(config);
}

static void check_config_refuse(const struct config *config, const char *section, const char *name,
				const char *problem)
{
	const char *place = config_place(config, section, name);

	log_error("%s%s[%s] %s: %s", place ? place : "", place ? ": " : "", section, name, problem);
}

/* A group that does not exist would leave root alone, without a word. */
static int check_admin_group(const struct config *config)
{
	const char *name = config->admin_group;
	char problem[256];

	switch (*name ? name_lookup(NAME_GROUP, name, 0, NAME_WAIT_MS).state : NAME_FOUND) {
	case NAME_FOUND: return 0;
	case NAME_ABSENT:
		snprintf(problem, sizeof(problem),
			 "'%s': there is no such group; allowed: the name of a group, or nothing", name);
		break;
	default:
		snprintf(problem, sizeof(problem),
			 "the user database does not answer whether there is a group '%s'", name);
	}
	check_config_refuse(config, "http", "admin_group", problem);
	return -EINVAL;
}

static int check_config(const struct config *config)
{
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES] = "";

	if (check_admin_group(config) < 0)
		return EXIT_USAGE;

	if (config->roster && inventory_check_roster(config->roster, problem) < 0) {
		log_error("%s", problem); /* it says its own place: file and line */
		return EXIT_USAGE;
	}
	puts("configuration ok");
	return EXIT_SUCCESS;
}

static int run_task(enum task task, const struct config *config)
{
	switch (task) {
	case TASK_CHECK_CONFIG: return check_config(config);
	case TASK_DOCTOR: return print_doctor(config);
	case TASK_DETACH: return continuity_detach(config);
	default: return waxseald_run(config);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	struct config config;
	char problem[CONFIG_PROBLEM_BYTES];
	int status;

	privilege_close_descriptors();
	if (parse_options(argc, argv, &options) < 0)
		return EXIT_USAGE;
	if (options.task == TASK_HELP)
		return waxseald_print_help();
	if (options.task == TASK_VERSION) {
		puts("waxseald " WAXSEAL_VERSION " (" WAXSEAL_REVISION ")");
		return EXIT_SUCCESS;
	}
	if (config_load(options.config_path ? options.config_path : CONFIG_DEFAULT_PATH,
			options.config_path != NULL, &config, problem) < 0) {
		log_error("%s", problem);
		return EXIT_USAGE;
	}
	log_set_level(log_level_from_string(config.log_level));
	status = run_task(options.task, &config);
	config_done(&config);
	return status;
}
