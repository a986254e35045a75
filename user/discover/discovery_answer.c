/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One walk over the members writes and reads them; what was read is looked at entry by entry. */
#include "discover/discovery_answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/mail_root.h"

#define SERVERS_CAP 64
#define VERSION_BYTES 64
#define SENTENCE_BYTES 2000

/* One line, which does not steer a terminal. */
static bool answer_is_line(const char *text)
{
	if (!text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool answer_is_path(const char *text)
{
	return text && text[0] == '/' && answer_is_line(text);
}

static bool answer_is_place(const char *text)
{
	return answer_is_path(text) ||
	       (text && strncmp(text, "inet:", 5) == 0 && text[5] && answer_is_line(text));
}

static bool answer_is_root(const char *text)
{
	struct mail_root root;
	char wrong[256];

	if (!answer_is_line(text) || mail_root_parse(text, &root, wrong, sizeof(wrong)) < 0)
		return false;
	mail_root_done(&root);
	return true;
}

static bool answer_is_entry(int role, const char *name)
{
	switch (role) {
	case WATCH_AUTH_SOCKET:
	case WATCH_STORE: return answer_is_place(name);
	case WATCH_MAIL_ROOT: return answer_is_root(name);
	case WATCH_MAIL_PORT: return answer_is_line(name) && strchr(name, ':');
	default: return answer_is_path(name);
	}
}

/* "DOVEADM\tCONFIGURATION" */
static bool answer_is_command(const char *text)
{
	const char *tab = text ? strchr(text, '\t') : NULL;
	_cleanup_free_ char *program = tab ? xstrndup(text, (size_t)(tab - text)) : NULL;

	return tab && answer_is_path(program) && answer_is_path(tab + 1);
}

static size_t answer_count(struct serializer *serializer, size_t count, size_t cap)
{
	uint64_t kept = count;

	serializer_member(serializer, &kept, sizeof(kept));
	if (kept > cap)
		serializer->is_bad = true;
	return serializer->is_bad ? 0 : (size_t)kept;
}

/* What is not right is left out, which is said once. */
static void answer_leave_out(struct discovery *found)
{
	strlist_add(&found->problems, "something that was found has a name that is not understood: "
				      "it is left out");
}

static void answer_paths(struct serializer *serializer, struct discovery *found,
			 struct strlist *list, bool (*is_right)(const char *text))
{
	size_t count = answer_count(serializer, list->count, STRLIST_CAP);

	for (size_t i = 0; i < count && !serializer->is_bad; i++) {
		char *text = serializer->is_reading ? NULL : list->items[i];

		serializer_text(serializer, &text);
		if (!serializer->is_reading)
			continue;
		if (is_right(text))
			strlist_add(list, text);
		else
			answer_leave_out(found);
		free(text);
	}
}

/* Written short enough to be read, read without what steers a terminal. */
static void answer_sentences(struct serializer *serializer, struct strlist *list)
{
	size_t count = answer_count(serializer, list->count, STRLIST_CAP);

	for (size_t i = 0; i < count && !serializer->is_bad; i++) {
		char *text = serializer->is_reading
				     ? NULL
				     : xstrndup(list->items[i], SENTENCE_BYTES);

		serializer_text(serializer, &text);
		for (char *at = text; serializer->is_reading && at && *at; at++)
			if ((unsigned char)*at < ' ' || *at == 0x7f)
				*at = '?';
		if (serializer->is_reading && text)
			strlist_add(list, text);
		free(text);
	}
}

static void answer_entries(struct serializer *serializer, int role, struct discovery *found,
			   struct watch_list *list)
{
	struct watch_entries *entries = &list->of[role];
	size_t count = answer_count(serializer, entries->count, WATCH_ENTRIES_CAP);

	for (size_t i = 0; i < count && !serializer->is_bad; i++) {
		struct watch_entry entry = {};

		if (!serializer->is_reading)
			entry = entries->items[i];
		serializer_text(serializer, &entry.name);
		serializer_member(serializer, &entry.protocol, sizeof(entry.protocol));
		if (!serializer->is_reading)
			continue;
		if (answer_is_entry(role, entry.name))
			watch_list_add(list, role, entry.protocol, entry.name);
		else
			answer_leave_out(found);
		free(entry.name);
	}
}

static const struct mail_server_kind *answer_kind(const char *name)
{
	for (size_t i = 0; name && mail_server_kinds[i]; i++)
		if (strcmp(mail_server_kinds[i]->name, name) == 0)
			return mail_server_kinds[i];
	return NULL;
}

/* An entry speaks the protocol of its server's kind, or none. */
static bool answer_has_protocols(const struct mail_server *server)
{
	for (int role = 0; role < WATCH_ROLES; role++)
		for (size_t i = 0; i < server->watch.of[role].count; i++) {
			uint8_t protocol = server->watch.of[role].items[i].protocol;
			uint8_t allowed = role == WATCH_AUTH_SOCKET ? server->kind->auth
					  : role == WATCH_SESSION_PROGRAM ||
							  role == WATCH_STATUS_FOLDER
						  ? server->kind->session
						  : 0;

			if (protocol && protocol != allowed)
				return false;
		}
	return true;
}

static void answer_server(struct serializer *serializer, struct discovery *found, size_t i)
{
	char *kind_name = NULL, *version = NULL;
	const struct mail_server_kind *kind;
	struct mail_server *server;

	if (!serializer->is_reading) {
		kind_name = (char *)found->servers[i].kind->name;
		version = found->servers[i].version;
	}
	serializer_text(serializer, &kind_name);
	serializer_text(serializer, &version);
	if (serializer->is_reading) {
		kind = answer_kind(kind_name);
		if (kind && answer_is_line(version) && strlen(version) < VERSION_BYTES)
			(void)discovery_add_server(found, kind, version);
		else
			serializer->is_bad = true;
		free(kind_name);
		free(version);
	}
	if (serializer->is_bad)
		return;
	server = &found->servers[i];
	for (int role = 0; role < WATCH_ROLES; role++)
		answer_entries(serializer, role, found, &server->watch);
	if (!answer_has_protocols(server))
		serializer->is_bad = true;
}

static void answer_members(struct serializer *serializer, struct discovery *found)
{
	size_t count = answer_count(serializer, found->count, SERVERS_CAP);

	for (size_t i = 0; i < count && !serializer->is_bad; i++)
		answer_server(serializer, found, i);
	answer_paths(serializer, found, &found->last_logins, answer_is_path);
	answer_paths(serializer, found, &found->doveadm_commands, answer_is_command);
	answer_sentences(serializer, &found->problems);
	answer_sentences(serializer, &found->missing);
}

void discovery_answer_write(const struct discovery *found, struct serializer *serializer)
{
	answer_members(serializer, (struct discovery *)found);
}

int discovery_answer_read(const unsigned char *bytes, size_t length, struct discovery *ret)
{
	struct serializer serializer = {
		.bytes = (unsigned char *)bytes, .used = length, .is_reading = true};
	struct discovery found = {};

	if (length > DISCOVERY_ANSWER_BYTES)
		return -EBADMSG;
	answer_members(&serializer, &found);
	if (serializer.is_bad || serializer.at != length) {
		discovery_done(&found);
		return -EBADMSG;
	}
	*ret = found;
	return 0;
}
