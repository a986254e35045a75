/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration file. What is accepted is in range; what is refused is refused in one line that
 * names the file. Nothing in it may hide behind a NUL.
 */
#include "config/config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

static void check_entries(const struct watch_entries *entries)
{
	must(entries->count <= WATCH_ENTRIES_CAP && entries->dropped == 0);
	for (size_t i = 0; i < entries->count; i++)
		must(entries->items[i].name[0] && strlen(entries->items[i].name) < 256);
}

static void check_detector(const struct detector_choice *choice)
{
	const struct detector_key *keys = choice->detector->keys;

	for (size_t i = 0; keys && keys[i].name; i++)
		must(choice->settings[i] >= keys[i].minimum &&
		     choice->settings[i] <= keys[i].maximum);
}

static void check(const struct config *config)
{
	must(config->state_dir[0] == '/' && config->runtime_dir[0] == '/');
	must(config->tick_us >= 100000 && config->tick_us <= 60000000);
	must(config->false_alarms_per_day >= 0.0001 && config->false_alarms_per_day <= 1000);
	must(config->learn_days >= 0 && config->learn_days <= 365);
	must(config->max_rows >= 1000 && config->max_rows <= 100000000);
	must(config->attempts >= 256 && config->attempts <= 4194304);
	for (int role = 0; role < WATCH_ROLES; role++)
		check_entries(&config->watch.of[role]);
	for (size_t i = 0; i < config->n_detectors; i++)
		check_detector(&config->detectors[i]);
}

static void write_file(int fd, const uint8_t *bytes, size_t size)
{
	must(ftruncate(fd, 0) == 0);
	must(pwrite(fd, bytes, size, 0) == (ssize_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char path[64];
	static int fd = -1;
	char problem[CONFIG_PROBLEM_BYTES] = "";
	struct config config;
	int r;

	if (fd < 0) {
		fd = memfd_create("waxseal.conf", 0);
		must(fd >= 0 && fchmod(fd, 0600) == 0); /* else anybody's */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	write_file(fd, bytes, size);
	r = config_load(path, true, &config, problem);
	must(r == 0 || (r == -EINVAL && strncmp(problem, path, strlen(path)) == 0));
	must(!strchr(problem, '\n'));
	if (r == 0) {
		must(!memchr(bytes, '\0', size));
		check(&config);
		config_done(&config);
	}
	return 0;
}
