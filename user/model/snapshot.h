/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened in one tick, as plain rows: the only thing detectors, the ledger and the trace
 * ever see of the kernel.
 *
 * All strings are printable UTF-8 without control characters, owned by the snapshot's arena, and
 * never NULL: what is unknown is "". Times are microseconds since the Unix epoch.
 */
#ifndef WAX_MODEL_SNAPSHOT_H
#define WAX_MODEL_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "base/arena.h"
#include "model/attempt.h"

/* Authentication attempts of one (account, source, service, mechanism, transport). */
struct attempt_row {
	const char *account; /* "" when no verdict named one */
	const char *source;  /* textual address, "" when unknown */
	const char *service; /* imap, pop3, smtp, submission, sieve, doveadm ... */
	enum mechanism mechanism;
	enum transport transport;
	uint64_t count[OUTCOME_MAX];
	int64_t first_us, last_us;
};

/* The user id of nobody: who acts did not come by a login. */
#define UID_NONE UINT32_MAX

/* Mail that left a mailbox: to a client's session, or opened by a program. */
struct read_row {
	const char *account;
	const char *folder;  /* the mail root, if an account is not known; else "" */
	const char *source;  /* the session's client; "" for a program without a session */
	const char *service; /* the session's; "" for a program without a session */
	const char *actor;   /* path of the opening program; "" for bytes sent by a session */
	const char *unit;    /* the service that the program belongs to; "" when unknown */
	const char *script;  /* that root's interpreter runs; "" when unknown or none */
	const char
		*master; /* who logged in as the account, an administrator; "" when nobody else */
	const char *parent; /* comm of the program's parent, a session has none; "" when unknown */
	uint32_t uid, login_uid;
	enum reader reader;
	bool is_owner; /* the program's user is called as the account: a mailbox of his own */
	/* a mail program that the mail server started; the kernel left out events, perhaps its login */
	bool may_be_session;
	uint64_t messages;
	uint64_t mailbox_files; /* opens of files that hold many messages: mdbox, mbox */
	uint64_t scanned;    /* messages that the session's process opened for itself: search */
	uint64_t bytes_sent; /* by the session to its client */
	int64_t first_us, last_us;
};

/* Opens of one credential store by one program, and bytes read; behind a socket: connections to it
 * and bytes received. */
struct store_row {
	const char *path;
	const char *actor;
	const char *unit, *script; /* as in struct read_row */
	uint32_t uid, login_uid;
	bool allowed;
	uint64_t opens;
	uint64_t bytes;
	int64_t first_us, last_us;
};

/* Connections from one address to one service. */
struct connection_row {
	const char *source;
	const char *service;
	uint64_t accepted, closed;
	uint64_t bytes_sent, bytes_received; /* of those that closed */
	int64_t first_us, last_us;
};

/* Rare events, which are reported immediately and not with the tick. */
enum event_kind {
	EVENT_CREDENTIAL_READER, /* a program that is not listed opened or read a credential store
				  */
	EVENT_SECOND_ACCOUNT,	 /* a session's process opened another account's mail */
	EVENT_OTHER_LOGIN, /* it says that it serves an account that did not log in */
};

struct event_row {
	enum event_kind kind;
	int64_t time_us;
	const char *actor;   /* path of the program */
	const char *command; /* its comm; "" when unknown */
	const char *parent;  /* comm of its parent; "" when unknown */
	const char *unit, *script; /* as in struct read_row */
	uint32_t uid, login_uid, pid, parent_pid;
	bool was_opened;     /* the store; otherwise read through what another process opened */
	bool may_have_logged_in; /* the kernel left out events, perhaps the login */
	const char *object;  /* path of the store, or the account whose mail was opened, or that it
			      * says it serves */
	const char *account; /* the session's own account, "" when none */
	const char *source;  /* the session's client, "" when none */
};

/* How well one sensor sees, as the daemon knows it. */
struct sensor_row {
	const char *sensor;
	const char *state;  /* "active", "degraded", "off" */
	const char *reason; /* "" when active */
	uint64_t lost;	    /* so far, of all stages that concern it */
};

/* One tick. Arrays grow in add order; rows of one key may appear once per tick. */
struct snapshot {
	int64_t from_us, until_us;
	uint64_t instance, epoch; /* which drain of which maps this is; instance 0: of none */
	struct attempt_row *attempts;
	size_t n_attempts;
	struct read_row *reads;
	size_t n_reads;
	struct store_row *stores;
	size_t n_stores;
	struct connection_row *connections;
	size_t n_connections;
	struct event_row *events;
	size_t n_events;
	struct sensor_row *sensors; /* none where nothing watches the sensors */
	size_t n_sensors;
	struct arena arena;
	/* of the arrays, in rows */
	size_t attempts_room, reads_room, stores_room, connections_room, events_room, sensors_room;
};

/* An empty snapshot needs no call but zero-initialisation. Reset keeps the memory for the next
 * tick, done frees it. */
void snapshot_reset(struct snapshot *snapshot);
void snapshot_done(struct snapshot *snapshot);

/* Append a zeroed row (strings "") and return it; valid until the next call for the same array. */
struct attempt_row *snapshot_add_attempt(struct snapshot *snapshot);
struct read_row *snapshot_add_read(struct snapshot *snapshot);
struct store_row *snapshot_add_store(struct snapshot *snapshot);
struct connection_row *snapshot_add_connection(struct snapshot *snapshot);
struct event_row *snapshot_add_event(struct snapshot *snapshot);
struct sensor_row *snapshot_add_sensor(struct snapshot *snapshot);

/* Copies text into the snapshot's arena. */
const char *snapshot_string(struct snapshot *snapshot, const char *text);

#endif
