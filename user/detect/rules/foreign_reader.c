/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: mail is read without the mail server, from a shell, through a web shell, with a copy
 * tool.
 *
 * Idea: only mail sessions and listed helpers open mail. Any other program raises an alert with one
 * open, of a message or of a file that holds many. A listed helper does when it suddenly reads in
 * far more mailboxes than in any hour of the days before (state/fan_out.h). The mail server's own
 * helpers were listed by discovery, and by nobody who knows what they do here: what they read
 * without a session has a floor from the first minute (state/own_programs.h).
 */
#include "detect/detector.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "detect/state/fan_out.h"
#include "detect/state/own_programs.h"
#include "detect/text/alert_text.h"
#include "model/known_readers.h"

enum { PLAIN, HELPER_MAILBOXES, HELPER_FACTOR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use helper_mailboxes alone for helpers"},
	[HELPER_MAILBOXES] = {"helper_mailboxes", 2, 100000000, 100,
			      "mailboxes that a helper may read in within an hour in any case"},
	[HELPER_FACTOR] = {"helper_factor", 1.1, 1000, 3,
			   "times its highest hour of the days before that a helper may reach"},
	{0},
};

#define NAMES_IN_SENTENCE 3

struct foreign_reader {
	struct fan_out fan_out;
	struct own_programs own_programs;
	double least, factor;
};

/* What one reader did in this tick: a program, run by one user in one service. */
struct reading {
	bool may_be_session; /* all of it */
	uint64_t key;
	const char *actor;
	const struct read_row *first; /* whose user, service and parent are reported */
	uint64_t messages, mailbox_files;
	int64_t first_us, last_us;
	const char **accounts; /* distinct, of the snapshot */
	size_t n_accounts, capacity;
};

static void *foreign_reader_new(const double *settings)
{
	struct foreign_reader *state = xcalloc(1, sizeof(*state));

	fan_out_init(&state->fan_out);
	own_programs_init(&state->own_programs);
	state->least = settings[HELPER_MAILBOXES];
	state->factor = settings[PLAIN] != 0 ? 0 : settings[HELPER_FACTOR];
	return state;
}

static void reading_release(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	free(((struct reading *)value)->accounts);
}

static void reading_add_account(struct reading *reading, struct table *seen, const char *account)
{
	uint64_t key = reading->key ^ hash_string(account);
	bool is_new;

	(void)table_touch(seen, &key, &is_new);
	if (!is_new)
		return;
	if (reading->n_accounts == reading->capacity) {
		reading->capacity = reading->capacity ? reading->capacity * 2 : 16;
		reading->accounts = xreallocarray(reading->accounts, reading->capacity,
						  sizeof(*reading->accounts));
	}
	reading->accounts[reading->n_accounts++] = account;
}

/* An operator accepts a reader, so what another one does must not stand in the same alert. */
static uint64_t reading_key(const struct read_row *row)
{
	struct {
		uint64_t program_and_script, unit, uid;
	} key = {hash_two_strings(row->actor, row->script), hash_string(reader_id_unit(row->unit)),
		 row->uid};

	return hash_bytes(&key, sizeof(key));
}

static void reading_add_row(struct table *readings, struct table *seen, const struct read_row *row)
{
	uint64_t key = reading_key(row);
	bool is_new;
	struct reading *reading = table_touch(readings, &key, &is_new);

	if (is_new) {
		reading->key = key;
		reading->actor = row->actor;
		reading->first = row;
		reading->first_us = row->first_us;
	}
	reading->may_be_session = (is_new || reading->may_be_session) && row->may_be_session;
	reading->messages += row->messages;
	reading->mailbox_files += row->mailbox_files;
	if (row->first_us < reading->first_us)
		reading->first_us = row->first_us;
	if (row->last_us > reading->last_us)
		reading->last_us = row->last_us;
	if (*row->account)
		reading_add_account(reading, seen, row->account);
}

/* Replays do not know it. */
static bool is_folder_known(const struct read_row *row)
{
	return row->folder && *row->folder;
}

/* " of a@x, b@x, c@x and 2 others"; " below /srv/mail" when no account is known, or "". */
static char *foreign_reader_format_accounts(const struct reading *reading)
{
	size_t shown =
		reading->n_accounts < NAMES_IN_SENTENCE ? reading->n_accounts : NAMES_IN_SENTENCE;
	char *text = shown ? xstrdup(" of ")
		     : is_folder_known(reading->first) ? xasprintf(" below %s", reading->first->folder)
						: xstrdup("");

	for (size_t i = 0; i < shown; i++) {
		_cleanup_free_ char *before = text;

		text = xasprintf("%s%s%s", before, i ? ", " : "", reading->accounts[i]);
	}
	if (reading->n_accounts > shown) {
		_cleanup_free_ char *before = text;

		text = xasprintf("%s and %zu more", before, reading->n_accounts - shown);
	}
	return text;
}

/* "3 messages and 1 file of many messages"; how many are in such a file is not known. */
static char *foreign_reader_format_opened(const struct reading *reading)
{
	char messages[ALERT_TEXT_BYTES], mailbox_files[ALERT_TEXT_BYTES];

	alert_text_count(reading->messages, "message", "messages", messages);
	alert_text_count(reading->mailbox_files, "file of many messages", "files of many messages",
			 mailbox_files);
	if (reading->messages && reading->mailbox_files)
		return xasprintf("%s and %s", messages, mailbox_files);
	return xstrdup(reading->mailbox_files ? mailbox_files : messages);
}

static void foreign_reader_report(const struct reading *reading, struct finding_list *ret)
{
	const struct read_row *first = reading->first;
	_cleanup_free_ char *names = foreign_reader_format_accounts(reading);
	_cleanup_free_ char *opened = foreign_reader_format_opened(reading);
	_cleanup_free_ char *who = alert_text_actor(/* pid= */ 0, first->uid, first->login_uid,
						    first->unit, first->script, first->parent);
	bool may_be_session = reading->may_be_session;
	struct finding *finding;

	finding = finding_add(ret, foreign_reader_detector.name,
			      may_be_session ? SEVERITY_WARNING : SEVERITY_CRITICAL, SUBJECT_ACTOR,
			      *reading->actor ? reading->actor : "(unknown)",
			      "%s %s opened %s%s without %s. Normal: only mail sessions and the "
			      "listed helpers read mail here.%s",
			      *reading->actor ? reading->actor : "An unknown program", who, opened,
			      names, may_be_session ? "a login that was seen" : "the mail server",
			      may_be_session ? " The mail server started this program, and the "
					       "kernel left out events (runs_skipped): the "
					       "sensor may have missed the login."
					     : "");
	finding->first_us = reading->first_us;
	finding->last_us = reading->last_us;
	for (size_t i = 0; i < reading->n_accounts; i++)
		finding_add_account(finding, reading->accounts[i], HARM_READ, reading->last_us);
	alert_text_actor_evidence(finding->evidence, first->uid, first->login_uid, first->unit,
				  first->script, first->parent);
	json_object_set_new(finding->evidence, "messages",
			    reading->messages || !reading->mailbox_files
				    ? json_integer((json_int_t)reading->messages)
				    : json_null());
	json_object_set_new(finding->evidence, "mailbox_files",
			    json_integer((json_int_t)reading->mailbox_files));
	json_object_set_new(finding->evidence, "folder",
			    is_folder_known(first) ? json_string(first->folder) : json_null());
	json_object_set_new(finding->evidence, "mailboxes",
			    reading->n_accounts ? json_integer((json_int_t)reading->n_accounts)
						: json_null());
}

/* Of a mail server that discovery finds, wherever it is mounted. What is no helper never comes
 * here, so the name of a program excuses nobody. */
static bool foreign_reader_is_own_program(const struct detector_input *input, const char *actor)
{
	static const char *const folders[] = {"/dovecot/", "/cyrus/", "/courier/"};
	static const char *const names[] = {"doveadm", "exim", "exim4"};
	const char *name = strrchr(actor, '/');

	if (watch_entries_has(input->listed_helpers, actor))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
		if (strstr(actor, folders[i]))
			return true;
	for (size_t i = 0; name && i < ARRAY_LENGTH(names); i++)
		if (strcmp(name + 1, names[i]) == 0)
			return true;
	return false;
}

/* That of this program in this tick. */
static struct finding *foreign_reader_find(const struct finding_list *list, const char *actor)
{
	for (size_t i = list->count; i-- > 0;)
		if (strcmp(list->items[i].detector, foreign_reader_detector.name) == 0 &&
		    strcmp(list->items[i].subject, actor) == 0)
			return &list->items[i];
	return NULL;
}

static char *foreign_reader_format_own(const struct read_row *row,
				       const struct own_program_verdict *verdict)
{
	char mailboxes[ALERT_TEXT_BYTES];

	alert_text_count(verdict->mailboxes, "mailbox", "mailboxes", mailboxes);
	if (verdict->is_far)
		return xasprintf(
			"%s (uid %" PRIu32 "), a program of the mail server, read far into "
			"%s within this hour whose owners had no session. Normal: fewer than "
			"%" PRIu32 " such mailboxes an hour; it reads this much only for users "
			"who are logged in.",
			row->actor, row->uid, mailboxes, verdict->floor);
	return xasprintf("%s (uid %" PRIu32 "), a program of the mail server, read in %s within "
			 "this hour that nobody had opened for a day. Normal: fewer than %" PRIu32
			 " such mailboxes an hour; it works for users who log in or get mail.",
			 row->actor, row->uid, mailboxes, verdict->floor);
}

/* One finding for a program and tick; its last row has the sum. */
static void foreign_reader_report_own(const struct read_row *row,
				      const struct own_program_verdict *verdict,
				      struct finding_list *ret)
{
	_cleanup_free_ char *message = foreign_reader_format_own(row, verdict);
	struct finding *finding = foreign_reader_find(ret, row->actor);

	if (!finding) {
		finding = finding_add(ret, foreign_reader_detector.name, SEVERITY_WARNING,
				      SUBJECT_ACTOR, row->actor, "%s", message);
		finding->first_us = row->first_us;
	}
	free(finding->message);
	finding->message = take_ptr(message);
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account, HARM_READ, row->last_us);
	json_object_set_new(finding->evidence, "uid", json_integer(row->uid));
	json_object_set_new(finding->evidence, "mailboxes", json_integer(verdict->mailboxes));
	json_object_set_new(finding->evidence, "floor", json_integer(verdict->floor));
}

static void foreign_reader_observe_helper(struct foreign_reader *state,
					  const struct detector_input *input,
					  const struct read_row *row, struct finding_list *ret)
{
	double highest = 0;
	struct own_program_verdict verdict;
	struct finding *finding;
	uint32_t mailboxes;

	if (foreign_reader_is_own_program(input, row->actor) &&
	    own_programs_observe(&state->own_programs, input, row, state->least, &verdict)) {
		foreign_reader_report_own(row, &verdict, ret);
		fan_out_spoil(&state->fan_out, input, row);
	}
	mailboxes =
		fan_out_observe(&state->fan_out, input, row, state->factor, state->least, &highest);
	if (!mailboxes || foreign_reader_find(ret, row->actor))
		return;
	finding = finding_add(
		ret, foreign_reader_detector.name, SEVERITY_WARNING, SUBJECT_ACTOR, row->actor,
		"%s (uid %" PRIu32 "), a listed helper, read in %" PRIu32
		" mailboxes within this hour. Normal: at most %.0f in any hour of the last "
		"days.",
		row->actor, row->uid, mailboxes, highest);
	finding->first_us = row->first_us;
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account, HARM_READ, row->last_us);
	alert_text_actor_evidence(finding->evidence, row->uid, row->login_uid, row->unit,
				  row->script, row->parent);
	json_object_set_new(finding->evidence, "mailboxes", json_integer(mailboxes));
	json_object_set_new(finding->evidence, "highest", json_integer((json_int_t)highest));
}

static void foreign_reader_observe(void *state_pointer, const struct detector_input *input,
				   struct finding_list *ret)
{
	const struct snapshot *snapshot = input->snapshot;
	struct foreign_reader *state = state_pointer;
	struct table *readings, *seen;

	own_programs_note_sessions(&state->own_programs, input);
	if (!snapshot->n_reads)
		return;
	for (size_t i = 0; i < snapshot->n_reads; i++)
		if (snapshot->reads[i].reader == READER_HELPER && *snapshot->reads[i].account &&
		    *snapshot->reads[i].actor &&
		    (snapshot->reads[i].messages || snapshot->reads[i].mailbox_files))
			foreign_reader_observe_helper(state, input, &snapshot->reads[i], ret);
	readings = table_new(sizeof(uint64_t), sizeof(struct reading), snapshot->n_reads,
			     reading_release, NULL);
	seen = table_new(sizeof(uint64_t), 0, snapshot->n_reads, NULL, NULL);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		if (snapshot->reads[i].reader == READER_OTHER && !snapshot->reads[i].is_owner &&
		    (snapshot->reads[i].messages || snapshot->reads[i].mailbox_files))
			reading_add_row(readings, seen, &snapshot->reads[i]);
	for (struct reading *reading = table_next(readings, NULL); reading;
	     reading = table_next(readings, reading))
		foreign_reader_report(reading, ret);
	table_free(readings);
	table_free(seen);
}

static void foreign_reader_serialize(void *state_pointer, struct serializer *serializer)
{
	struct foreign_reader *state = state_pointer;

	fan_out_serialize(&state->fan_out, serializer);
	own_programs_serialize(&state->own_programs, serializer);
}

static void foreign_reader_free(void *state_pointer)
{
	struct foreign_reader *state = state_pointer;

	fan_out_done(&state->fan_out);
	own_programs_done(&state->own_programs);
	free(state);
}

const struct detector foreign_reader_detector = {
	.name = "foreign_reader",
	.help = "a foreign program opens mail, or a listed helper far more than usual",
	.keys = keys,
	.new = foreign_reader_new,
	.observe = foreign_reader_observe,
	.serialize = foreign_reader_serialize,
	.free = foreign_reader_free,
};
