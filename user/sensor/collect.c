/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Swaps and drains the counting maps. */
#include "sensor/collect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/names.h"
#include "sensor/expire.h"

struct drain {
	struct collector *collector;
	struct snapshot *snapshot;
	int64_t offset_us;
};

static void collector_fill_attempt(struct attempt_row *row, const struct attempt_key *key,
				   struct snapshot *snapshot)
{
	row->account = names_account(snapshot, key->who.account);
	row->source = names_text(snapshot, key->who.source, SOURCE_BYTES);
	row->service = names_text(snapshot, key->who.service, SERVICE_BYTES);
	row->mechanism = mechanism_of_sasl_name(
		names_text(snapshot, key->who.mechanism, MECHANISM_BYTES));
	row->transport = key->transport_tls ? TRANSPORT_TLS : TRANSPORT_CLEARTEXT;
}

static void collector_add_attempt(void *context, const void *raw_key, const void *raw_value)
{
	const struct attempt_key *key = raw_key;
	const struct attempt_value *value = raw_value;
	struct drain *drain = context;
	struct snapshot *snapshot = drain->snapshot;
	struct attempt_row *row;
	uint64_t total = 0;

	for (int i = 0; i < AUTH_OUTCOMES; i++)
		total += value->outcome[i];
	if (total == 0)
		return; /* the overflow entry of a tick that needed none */
	row = snapshot_add_attempt(snapshot);
	collector_fill_attempt(row, key, snapshot);
	for (int i = 0; i < AUTH_OUTCOMES; i++)
		row->count[i] = value->outcome[i];
	row->first_us = kernel_time_us(value->first_boot_ns, drain->offset_us);
	row->last_us = kernel_time_us(value->last_boot_ns, drain->offset_us);
}

/* Account of a path below a root: component[0] is the domain, component[1] the name, "" where the
 * path names nobody. */
static const char *collector_path_account(const char component[2][COMPONENT_BYTES],
					  struct snapshot *snapshot)
{
	char account[2 * 4 * COMPONENT_BYTES + 8];

	if (!component[1][0])
		return "";
	mail_root_account(names_text(snapshot, component[0], COMPONENT_BYTES),
			  names_text(snapshot, component[1], COMPONENT_BYTES), account,
			  sizeof(account));
	return snapshot_string(snapshot, account);
}

/* Path, unit and script of who acts, in the snapshot's arena. */
static struct reader_id collector_name(const struct collector *collector, const struct actor *actor,
				       struct snapshot *snapshot)
{
	return (struct reader_id){
		.program = programs_path(collector->programs, &actor->program, snapshot),
		.unit = units_name(collector->units, actor->cgroup, snapshot),
		.script = scripts_path(collector->scripts, actor->script, snapshot),
		.uid = actor->uid,
	};
}

/* A listed program by its inode, or by the place where it was first seen. */
static bool collector_lists_program(const struct collector *collector, enum watch_role role,
				    const struct file_identity *program, const char *path)
{
	uint32_t owner;
	uint16_t mode;

	if (watch_knows_program(collector->watch, role, program))
		return true;
	return programs_owner(collector->programs, program, &owner, &mode) == 0 &&
	       watch_follow_program(collector->watch, role, program, path, owner, mode);
}

/* Is it a listed reader, or an accepted one? */
static bool collector_knows(const struct collector *collector, enum known_role role,
			    const struct actor *actor, const struct reader_id *reader,
			    int64_t now_us)
{
	if (known_readers_find(&collector->listed, role, reader, now_us) ||
	    (collector->accepted &&
	     known_readers_find(collector->accepted, role, reader, now_us)))
		return true;
	return collector_lists_program(
		collector, role == KNOWN_MAIL ? WATCH_MAIL_HELPER : WATCH_STORE_READER,
		&actor->program, reader->program);
}

static enum reader collector_reader(const struct collector *collector, const struct read_key *key,
				    const struct reader_id *reader, int64_t now_us)
{
	if (key->kind == READ_KIND_SESSION || key->service[0] || key->preexisting ||
	    (key->started && session_protocol_is_said_at_exec(watch_session_protocol(
				     collector->watch, &key->actor.program))))
		return READER_SESSION;
	/* a program of the mail server that nobody has listed: in a container, say */
	if (key->started == STARTED_OWN_PROGRAM &&
	    watch_session_protocol(collector->watch, &key->actor.program) == SESSION_PROTOCOL_NONE)
		return READER_HELPER;
	return collector_knows(collector, KNOWN_MAIL, &key->actor, reader, now_us) ? READER_HELPER
										   : READER_OTHER;
}

static void collector_add_read(void *context, const void *raw_key, const void *raw_value)
{
	const struct read_key *key = raw_key;
	const struct read_value *value = raw_value;
	struct drain *drain = context;
	struct snapshot *snapshot = drain->snapshot;
	struct reader_id reader;
	struct read_row *row;

	if (!(value->messages | value->mailbox_files | value->scanned | value->bytes_sent))
		return;
	row = snapshot_add_read(snapshot);
	if (key->kind == READ_KIND_SESSION)
		row->account = names_account(snapshot, key->who.account);
	else if (key->kind == READ_KIND_PATH)
		row->account = collector_path_account(key->component, snapshot);
	if (key->kind == READ_KIND_PATH && !*row->account)
		row->folder = snapshot_string(snapshot, watch_root_path(drain->collector->watch,
									key->root));
	row->source = names_text(snapshot, key->source, SOURCE_BYTES);
	row->service = names_text(snapshot, key->service, SERVICE_BYTES);
	reader = collector_name(drain->collector, &key->actor, snapshot);
	row->actor = reader.program;
	row->unit = reader.unit;
	row->script = reader.script;
	row->master = names_master(drain->collector->maps, key->master, snapshot);
	row->parent = names_text(snapshot, value->parent, COMMAND_BYTES);
	row->uid = key->actor.uid;
	row->login_uid = key->actor.login_uid;
	row->is_owner = key->kind == READ_KIND_PATH &&
			owners_owns(drain->collector->owners, key->actor.uid, row->account);
	row->messages = value->messages;
	row->mailbox_files = value->mailbox_files;
	row->scanned = value->scanned;
	row->bytes_sent = value->bytes_sent;
	row->first_us = kernel_time_us(value->first_boot_ns, drain->offset_us);
	row->last_us = kernel_time_us(value->last_boot_ns, drain->offset_us);
	row->reader = collector_reader(drain->collector, key, &reader, row->last_us);
	row->may_be_session = row->reader == READER_OTHER && key->started &&
			      watch_session_protocol(drain->collector->watch,
						     &key->actor.program) != SESSION_PROTOCOL_NONE;
}

static void collector_add_store(void *context, const void *raw_key, const void *raw_value)
{
	const struct store_key *key = raw_key;
	const struct store_value *value = raw_value;
	struct drain *drain = context;
	struct reader_id reader;
	struct store_row *row;

	if (value->opens == 0 && value->bytes == 0)
		return;
	row = snapshot_add_store(drain->snapshot);
	row->path = snapshot_string(drain->snapshot, watch_store_path(drain->collector->watch,
								       key->store));
	reader = collector_name(drain->collector, &key->actor, drain->snapshot);
	row->actor = reader.program;
	row->unit = reader.unit;
	row->script = reader.script;
	row->uid = key->actor.uid;
	row->login_uid = key->actor.login_uid;
	row->opens = value->opens;
	row->bytes = value->bytes;
	row->first_us = kernel_time_us(value->first_boot_ns, drain->offset_us);
	row->last_us = kernel_time_us(value->last_boot_ns, drain->offset_us);
	row->allowed = collector_knows(drain->collector, KNOWN_STORES, &key->actor, &reader,
				       row->last_us);
}

static const char *collector_address(const struct client_connection_key *key,
				     struct snapshot *snapshot)
{
	char text[SOURCE_BYTES];

	if (key->overflow)
		return "";
	names_address(key->address, text);
	return snapshot_string(snapshot, text);
}

static const char *collector_service(const struct collector *collector, uint16_t port,
				     struct snapshot *snapshot)
{
	for (size_t i = 0; i < collector->mail_ports->count; i++) {
		const char *text = collector->mail_ports->items[i].name, *colon = strrchr(text, ':');

		if (colon && strtoul(colon + 1, NULL, 10) == port)
			return names_text(snapshot, text, (size_t)(colon - text));
	}
	return "";
}

static void collector_add_client_connection(void *context, const void *raw_key,
					    const void *raw_value)
{
	const struct client_connection_key *key = raw_key;
	const struct client_connection_value *value = raw_value;
	struct drain *drain = context;
	struct connection_row *row;

	if (value->accepted == 0 && value->closed == 0)
		return;
	row = snapshot_add_connection(drain->snapshot);
	row->source = collector_address(key, drain->snapshot);
	row->service = collector_service(drain->collector, key->port, drain->snapshot);
	row->accepted = value->accepted;
	row->closed = value->closed;
	row->bytes_sent = value->bytes_sent;
	row->bytes_received = value->bytes_received;
	row->first_us = kernel_time_us(value->first_boot_ns, drain->offset_us);
	row->last_us = kernel_time_us(value->last_boot_ns, drain->offset_us);
}

/* ---- Swapping ---- */

static int put_overflow_entries(const struct kernel_maps *maps, int set)
{
	static const struct attempt_key attempts_overflow = {.overflow = 1};
	static const struct read_key reads_overflow = {.overflow = 1};
	static const struct store_key stores_overflow = {.overflow = 1};
	static const struct client_connection_key client_conns_overflow = {.overflow = 1};
	static const struct client_connection_value no_client_conns;
	static const struct attempt_value no_attempts;
	static const struct read_value no_reads;
	static const struct store_value no_opens;
	int r;

	r = bpf_map_update_elem(maps->attempts_set[set], &attempts_overflow, &no_attempts, BPF_ANY);
	if (r < 0)
		return r;
	r = bpf_map_update_elem(maps->reads_set[set], &reads_overflow, &no_reads, BPF_ANY);
	if (r < 0)
		return r;
	r = bpf_map_update_elem(maps->stores_set[set], &stores_overflow, &no_opens, BPF_ANY);
	if (r < 0)
		return r;
	return bpf_map_update_elem(maps->client_conns_set[set], &client_conns_overflow,
				   &no_client_conns, BPF_ANY);
}

int collector_prepare(const struct kernel_maps *maps)
{
	for (int set = 0; set < COUNTING_SETS; set++) {
		int r = put_overflow_entries(maps, set);

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Turns the programs to the other set. An update of an array of maps returns only after all
 * programs that run have ended (maybe_wait_bpf_programs() in kernel/bpf/syscall.c, since 4.20);
 * which element is written does not matter.
 */
static int swap_sets(struct collector *collector)
{
	const struct kernel_maps *maps = collector->maps;
	struct settings settings;
	uint32_t zero = 0;
	int r;

	r = bpf_map_lookup_elem(maps->settings, &zero, &settings);
	if (r < 0)
		return r;
	settings.epoch++;
	settings.set = settings.epoch % COUNTING_SETS;
	r = bpf_map_update_elem(maps->settings, &zero, &settings, BPF_ANY);
	if (r < 0)
		return r;
	collector->pending_epoch = settings.epoch - 1;
	collector->is_pending = true;
	return 0;
}

static int wait_for_programs(const struct kernel_maps *maps)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(maps->attempts, &zero, &maps->attempts_set[0], BPF_ANY);
}

/* Reads without removing: until the ledger has the rows, the kernel keeps them. */
static int read_set(struct drain *drain, int set)
{
	const struct kernel_maps *maps = drain->collector->maps;
	uint64_t *entries = drain->collector->entries;
	long n;

	n = kernel_each_entry(maps->attempts_set[set], sizeof(struct attempt_key),
			      sizeof(struct attempt_value), /* remove= */ false,
			      collector_add_attempt, drain);
	if (n < 0)
		return n;
	entries[0] = n;
	n = kernel_each_entry(maps->reads_set[set], sizeof(struct read_key),
			      sizeof(struct read_value), /* remove= */ false, collector_add_read,
			      drain);
	if (n < 0)
		return n;
	entries[1] = n;
	n = kernel_each_entry(maps->stores_set[set], sizeof(struct store_key),
			      sizeof(struct store_value), /* remove= */ false, collector_add_store,
			      drain);
	if (n < 0)
		return n;
	entries[2] = n;
	n = kernel_each_entry(maps->client_conns_set[set], sizeof(struct client_connection_key),
			      sizeof(struct client_connection_value), /* remove= */ false,
			      collector_add_client_connection, drain);
	if (n < 0)
		return n;
	entries[3] = n;
	return 0;
}

int collector_collect(struct collector *collector, struct snapshot *snapshot)
{
	struct drain drain = {.collector = collector,
			      .snapshot = snapshot,
			      .offset_us = kernel_boot_offset_us()};
	int r;

	owners_refresh(collector->owners);
	if (!collector->is_pending) {
		r = expire_attempts(collector);
		if (r == 0)
			r = swap_sets(collector);
		if (r < 0)
			return r;
	}
	r = wait_for_programs(collector->maps);
	if (r == 0)
		r = read_set(&drain, collector->pending_epoch % COUNTING_SETS);
	if (r < 0)
		return r;
	snapshot->instance = collector->instance;
	snapshot->epoch = collector->pending_epoch;
	return 0;
}

static void collector_drop_entry(void *context, const void *key, const void *value)
{
	(void)context;
	(void)key;
	(void)value;
}

static int clear_set(const struct kernel_maps *maps, int set)
{
	long n;

	n = kernel_each_entry(maps->attempts_set[set], sizeof(struct attempt_key),
			      sizeof(struct attempt_value), /* remove= */ true,
			      collector_drop_entry, NULL);
	if (n >= 0)
		n = kernel_each_entry(maps->reads_set[set], sizeof(struct read_key),
				      sizeof(struct read_value), /* remove= */ true,
				      collector_drop_entry, NULL);
	if (n >= 0)
		n = kernel_each_entry(maps->stores_set[set], sizeof(struct store_key),
				      sizeof(struct store_value), /* remove= */ true,
				      collector_drop_entry, NULL);
	if (n >= 0)
		n = kernel_each_entry(maps->client_conns_set[set],
				      sizeof(struct client_connection_key),
				      sizeof(struct client_connection_value), /* remove= */ true,
				      collector_drop_entry, NULL);
	return n < 0 ? n : put_overflow_entries(maps, set);
}

int collector_release(struct collector *collector)
{
	int r;

	if (!collector->is_pending)
		return 0;
	r = clear_set(collector->maps, collector->pending_epoch % COUNTING_SETS);
	if (r < 0)
		return r;
	collector->is_pending = false;
	return 0;
}

int collector_resume(struct collector *collector, uint64_t epoch, uint64_t committed)
{
	if (epoch == 0)
		return 0;
	collector->is_pending = true;
	collector->pending_epoch = epoch - 1;
	return committed >= epoch ? collector_release(collector) : 0;
}

/* ---- Records ---- */

void collector_add_record(const struct collector *collector, const struct record *record,
			  struct snapshot *snapshot)
{
	int64_t time_us = kernel_time_us(record->boot_ns, kernel_boot_offset_us());
	bool is_of_store = record->kind != RECORD_SECOND_ACCOUNT &&
			   record->kind != RECORD_OTHER_LOGIN;
	struct reader_id reader = collector_name(collector, &record->actor, snapshot);
	struct event_row *row;

	/* the kernel knows listed programs by inode alone */
	if (is_of_store &&
	    collector_knows(collector, KNOWN_STORES, &record->actor, &reader, time_us))
		return;
	row = snapshot_add_event(snapshot);
	row->time_us = time_us;
	row->actor = reader.program;
	row->unit = reader.unit;
	row->script = reader.script;
	row->command = names_text(snapshot, record->command, COMMAND_BYTES);
	row->parent = names_text(snapshot, record->parent, COMMAND_BYTES);
	row->uid = record->actor.uid;
	row->login_uid = record->actor.login_uid;
	row->pid = record->pid;
	row->parent_pid = record->parent_pid;
	row->source = names_text(snapshot, record->source, SOURCE_BYTES);
	if (record->kind == RECORD_OTHER_LOGIN) {
		row->kind = EVENT_OTHER_LOGIN;
		row->account = "";
		row->object = names_account(snapshot, record->account);
		return;
	}
	row->account = names_account(snapshot, record->account);
	if (is_of_store) {
		row->kind = EVENT_CREDENTIAL_READER;
		row->was_opened = record->kind == RECORD_STORE_READER;
		row->object = snapshot_string(snapshot,
					      watch_store_path(collector->watch, record->object));
	} else {
		row->kind = EVENT_SECOND_ACCOUNT;
		row->object = collector_path_account(record->component, snapshot);
	}
}
