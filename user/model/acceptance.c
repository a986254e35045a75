/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An acceptance pins program, user, unit and script. It must never take in somebody else, so what
 * cannot be distinguished from others is refused: a bare interpreter, and a program whose place is not
 * known.
 */
#include "model/acceptance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/unit.h"

static const char *acceptance_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* What is measured when the alert is about how much a known reader reads. */
static int64_t acceptance_measure(const char *detector, const json_t *evidence)
{
	if (strcmp(detector, "credential_volume") == 0)
		return json_integer_value(json_object_get(evidence, "excess_bytes"));
	if (strcmp(detector, "foreign_reader") == 0 && json_object_get(evidence, "highest"))
		return json_integer_value(json_object_get(evidence, "mailboxes"));
	return 0;
}

static unsigned int acceptance_roles(const char *detector)
{
	if (strcmp(detector, "foreign_reader") == 0)
		return KNOWN_MAIL;
	if (strcmp(detector, "credential_reader") == 0 || strcmp(detector, "credential_volume") == 0)
		return KNOWN_STORES;
	return 0;
}

static int acceptance_check(const struct reader_id *reader, char *ret_wrong, size_t size)
{
	bool is_shared = unit_is_shared(reader->unit);
	bool is_in_service = *reader_id_unit(reader->unit) && !is_shared;

	if (reader->program[0] != '/') {
		snprintf(ret_wrong, size,
			 "the place of the program %s is not known on this host, so another one "
			 "could be taken for it",
			 reader->program);
		return -EINVAL;
	}
	if (program_is_interpreter(reader->program) && !*reader->script && !is_in_service) {
		snprintf(ret_wrong, size,
			 "%s is an interpreter, and neither its script nor a system service of its "
			 "own is known%s%s%s: run it as a service, or start the script by its whole "
			 "path as root, and accept that alert",
			 reader->program, is_shared ? " (jobs of many users run in " : "",
			 is_shared ? reader->unit : "", is_shared ? ")" : "");
		return -EINVAL;
	}
	return 0;
}

int acceptance_of_alert(const struct alert *alert, struct acceptance *ret, char *ret_wrong,
			size_t size)
{
	const json_t *evidence = alert->evidence;
	bool is_pair = strcmp(alert->detector, "second_account") == 0;
	struct reader_id reader;
	int r;

	if (!alert_reader(alert->subject_kind, alert->subject, evidence, &reader) ||
	    (!is_pair && !acceptance_roles(alert->detector))) {
		snprintf(ret_wrong, size, "an alert of %s is not about a program that reads; allowed: "
			 "alerts of foreign_reader, credential_reader, credential_volume, second_account",
			 alert->detector);
		return -EINVAL;
	}
	if (is_pair && (!*acceptance_text(evidence, "session_account") ||
			!*acceptance_text(evidence, "opened_account"))) {
		snprintf(ret_wrong, size, "this alert does not say whose session opened whose mail");
		return -EINVAL;
	}
	r = acceptance_check(&reader, ret_wrong, size);
	if (r < 0)
		return r;
	*ret = (struct acceptance){
		.alert = xstrdup(alert->id),
		.detector = xstrdup(alert->detector),
		.program = xstrdup(reader.program),
		.unit = xstrdup(reader_id_unit(reader.unit)),
		.script = xstrdup(reader.script),
		.uid = reader.uid,
		.session_account = xstrdup(is_pair ? acceptance_text(evidence, "session_account") : ""),
		.opened_account = xstrdup(is_pair ? acceptance_text(evidence, "opened_account") : ""),
		.measure = acceptance_measure(alert->detector, evidence),
		.note = xstrdup(""),
		.by_name = xstrdup(""),
	};
	return 0;
}

void acceptance_done(struct acceptance *acceptance)
{
	free(acceptance->alert);
	free(acceptance->detector);
	free(acceptance->program);
	free(acceptance->unit);
	free(acceptance->script);
	free(acceptance->session_account);
	free(acceptance->opened_account);
	free(acceptance->note);
	free(acceptance->by_name);
	*acceptance = (struct acceptance){};
}

void acceptances_add(struct acceptances *acceptances, struct acceptance *acceptance)
{
	acceptances->items = xreallocarray(acceptances->items, acceptances->count + 1,
					   sizeof(*acceptances->items));
	acceptances->items[acceptances->count++] = *acceptance;
	*acceptance = (struct acceptance){};
}

void acceptances_done(struct acceptances *acceptances)
{
	for (size_t i = 0; i < acceptances->count; i++)
		acceptance_done(&acceptances->items[i]);
	free(acceptances->items);
	*acceptances = (struct acceptances){};
}

bool acceptance_is_in_force(const struct acceptance *acceptance, int64_t now_us)
{
	return !acceptance->until_us || now_us < acceptance->until_us;
}

const struct acceptance *acceptances_find(const struct acceptances *acceptances, const char *alert,
					  int64_t now_us)
{
	for (size_t i = 0; i < acceptances->count; i++)
		if (strcmp(acceptances->items[i].alert, alert) == 0 &&
		    acceptance_is_in_force(&acceptances->items[i], now_us))
			return &acceptances->items[i];
	return NULL;
}

static bool acceptance_is_of_same(const struct acceptance *a, const struct acceptance *b)
{
	const struct reader_id one = {a->program, a->uid, a->unit, a->script},
			       other = {b->program, b->uid, b->unit, b->script};

	return strcmp(a->detector, b->detector) == 0 && reader_id_equals(&one, &other) &&
	       strcmp(a->session_account, b->session_account) == 0 &&
	       strcmp(a->opened_account, b->opened_account) == 0;
}

const struct acceptance *acceptances_find_same(const struct acceptances *acceptances,
					       const struct acceptance *other, int64_t now_us)
{
	for (size_t i = 0; i < acceptances->count; i++)
		if (acceptance_is_of_same(&acceptances->items[i], other) &&
		    acceptance_is_in_force(&acceptances->items[i], now_us))
			return &acceptances->items[i];
	return NULL;
}

void acceptances_list_readers(const struct acceptances *acceptances, struct known_readers *ret)
{
	for (size_t i = 0; i < acceptances->count; i++) {
		const struct acceptance *acceptance = &acceptances->items[i];
		struct known_reader reader = {
			.id = (uint64_t)acceptance->id,
			.roles = acceptance_roles(acceptance->detector),
			.program = acceptance->program,
			.unit = acceptance->unit,
			.script = acceptance->script,
			.uid = acceptance->uid,
			.until_us = acceptance->until_us,
		};

		if (reader.roles)
			known_readers_add(ret, &reader);
	}
}

static bool acceptance_answers(const struct acceptance *acceptance, const struct finding *finding,
			       const struct reader_id *reader)
{
	const struct reader_id own = {acceptance->program, acceptance->uid, acceptance->unit,
				      acceptance->script};
	int64_t measure = acceptance_measure(finding->detector, finding->evidence);

	if (strcmp(acceptance->detector, finding->detector) != 0 || !reader_id_equals(&own, reader))
		return false;
	if (*acceptance->session_account)
		return strcmp(acceptance->session_account,
			      acceptance_text(finding->evidence, "session_account")) == 0 &&
		       strcmp(acceptance->opened_account,
			      acceptance_text(finding->evidence, "opened_account")) == 0;
	return measure > 0 && measure / 2 <= acceptance->measure && acceptance->measure > 0;
}

bool acceptances_answer(const struct acceptances *acceptances, const struct finding *finding,
			int64_t now_us)
{
	struct reader_id reader;

	if (!alert_reader(finding->subject_kind, finding->subject, finding->evidence, &reader))
		return false;
	for (size_t i = 0; i < acceptances->count; i++)
		if (acceptance_is_in_force(&acceptances->items[i], now_us) &&
		    acceptance_answers(&acceptances->items[i], finding, &reader))
			return true;
	return false;
}

/* ---- The document ---- */

static json_t *acceptance_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *acceptance_time(int64_t time_us)
{
	char text[TIME_TEXT_BYTES];

	if (time_us <= 0)
		return json_null();
	time_format(time_us, text);
	return json_string(text);
}

json_t *acceptance_to_json(const struct acceptance *acceptance)
{
	json_t *object = json_object();

	json_object_set_new(object, "id", json_integer(acceptance->id));
	json_object_set_new(object, "alert", json_string(acceptance->alert));
	json_object_set_new(object, "detector", json_string(acceptance->detector));
	json_object_set_new(object, "actor", json_string(acceptance->program));
	json_object_set_new(object, "uid", json_integer(acceptance->uid));
	json_object_set_new(object, "unit", acceptance_or_null(acceptance->unit));
	json_object_set_new(object, "script", acceptance_or_null(acceptance->script));
	json_object_set_new(object, "session_account",
			    acceptance_or_null(acceptance->session_account));
	json_object_set_new(object, "opened_account",
			    acceptance_or_null(acceptance->opened_account));
	json_object_set_new(object, "measure",
			    acceptance->measure ? json_integer(acceptance->measure) : json_null());
	json_object_set_new(object, "note", acceptance_or_null(acceptance->note));
	json_object_set_new(object, "by_uid", json_integer(acceptance->by_uid));
	json_object_set_new(object, "by", acceptance_or_null(acceptance->by_name));
	json_object_set_new(object, "time", acceptance_time(acceptance->at_us));
	json_object_set_new(object, "until", acceptance_time(acceptance->until_us));
	return object;
}

int acceptance_from_json(const json_t *object, struct acceptance *ret)
{
	const json_t *uid = json_object_get(object, "uid");
	const char *until = acceptance_text(object, "until");
	int64_t until_us = 0;

	if (!json_is_integer(uid) || json_integer_value(uid) < 0 ||
	    json_integer_value(uid) > UINT32_MAX || acceptance_text(object, "actor")[0] != '/' ||
	    !*acceptance_text(object, "detector") ||
	    (*until && time_parse(until, 0, &until_us) < 0))
		return -EINVAL;
	*ret = (struct acceptance){
		.id = json_integer_value(json_object_get(object, "id")),
		.alert = xstrdup(acceptance_text(object, "alert")),
		.detector = xstrdup(acceptance_text(object, "detector")),
		.program = xstrdup(acceptance_text(object, "actor")),
		.unit = xstrdup(acceptance_text(object, "unit")),
		.script = xstrdup(acceptance_text(object, "script")),
		.uid = (uint32_t)json_integer_value(uid),
		.session_account = xstrdup(acceptance_text(object, "session_account")),
		.opened_account = xstrdup(acceptance_text(object, "opened_account")),
		.measure = json_integer_value(json_object_get(object, "measure")),
		.note = xstrdup(acceptance_text(object, "note")),
		.by_name = xstrdup(acceptance_text(object, "by")),
		.until_us = until_us,
	};
	return 0;
}
