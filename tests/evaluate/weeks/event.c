/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Millions of lines a run: numbers and names are written by hand. */
#include "event.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"

static const char *const given[] = {
	"anna",	 "bernd", "carla", "dieter", "elke",  "frank", "gerd", "heike",
	"ines",	 "jonas", "karin", "lukas",  "maria", "nils",  "olga", "peter",
	"quinn", "ruth",  "sven",  "tanja",  "udo",   "vera",  "wim",  "yvonne",
};
static const char *const family[] = {
	"abel",	 "berger", "conrad", "dorn",  "ernst",	"falk",	 "graf",  "huber",
	"ihde",	 "jansen", "koch",   "lang",  "maier",	"noack", "otto",  "peters",
	"quast", "roth",   "sommer", "thoma", "ulrich", "vogt",	 "weber", "ziegler",
};
static const char *const roles[] = {
	"info",	   "admin",  "test",	"office", "sales", "support", "scan",	 "contact",
	"billing", "backup", "noreply", "user",	  "mail",  "hr",      "printer", "webmaster",
};
static const char *const trades[] = {"praxis", "verein", "kanzlei", "schule", "laden", "werk"};
static const char *const services[] = {"imap", "pop3", "smtp"};
static const char *const actors[] = {"/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3",
				     "/usr/bin/rsync", "/usr/bin/tar"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void *grown(void *items, size_t size)
{
	items = realloc(items, size);
	if (!items)
		abort();
	return items;
}

void calendar_add(struct calendar *calendar, struct event event)
{
	int64_t day = event.time_ms / (DAY * 1000) - START / DAY;
	struct event_list *list;

	if (event.time_ms < START * 1000 || day >= calendar->n_days || event.count == 0)
		return;
	list = &calendar->days[day];
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 4096;
		list->items = grown(list->items, list->room * sizeof(*list->items));
	}
	list->items[list->count++] = event;
}

static size_t put_text(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length);
	return length;
}

static size_t put_number(char *to, uint64_t number)
{
	char digits[24];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

static size_t put_address(char *to, struct address address)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
	size_t n = 0;

	if (address.high == 0 && address.low == 0)
		return put_text(to, "-");
	if (address.high == 0) {
		for (int shift = 24; shift >= 0; shift -= 8) {
			n += put_number(to + n, address.low >> shift & 255);
			if (shift)
				to[n++] = '.';
		}
		return n;
	}
	for (int i = 0; i < 8; i++) {
		bytes[i] = (unsigned char)(address.high >> (56 - 8 * i));
		bytes[8 + i] = (unsigned char)(address.low >> (56 - 8 * i));
	}
	inet_ntop(AF_INET6, bytes, text, sizeof(text));
	return put_text(to, text);
}

uint32_t tenant_of(const struct names *names, uint32_t account)
{
	uint32_t low = 0, high = names->n_tenants;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (names->first[middle] <= account)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static size_t put_tenant(char *to, uint32_t tenant)
{
	size_t n = put_text(to, trades[tenant % COUNT(trades)]);

	n += put_number(to + n, tenant);
	return n + put_text(to + n, ".example");
}

static size_t put_person(char *to, uint32_t number, const char *between)
{
	uint64_t stirred = stir(number);
	size_t n = put_text(to, given[stirred % COUNT(given)]);

	n += put_text(to + n, between);
	n += put_text(to + n, family[(stirred >> 8) % COUNT(family)]);
	return n + put_number(to + n, number);
}

/* A letter is lost, doubled, or stands in the wrong place. */
static size_t mistype(char *name, size_t length, uint32_t how)
{
	size_t at = 1 + how % 4;

	switch (how % 3) {
	case 0: memmove(name + at, name + at + 1, length - at - 1); return length - 1;
	case 1: memmove(name + at + 1, name + at, length - at); return length + 1;
	default:
		if (name[at] == name[at + 1])
			return mistype(name, length, how + 1);
		name[at] ^= name[at + 1];
		name[at + 1] ^= name[at];
		name[at] ^= name[at + 1];
		return length;
	}
}

size_t name_write(char *to, const struct names *names, uint32_t account, enum form form)
{
	size_t n;

	if (form == FORM_JUNK) {
		n = put_text(to, roles[stir(account) % COUNT(roles)]);
		n += put_text(to + n, "@junk");
		n += put_number(to + n, account);
		return n + put_text(to + n, ".example");
	}
	if (form == FORM_ROLE)
		n = put_text(to, roles[stir(account) % COUNT(roles)]);
	else if (form == FORM_FORMER)
		n = put_person(to, account, "-");
	else
		n = put_person(to, account, ".");
	if (form >= FORM_MISTYPED && form < FORM_ROLE)
		n = mistype(to, n, form - FORM_MISTYPED);
	to[n++] = '@';
	return n + put_tenant(to + n, tenant_of(names, account));
}

static size_t put_time(char *to, int64_t time_ms)
{
	size_t n = put_number(to, (uint64_t)time_ms / 1000);

	to[n++] = '.';
	to[n++] = (char)('0' + time_ms / 100 % 10);
	to[n++] = (char)('0' + time_ms / 10 % 10);
	to[n++] = (char)('0' + time_ms % 10);
	return n;
}

static void write_event(const struct event *event, const struct names *names, FILE *out)
{
	bool is_auth = event->kind != READ;
	bool is_session = event->source.high || event->source.low;
	char line[512];
	size_t n = put_time(line, event->time_ms);

	n += put_text(line + n, is_auth ? "\tauth\t" : "\tread\t");
	n += put_text(line + n, is_session ? services[event->service] : "-");
	line[n++] = '\t';
	n += put_address(line + n, event->source);
	line[n++] = '\t';
	n += name_write(line + n, names, event->account, event->form);
	n += put_text(line + n, !is_auth		      ? "\t-\t"
				: event->kind == AUTH_SUCCESS ? "\tsuccess\t"
							      : "\tfailure\t");
	n += put_number(line + n, event->count);
	line[n++] = '\t';
	n += is_auth ? put_text(line + n, "-") : put_number(line + n, event->bytes);
	line[n++] = '\t';
	n += put_text(line + n, is_auth ? "-" : actors[event->actor]);
	line[n++] = '\n';
	fwrite(line, 1, n, out);
}

/* TIME SOURCE ACCOUNT success|failure|read|cover|bot COUNT */
static void write_truth(const struct event *event, const struct names *names, FILE *truth)
{
	static const char *const words[] = {"\tsuccess\t", "\tfailure\t", "\tread\t"};
	char line[512];
	size_t n = put_time(line, event->time_ms);

	line[n++] = '\t';
	n += put_address(line + n, event->source);
	line[n++] = '\t';
	n += name_write(line + n, names, event->account, event->form);
	n += put_text(line + n, event->intent == BOT	 ? "\tbot\t"
				: event->intent == COVER ? "\tcover\t"
							 : words[event->kind]);
	n += put_number(line + n, event->count);
	line[n++] = '\n';
	fwrite(line, 1, n, truth);
}

static int in_order(const void *a, const void *b)
{
	const struct event *one = a, *two = b;

	if (one->time_ms != two->time_ms)
		return one->time_ms < two->time_ms ? -1 : 1;
	/* Whatever the C library's sort does, two runs are the same. */
	if (one->account != two->account)
		return one->account < two->account ? -1 : 1;
	if (one->kind != two->kind)
		return one->kind < two->kind ? -1 : 1;
	return memcmp(&one->source, &two->source, sizeof(one->source));
}

/* By second first, then each second by itself. */
static void sort_day(struct event_list *list, int64_t begin_ms)
{
	size_t *at = calloc(DAY + 1, sizeof(*at));
	struct event *sorted = grown(NULL, (list->count + 1) * sizeof(*sorted));

	if (!at)
		abort();
	for (size_t i = 0; i < list->count; i++)
		at[(list->items[i].time_ms - begin_ms) / 1000 + 1]++;
	for (int64_t i = 0; i < DAY; i++)
		at[i + 1] += at[i];
	for (size_t i = 0; i < list->count; i++)
		sorted[at[(list->items[i].time_ms - begin_ms) / 1000]++] = list->items[i];
	for (int64_t i = 0; i < DAY; i++) {
		size_t from = i ? at[i - 1] : 0;

		if (at[i] - from > 1)
			qsort(sorted + from, at[i] - from, sizeof(*sorted), in_order);
	}
	free(at);
	free(list->items);
	list->items = sorted;
}

void calendar_write(struct calendar *calendar, int day, const struct names *names, FILE *out,
		    FILE *truth)
{
	struct event_list *list = &calendar->days[day];
	int64_t from_ms = calendar->stopped_ms, until_ms = from_ms + calendar->stopped_for_ms;

	if (list->count > 0)
		sort_day(list, (START + day * DAY) * 1000);
	for (size_t i = 0; i < list->count; i++) {
		struct event *event = &list->items[i];

		if (event->time_ms > from_ms && event->time_ms < until_ms)
			event->time_ms = from_ms;
		if (event->kind == AUTH_SUCCESS && event->time_ms >= calendar->down_ms &&
		    event->time_ms < calendar->down_ms + calendar->down_for_ms) {
			event->kind = AUTH_FAILURE;
			event->count *= 3;
		}
		write_event(event, names, out);
		if (event->intent != INNOCENT)
			write_truth(event, names, truth);
	}
	free(list->items);
	*list = (struct event_list){0};
}
