/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linear: a mail host has dozens of known readers, and a tick few programs that read. */
#include "model/known_readers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_lookup.h"
#include "base/parse.h"
#include "model/unit.h"

/* At the start, for a user database in the network. */
#define USER_WAIT_MS 2000

static char *known_copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void known_readers_add(struct known_readers *readers, const struct known_reader *reader)
{
	struct known_reader *added;

	readers->items = xreallocarray(readers->items, readers->count + 1, sizeof(*added));
	added = &readers->items[readers->count++];
	*added = *reader;
	added->program = known_copy(reader->program);
	added->unit = known_copy(reader->unit);
	added->script = known_copy(reader->script);
}

void known_readers_done(struct known_readers *readers)
{
	for (size_t i = 0; i < readers->count; i++) {
		free(readers->items[i].program);
		free(readers->items[i].unit);
		free(readers->items[i].script);
	}
	free(readers->items);
	*readers = (struct known_readers){};
}

/* ---- Forms of the configuration ---- */

/* systemd.unit(5): these characters and no others. A user's unit has a slash in our names. */
static bool known_is_service(const char *name)
{
	static const char end[] = ".service";
	size_t len = strlen(name), chars;

	chars = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@");
	return chars == len && len > strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

/* A name of the user database, or a number. */
static int known_find_user(const char *name, int64_t *ret_uid)
{
	struct name_answer user;
	uint64_t number;

	if (parse_u64(name, 0, UINT32_MAX - 1, &number) == 0) {
		*ret_uid = (int64_t)number;
		return 0;
	}
	user = name_lookup(NAME_USER, name, 0, USER_WAIT_MS);
	if (user.state == NAME_WAITS || user.state == NAME_FAILED)
		return -EAGAIN;
	if (user.state == NAME_ABSENT)
		return -EINVAL;
	*ret_uid = user.number;
	return 0;
}

static int known_parse_user(const char *text, struct known_reader *reader, const char **ret_wrong)
{
	const char *colon = strchr(text, ':');
	_cleanup_free_ char *name = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	int r = colon && colon[1] == '/' ? known_find_user(name, &reader->uid) : -EINVAL;

	if (r == -EAGAIN) {
		*ret_wrong = "names a user, and the host's user database does not answer; write the "
			     "user's number instead";
		return -EINVAL;
	}
	if (r < 0) {
		*ret_wrong = "does not name a user of this host and an absolute path";
		return -EINVAL;
	}
	reader->program = (char *)colon + 1;
	return 0;
}

static int known_parse(const char *text, struct known_reader *reader, const char **ret_wrong)
{
	if (strncmp(text, "unit:", 5) == 0) {
		reader->unit = (char *)text + 5;
		*ret_wrong = "does not name a system service";
		if (!known_is_service(reader->unit))
			return -EINVAL;
		*ret_wrong = "is a unit in which jobs or logins of many users run; name the script, or "
			     "user:NAME:PATH, instead";
		return unit_is_shared(reader->unit) ? -EINVAL : 0;
	}
	if (strncmp(text, "script:", 7) == 0) {
		reader->script = (char *)text + 7;
		*ret_wrong = "does not name a script by an absolute path";
		return reader->script[0] == '/' ? 0 : -EINVAL;
	}
	if (strncmp(text, "user:", 5) == 0)
		return known_parse_user(text + 5, reader, ret_wrong);
	reader->program = (char *)text;
	*ret_wrong = "is neither an absolute path nor unit:, script: or user:";
	return text[0] == '/' ? 0 : -EINVAL;
}

int known_readers_add_text(struct known_readers *readers, enum known_role role, const char *text,
			   const char **ret_wrong)
{
	struct known_reader reader = {.roles = role, .uid = KNOWN_ANY_UID};
	const char *wrong = NULL;
	int r = known_parse(text, &reader, &wrong);

	if (r < 0) {
		*ret_wrong = wrong;
		return r;
	}
	known_readers_add(readers, &reader);
	return 0;
}

/* ---- Who is it? ---- */

static bool is_session_of_a_user(const char *unit)
{
	return strncmp(unit, "user@", 5) == 0 ||
	       (strncmp(unit, "session-", 8) == 0 && strstr(unit, ".scope"));
}

const char *reader_id_unit(const char *unit)
{
	return is_session_of_a_user(unit) ? "" : unit;
}

bool reader_id_equals(const struct reader_id *a, const struct reader_id *b)
{
	return a->uid == b->uid && strcmp(a->program, b->program) == 0 &&
	       strcmp(a->script, b->script) == 0 &&
	       strcmp(reader_id_unit(a->unit), reader_id_unit(b->unit)) == 0;
}

static bool known_matches(const struct known_reader *known, const struct reader_id *reader)
{
	if (known->uid != KNOWN_ANY_UID && known->uid != (int64_t)reader->uid)
		return false;
	if (known->program && strcmp(known->program, reader->program) != 0)
		return false;
	if (known->script && strcmp(known->script, reader->script) != 0)
		return false;
	return !known->unit ||
	       strcmp(reader_id_unit(known->unit), reader_id_unit(reader->unit)) == 0;
}

const struct known_reader *known_readers_find(const struct known_readers *readers,
					      enum known_role role, const struct reader_id *reader,
					      int64_t now_us)
{
	for (size_t i = 0; i < readers->count; i++) {
		const struct known_reader *known = &readers->items[i];

		if ((known->roles & role) && (!known->until_us || now_us < known->until_us) &&
		    known_matches(known, reader))
			return known;
	}
	return NULL;
}

/* Followed by a version, or by nothing. */
static const char *const interpreters[] = {
	"python", "pypy", "perl", "ruby", "php", "node", "nodejs", "bash", "dash", "sh",   "zsh",
	"ksh",	  "mksh", "fish", "lua",  "luajit", "tclsh", "busybox", "java", "awk", "gawk", "mawk",
};

bool program_is_interpreter(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_LENGTH(interpreters); i++) {
		size_t len = strlen(interpreters[i]);

		if (strncmp(name, interpreters[i], len) == 0 &&
		    strspn(name + len, "0123456789.-") == strlen(name + len))
			return true;
	}
	return false;
}
