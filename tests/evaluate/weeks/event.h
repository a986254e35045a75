/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens on the host, collected by day and written in order of time. */
#ifndef WAX_WEEKS_EVENT_H
#define WAX_WEEKS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define START INT64_C(1774224000) /* Monday, 2026-03-23 00:00 UTC */
#define DAY INT64_C(86400)
#define DAYS_MAX 64
#define MS INT64_C(1000)

struct address {
	uint64_t high, low; /* high 0: IPv4 in low; both 0: none */
};

enum kind { AUTH_SUCCESS, AUTH_FAILURE, READ };
/* Of nobody in particular, of one attack, what prepares or covers it, or of those who guess
 * everywhere. */
enum intent { INNOCENT, HOSTILE, COVER, BOT };
enum service { IMAP, POP3, SMTP };
/* How a name is written: as it is, mistyped, or a name that nobody has. */
enum form { FORM_RIGHT, FORM_MISTYPED, FORM_ROLE = 16, FORM_FORMER, FORM_JUNK };

struct event {
	int64_t time_ms;
	struct address source;
	uint32_t account; /* its number; of FORM_JUNK any number */
	uint32_t count;
	uint32_t bytes;
	uint8_t kind, service, form, actor;
	uint8_t intent;
};

struct event_list {
	struct event *items;
	size_t count, room;
};

struct names {
	uint32_t n_tenants;
	const uint32_t *first; /* account of each tenant, and one past the last */
};

struct calendar {
	struct event_list days[DAYS_MAX];
	int n_days;
	int64_t stopped_ms, stopped_for_ms; /* the clock is set back: 0, or when, and how far */
	int64_t down_ms, down_for_ms;	    /* every login fails: 0, or when, and how long */
};

void *grown(void *items, size_t size);
/* What lies outside of the calendar's days is dropped. */
void calendar_add(struct calendar *calendar, struct event event);
/* Writes and forgets a day; what is not innocent goes to `truth`, too. */
void calendar_write(struct calendar *calendar, int day, const struct names *names, FILE *out,
		    FILE *truth);

uint32_t tenant_of(const struct names *names, uint32_t account);
/* Writes the name with its end; returns its length. */
size_t name_write(char *to, const struct names *names, uint32_t account, enum form form);

#endif
