/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a detector says: one subject, one sentence, and the evidence behind it. */
#ifndef WAX_MODEL_ALERT_H
#define WAX_MODEL_ALERT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/known_readers.h"

enum severity {
	SEVERITY_NOTICE,   /* for lists and dashboards */
	SEVERITY_WARNING,  /* for people, by day */
	SEVERITY_CRITICAL, /* for people, at once */
	SEVERITY_MAX,
	SEVERITY_INVALID = -22,
};

enum subject_kind {
	SUBJECT_ACCOUNT,
	SUBJECT_SOURCE,
	SUBJECT_TENANT,
	SUBJECT_ACTOR,
	SUBJECT_STORE,
	SUBJECT_SENSOR,
	SUBJECT_MAX,
	SUBJECT_INVALID = -22,
};

/* What happened to an account that an alert names; the worst is last. The ledger keeps the numbers. */
enum account_harm {
	HARM_NONEXISTENT, /* tried, and there is no such account */
	HARM_TRIED,	  /* a login failed */
	HARM_READ,	  /* its mail was read by other means than its password */
	HARM_OPENED,	  /* somebody else has its password */
	HARM_MAX,
	HARM_INVALID = -22,
};

struct harmed_account {
	char *name; /* owned */
	enum account_harm harm;
	int64_t first_us, last_us; /* when that happened to it */
	bool is_unsaved;	   /* the ledger does not have this yet */
};

/* One finding, as a detector makes it. Two findings of one detector about one subject are one
 * alert while it is active. All members are owned. */
struct finding {
	const char *detector; /* static */
	enum severity severity;
	enum subject_kind subject_kind;
	char *subject;
	char *message;	  /* one sentence: key, what happened, what is normal, over how long */
	json_t *evidence; /* object */
	/* the accounts concerned, for `affected`; sorted, may be empty; grown by finding_add_account() */
	struct harmed_account *accounts;
	size_t n_accounts;
	int64_t first_us, last_us; /* of the deciding events */
};

/* Grows; owned by whoever declared it. */
struct finding_list {
	struct finding *items;
	size_t count, room;
};

/* Appends a finding with copies of subject and message and an empty evidence object; valid until
 * the next call. message is a printf format. */
struct finding *finding_add(struct finding_list *list, const char *detector, enum severity severity,
			    enum subject_kind kind, const char *subject, const char *message, ...)
	__attribute__((format(printf, 6, 7)));
/* Adds an account once, with the worst that happened to it and when. */
void finding_add_account(struct finding *finding, const char *account, enum account_harm harm,
			 int64_t time_us);
void finding_list_done(struct finding_list *list);

/* How much an alert is about, in what grows when it goes on. */
struct alert_extent {
	uint64_t opens;	   /* messages, files, stores; at least one for each finding */
	uint64_t accounts; /* most that one finding named */
	uint64_t bytes;
};

/* A finding in the course of time. */
struct alert {
	char id[24]; /* sorts by time of creation */
	const char *detector;
	enum severity severity;
	enum subject_kind subject_kind;
	char *subject;
	char *message;
	json_t *evidence;
	struct harmed_account *accounts; /* sorted */
	size_t n_accounts, n_unsaved;
	int64_t time_us;	   /* when it was raised */
	int64_t first_us, last_us; /* of the events behind it */
	uint64_t count;		   /* findings merged into it */
	int64_t again_us;	   /* when it last became active again; 0: it never did */
	int64_t reported_us;	   /* when sinks last heard of it, and of how much */
	struct alert_extent reported;
	bool active;
};

/* An alert names at most this many accounts, about 4 MB. */
#define ALERT_ACCOUNTS_MAX 65536

/* Adds an account once (copied), and notes what is new about it; false when the alert already names as
 * many as it may. */
bool alert_add_account(struct alert *alert, const struct harmed_account *account);
void alert_done(struct alert *alert);
/* Is it about a reader: a program, with user and unit in the evidence? Texts point into both. */
bool alert_reader(enum subject_kind kind, const char *subject, const json_t *evidence,
		  struct reader_id *ret);
/* The object of the contract (docs: waxseal(1), alerts). New reference. */
json_t *alert_to_json(const struct alert *alert);

const char *severity_to_string(enum severity severity);
enum severity severity_from_string(const char *word);
const char *account_harm_to_string(enum account_harm harm);
enum account_harm account_harm_from_string(const char *word);
const char *subject_kind_to_string(enum subject_kind kind);

#endif
