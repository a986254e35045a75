/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other programs' shipped rules would have said of a trace on standard input, each modelled
 * from its published defaults. One line per alert: TIME POLICY SOURCE.
 *
 *	fail2ban	5 failures of an address within 600 s; then banned for 600 s
 *	crowdsec	leaky bucket of 3, a leak each 360 s; then banned for 4 h
 *	crowdsec-slow	the same with 3600 s
 *	wforce		more than 50 mailboxes failing from an address within an hour (its rule counts
 *			different wrong passwords, which a trace does not hold)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (1U << 22)
#define KEPT 5

struct source {
	char address[40];
	double failures[KEPT]; /* times, a ring */
	unsigned int n;
	double level[2], level_time[2], banned[4];
	double hour;
	unsigned int hourly;
	uint64_t last_account;
};

static struct source *sources;

static uint64_t mark(const char *text)
{
	uint64_t hash = UINT64_C(1469598103934665603);

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * UINT64_C(1099511628211);
	return hash;
}

static struct source *source_of(const char *address)
{
	size_t at = mark(address) % SLOTS;

	while (sources[at].address[0] && strcmp(sources[at].address, address) != 0)
		at = (at + 1) % SLOTS;
	strcpy(sources[at].address, address);
	return &sources[at];
}

static void alert(struct source *source, double now, int policy, double ban)
{
	static const char *const names[] = {"fail2ban", "crowdsec", "crowdsec-slow", "wforce"};

	printf("%.3f\t%s\t%s\n", now, names[policy], source->address);
	source->banned[policy] = now + ban;
}

static void judge_fail2ban(struct source *source, double now)
{
	source->failures[source->n++ % KEPT] = now;
	if (source->banned[0] > now || source->n < KEPT ||
	    now - source->failures[source->n % KEPT] > 600)
		return;
	alert(source, now, 0, 600);
	source->n = 0;
}

static void judge_bucket(struct source *source, double now, int i, double leak)
{
	source->level[i] -= (now - source->level_time[i]) / leak;
	source->level[i] = source->level[i] > 0 ? source->level[i] : 0;
	source->level_time[i] = now;
	if (source->banned[1 + i] > now || ++source->level[i] <= 3)
		return;
	alert(source, now, 1 + i, 4 * 3600);
	source->level[i] = 0;
}

static void judge_wforce(struct source *source, double now, uint64_t account)
{
	if (now - source->hour > 3600) {
		source->hour = now;
		source->hourly = 0;
	}
	source->hourly += account != source->last_account;
	source->last_account = account;
	if (source->hourly > 50 && source->banned[3] <= now)
		alert(source, now, 3, 3600);
}

static void judge(struct source *source, double now, uint64_t account)
{
	judge_fail2ban(source, now);
	judge_bucket(source, now, 0, 360);
	judge_bucket(source, now, 1, 3600);
	judge_wforce(source, now, account);
}

int main(void)
{
	char line[512];

	sources = calloc(SLOTS, sizeof(*sources));
	while (fgets(line, sizeof(line), stdin)) {
		char address[40], account[128], outcome[16];
		struct source *source;
		unsigned int count;
		double now;

		if (sscanf(line, "%lf\tauth\t%*s\t%39s\t%127s\t%15s\t%u", &now, address, account,
			   outcome, &count) != 5 ||
		    strcmp(outcome, "failure") != 0)
			continue;
		source = source_of(address);
		while (count--)
			judge(source, now, mark(account));
	}
	return 0;
}
