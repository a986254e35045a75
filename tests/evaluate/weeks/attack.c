/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who want in. What they do goes to the truth. */
#include "scene.h"

enum { FOE = 0x666f65 };

/* One who tries names from a list, from a network that changes. */
struct foe {
	struct host *host;
	struct chance chance;
	int64_t begin_ms, end_ms;
};

static struct foe foe_begin(struct host *host, uint64_t scene, double hours)
{
	const struct keys *keys = &host->keys;
	int64_t begin_ms = (START + (int64_t)(keys->day * DAY + keys->hour * 3600)) * 1000;

	return (struct foe){.host = host,
			    .chance = {stir3(host->seed ^ FOE, scene, 0)},
			    .begin_ms = begin_ms,
			    .end_ms = begin_ms + (int64_t)(hours * 3600e3)};
}

static void foe_auth(struct host *host, int64_t time_ms, struct address source, uint32_t account,
		     enum kind kind, enum form form)
{
	calendar_add(&host->calendar, (struct event){.time_ms = time_ms,
						     .source = source,
						     .account = account,
						     .count = 1,
						     .kind = kind,
						     .form = form,
						     .intent = HOSTILE});
}

/* What is no attempt itself: invented names, own accounts. */
static void foe_covers(struct host *host, int64_t time_ms, struct address source, uint32_t account,
		       enum kind kind, enum form form)
{
	calendar_add(&host->calendar, (struct event){.time_ms = time_ms,
						     .source = source,
						     .account = account,
						     .count = 1,
						     .kind = kind,
						     .form = form,
						     .intent = COVER});
}

static void foe_read(struct host *host, int64_t time_ms, struct address source, uint32_t account,
		     uint32_t count)
{
	/* Two messages a second. */
	while (count > 0) {
		uint32_t some = count < 10 ? count : 10;

		calendar_add(&host->calendar, (struct event){.time_ms = time_ms += 5000,
							     .source = source,
							     .account = account,
							     .count = some,
							     .bytes = some * 40000,
							     .kind = READ,
							     .intent = HOSTILE});
		count -= some;
	}
}

/* Of the first `spread` tenants, or all; below zero, of that tenant. With known=2 only accounts in
 * use. */
static uint32_t foe_account(struct foe *foe)
{
	struct host *host = foe->host;
	int spread = (int)host->keys.spread;
	uint32_t begin = spread < 0 ? host->first[-spread] : 0, account;
	uint32_t end = spread < 0   ? host->first[-spread + 1]
		       : spread > 0 ? host->first[spread]
				    : host->n_accounts;

	do
		account = begin + chance_below(&foe->chance, end - begin);
	while (host->states[account] == RESERVED ||
	       (host->keys.known > 1 && host->states[account] != IN_USE));
	return account;
}

/* Address of the n-th attempt: `sources` attempts each, or so many addresses in turn when it is
 * below zero. form=1: homes of people who have no account here, with the providers of those who
 * have. */
static struct address foe_address(const struct foe *foe, uint64_t n)
{
	double each = foe->host->keys.sources;
	uint64_t number = each < 0 ? n % (uint64_t)-each : n / (uint64_t)(each < 1 ? 1 : each);

	number += stir(foe->host->seed ^ FOE);
	if (foe->host->keys.form == 1)
		return (struct address){.low = (60 + 2 * (stir(number) % 12)) << 24 |
					       stir(~number) % (1U << 25)};
	if (foe->host->keys.form == 3)
		return (struct address){.low = (world_address(stir(foe->host->seed)).low & ~255UL) |
					       (number & 255)};
	return world_address(number);
}

/* One attempt with a list: does the name exist, is the password right, is the mailbox read? */
static void foe_tries(struct foe *foe, int64_t time_ms, struct address source)
{
	struct host *host = foe->host;
	uint32_t account = foe_account(foe);
	bool exists = chance_share(&foe->chance) < host->keys.known;
	bool right = exists && chance_share(&foe->chance) < host->keys.right &&
		     host->states[account] != CANCELLED;

	foe_auth(host, time_ms, source, account, right ? AUTH_SUCCESS : AUTH_FAILURE,
		 exists ? FORM_RIGHT : FORM_FORMER);
	if (right && host->keys.reads > 0)
		foe_read(host, time_ms + 20000 + chance_below(&foe->chance, 180000), source,
			 account, (uint32_t)host->keys.reads);
}

static int64_t foe_pause(struct foe *foe)
{
	return (int64_t)(-log(1 - chance_share(&foe->chance)) / foe->host->keys.rate * 3600e3);
}

/* `rate` attempts an hour for `hours`, from day and hour on. right: share of right passwords. */
static void attack_list(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 1, host->keys.hours);
	uint64_t n = 0;

	/* All at once: the calendar keeps it. */
	for (int64_t at = foe.begin_ms; day == 0 && at < foe.end_ms; at += foe_pause(&foe))
		foe_tries(&foe, at, foe_address(&foe, n++));
}

/* The same list for five minutes in every `count` hours. */
static void attack_pulsed(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 1, host->keys.hours);
	int64_t cycle_ms = (int64_t)(host->keys.count * 3600e3);
	uint64_t n = 0;

	for (int64_t at = foe.begin_ms; day == 0 && at < foe.end_ms; at += foe_pause(&foe)) {
		if ((at - foe.begin_ms) % cycle_ms > 300000)
			at += cycle_ms - (at - foe.begin_ms) % cycle_ms;
		foe_tries(&foe, at, foe_address(&foe, n++));
	}
}

/* A minute before: `count` failures at as many invented domains within two seconds. */
static void attack_flood(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 2, 0);

	for (uint32_t n = 0; day == 0 && n < host->keys.count; n++)
		foe_covers(host, foe.begin_ms - 60000 + chance_below(&foe.chance, 2000),
			   world_address(foe.chance.state), n, AUTH_FAILURE, FORM_JUNK);
}

/* Own accounts log in, once from each of the addresses of the list, in the week before. */
static void attack_seed(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 3, 0);
	int64_t week_ms = foe.begin_ms - START * 1000;

	for (uint32_t n = 0; day == 0 && n < host->keys.count; n++)
		for (uint32_t own = 0; own < host->keys.own; own++)
			foe_covers(host,
				   START * 1000 + (int64_t)((double)week_ms * .9 *
							    chance_share(&foe.chance)),
				   foe_address(&foe, n), 100 + own, AUTH_SUCCESS, FORM_RIGHT);
}

/* The same list, and after each attempt `count` logins of own accounts from the same address. */
static void attack_padded(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 1, host->keys.hours);
	uint64_t n = 0;

	for (int64_t at = foe.begin_ms; day == 0 && at < foe.end_ms; at += foe_pause(&foe)) {
		struct address source = foe_address(&foe, n++);

		foe_tries(&foe, at, source);
		for (uint32_t i = 0; i < host->keys.count; i++)
			foe_covers(host, at + 2000 * (i + 1), source,
				   100 + chance_below(&foe.chance, (uint32_t)host->keys.own),
				   AUTH_SUCCESS, FORM_RIGHT);
	}
}

/* One provider's /48, a new /64 for each attempt. */
static void attack_slash48(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 4, host->keys.hours);
	uint64_t prefix = UINT64_C(0x2a0e) << 48 | (stir(host->seed) & 0xffffffff) << 16;

	for (int64_t at = foe.begin_ms; day == 0 && at < foe.end_ms; at += foe_pause(&foe)) {
		struct address source = {.high = prefix | chance_below(&foe.chance, 65536),
					 .low = chance_next(&foe.chance) | 1};

		foe_tries(&foe, at, source);
	}
}

/* Somebody guesses `people` colleagues' accounts, `count` times each, behind the address of many:
 * the first tenant's office (form=0) or webmail (form=2); `right` of the last guesses are right. */
static void attack_inside(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 5, host->keys.hours);
	struct address source = host->keys.form > 0 ? host_webmail(host, (int)host->keys.day)
						    : host_office(host, 0, (int)host->keys.day);
	double total = host->keys.people * host->keys.count;
	double step_ms = (double)(foe.end_ms - foe.begin_ms) / total;

	for (uint32_t n = 0; day == 0 && n < total; n++) {
		uint32_t which = n / (uint32_t)host->keys.count;
		uint32_t account = (uint32_t)(stir3(host->seed, 5, which) % host->first[1]);
		bool last = n % (uint32_t)host->keys.count == host->keys.count - 1;
		bool right = last && host->states[account] != CANCELLED &&
			     chance_share(&foe.chance) < host->keys.right;
		int64_t at =
			foe.begin_ms + (int64_t)((n + .5 * chance_share(&foe.chance)) * step_ms);

		foe_auth(host, at, source, account, right ? AUTH_SUCCESS : AUTH_FAILURE, 0);
		if (right)
			foe_read(host, at + 20000, source, account, (uint32_t)host->keys.reads);
	}
}

/* Ten mailboxes in half a minute, the eleventh opens; from a new address. */
static void attack_hit(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 6, 0);
	struct address source = world_address(stir(host->seed ^ 6 ^ FOE));

	for (int n = 0; day == 0 && n < 11; n++) {
		uint32_t account = foe_account(&foe);

		while (n == 10 && host->states[account] != IN_USE)
			account = foe_account(&foe);
		foe_auth(host, foe.begin_ms + (int64_t)(n * host->keys.hours * 360e3), source,
			 account, n == 10 ? AUTH_SUCCESS : AUTH_FAILURE, 0);
		if (n == 10)
			foe_read(host, foe.begin_ms + (int64_t)(host->keys.hours * 3600e3) + 60000,
				 source, account, (uint32_t)host->keys.reads);
	}
}

/* One account, `rate` guesses an hour, from `sources` addresses in turn. */
static void attack_one(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 7, host->keys.hours);
	uint32_t account = foe_account(&foe);
	uint64_t n = 0;

	while (host->states[account] != IN_USE)
		account = foe_account(&foe);
	for (int64_t at = foe.begin_ms; day == 0 && at < foe.end_ms; at += foe_pause(&foe))
		foe_auth(host, at, foe_address(&foe, n++), account, AUTH_FAILURE, 0);
}

/* A program that nobody listed reads `people` mailboxes beside the server, once. */
static void attack_tar(struct host *host, int day)
{
	struct foe foe = foe_begin(host, 8, 0);

	for (uint32_t n = 0; day == 0 && n < host->keys.people; n++)
		calendar_add(&host->calendar, (struct event){.time_ms = foe.begin_ms + n * 700,
							     .account = foe_account(&foe),
							     .count = 200,
							     .bytes = 200 * 30000,
							     .kind = READ,
							     .actor = 3,
							     .intent = HOSTILE});
}

const struct scene attack_scenes[] = {
	{"list", attack_list},
	{"pulsed", attack_pulsed},
	{"flood", attack_flood},
	{"seed", attack_seed},
	{"padded", attack_padded},
	{"slash48", attack_slash48},
	{"inside", attack_inside},
	{"hit", attack_hit},
	{"one", attack_one},
	{"tar", attack_tar},
	{0},
};
