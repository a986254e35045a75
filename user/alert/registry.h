/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns findings into alerts. Findings of one detector about one subject merge into one active
 * alert; it closes after a while without new findings. At most `capacity` are active: past that the
 * one whose last finding is the oldest is closed first.
 *
 * An alert about a reader (alert_reader()) is that of one program, user, unit and script. When it is
 * over and the reader is found again it becomes active again. It is news at most once a day unless it
 * grows: to twice of what was reported.
 */
#ifndef WAX_ALERT_REGISTRY_H
#define WAX_ALERT_REGISTRY_H

#include "model/alert.h"

struct registry;

/* Active alerts, of the daemon and of a replay. */
#define REGISTRY_CAPACITY 4096

enum registry_change {
	REGISTRY_RAISED,  /* a new alert */
	REGISTRY_UPDATED, /* new findings for an active one */
	REGISTRY_OVER,	  /* closed */
	REGISTRY_NOTED,	  /* changed, or closed: for the record, nobody need hear of it */
	REGISTRY_NAMED,	  /* names accounts that the ledger does not have: for the record */
};

/* The alert is the registry's; the listener may only note in it what the ledger has. */
typedef void (*registry_listener)(void *context, struct alert *alert,
				  enum registry_change change);

/* quiet_us: an alert without a new finding for that long closes. */
struct registry *registry_new(int64_t quiet_us, size_t capacity, registry_listener listener,
			      void *context);
void registry_free(struct registry *registry);

/* Merges the findings; the list is left as it was. */
void registry_apply(struct registry *registry, const struct finding_list *findings, int64_t now_us);
/* Takes back an active alert that was saved by an earlier run; takes ownership of its members. */
void registry_restore(struct registry *registry, struct alert *alert);
/* An alert about a reader that is over: it may become active again. Copies what it needs. */
void registry_remember(struct registry *registry, const struct alert *alert);
/* Somebody has answered the alert with this id: it is over, and does not become active again. */
void registry_answer(struct registry *registry, const char *id, int64_t now_us);
/* Each tick: closes what is quiet, tells what was held back, and has new accounts written. */
void registry_expire(struct registry *registry, int64_t now_us);
/* Tells what is held back: before the end. */
void registry_flush(struct registry *registry, int64_t now_us);

size_t registry_active(const struct registry *registry);
/* Active alerts of one detector. */
size_t registry_active_of(const struct registry *registry, const char *detector);
/* Alerts raised since the registry was made. */
uint64_t registry_raised_of(const struct registry *registry, const char *detector,
			    enum severity severity);
/* Alerts that were closed only because the table was full. */
uint64_t registry_evicted(const struct registry *registry);

#endif
