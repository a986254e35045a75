/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * week ROSTER TRUTH [KEY=VALUE | SCENE ...]
 *
 * Writes the trace of an invented mail host to standard output, the list of its accounts to ROSTER
 * and what was hostile to TRUTH: TIME SOURCE ACCOUNT success|failure|read|cover|bot COUNT,
 * tab-separated. The same words make the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "scene.h"

#define SCENES_MAX 8
#define KEY(name)                                                                                  \
	{                                                                                          \
#name, offsetof(struct keys, name)                                                 \
	}

static const struct {
	const char *name;
	size_t offset;
} key_names[] = {
	KEY(seed),	    KEY(accounts),  KEY(tenants), KEY(skew),	   KEY(days),
	KEY(used),	    KEY(cancelled), KEY(webmail), KEY(offices),	   KEY(desktop),
	KEY(pop3),	    KEY(office),    KEY(ipv6),	  KEY(rotating),   KEY(nat64),
	KEY(carrier_exits), KEY(typo),	    KEY(wrong),	  KEY(changed),	   KEY(devices),
	KEY(travel),	    KEY(wakes),	    KEY(mail),	  KEY(bots),	   KEY(bots_known),
	KEY(bots_tries),    KEY(zones),	    KEY(dst),	  KEY(season),	   KEY(season_from),
	KEY(season_until),  KEY(reserved),  KEY(moved),	  KEY(renumbered), KEY(day),
	KEY(hour),	    KEY(hours),	    KEY(rate),	  KEY(right),	   KEY(known),
	KEY(people),	    KEY(sources),   KEY(spread),  KEY(own),	   KEY(reads),
	KEY(form),	    KEY(count),
};

static const struct keys usual = {
	.seed = 1,
	.accounts = 20000,
	.tenants = 8,
	.skew = .8,
	.days = 14,
	.used = .5,
	.cancelled = .1,
	.webmail = 0,
	.offices = .35,
	.desktop = .5,
	.pop3 = .15,
	.ipv6 = .3,
	.rotating = .1,
	.nat64 = 0,
	.typo = .01,
	.wrong = .02,
	.changed = .004,
	.devices = .003,
	.travel = .006,
	.wakes = .001,
	.mail = 12,
	.bots = 6,
	.bots_known = .4,
	.bots_tries = 1.5,
	.zones = 0,
	.day = 8,
	.hour = 10,
	.hours = 2,
	.rate = 60,
	.right = 0,
	.known = 1,
	.people = 10,
	.sources = 1,
	.own = 1,
	.count = 1,
};

static double *key_of(struct keys *keys, const char *word)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++)
		if (strlen(key_names[i].name) == length &&
		    strncmp(word, key_names[i].name, length) == 0)
			return (double *)((char *)keys + key_names[i].offset);
	return NULL;
}

static const struct scene *scene_named(const char *name)
{
	for (const struct scene *scene = life_scenes; scene->name; scene++)
		if (strcmp(scene->name, name) == 0)
			return scene;
	for (const struct scene *scene = attack_scenes; scene->name; scene++)
		if (strcmp(scene->name, name) == 0)
			return scene;
	return NULL;
}

static void refuse(const char *word)
{
	fprintf(stderr, "week: %s: neither KEY=NUMBER nor a scene\n", word);
	exit(2);
}

/* Returns the number of scenes. */
static size_t read_words(struct keys *keys, char **words, const struct scene **ret_scenes)
{
	size_t n = 0;

	for (; *words; words++) {
		const char *value = strchr(*words, '=');
		char *end;

		if (value) {
			double *key = key_of(keys, *words);

			if (!key)
				refuse(*words);
			*key = strtod(value + 1, &end);
			if (*end || end == value + 1)
				refuse(*words);
		} else if (n == SCENES_MAX || !(ret_scenes[n++] = scene_named(*words))) {
			refuse(*words);
		}
	}
	return n;
}

static FILE *created(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file)
		return file;
	perror(path);
	exit(1);
}

int main(int argc, char **argv)
{
	struct host host = {.keys = usual};
	const struct scene *scenes[SCENES_MAX] = {0};
	size_t n_scenes;
	FILE *roster, *truth;

	if (argc < 3)
		refuse("ROSTER TRUTH");
	n_scenes = read_words(&host.keys, argv + 3, scenes);
	if (host.keys.days > DAYS_MAX || host.keys.accounts < 200 ||
	    host.keys.tenants > host.keys.accounts)
		refuse("days, accounts or tenants");
	if (fabs(host.keys.spread) >= host.keys.tenants + (host.keys.spread >= 0))
		refuse("spread");
	host_make(&host);
	roster = created(argv[1]);
	host_write_roster(&host, roster);
	if (fclose(roster))
		return 1;
	truth = created(argv[2]);
	puts("#waxseal-trace 1");
	for (int day = 0; day < host.calendar.n_days; day++) {
		host_day(&host, day);
		for (size_t i = 0; i < n_scenes; i++)
			scenes[i]->day(&host, day);
		/* A zone may move a login to the day before: that one is written a day late. */
		if (day > 0)
			calendar_write(&host.calendar, day - 1, &host.names, stdout, truth);
	}
	if (host.calendar.n_days > 0)
		calendar_write(&host.calendar, host.calendar.n_days - 1, &host.names, stdout,
			       truth);
	free(host.first);
	free(host.states);
	return fclose(truth) || fflush(stdout) ? 1 : 0;
}
