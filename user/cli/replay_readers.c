/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the operator has listed or accepted goes before what the trace says: that is what a replay
 * with his configuration is for. When neither says anything, the mail servers' own programs are known.
 */
#include "cli/replay_readers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/client.h"

static const char *const server_folders[] = {
	"/usr/lib/dovecot/", "/usr/libexec/dovecot/", "/usr/lib/cyrus/",     "/usr/lib/courier/",
	"/usr/sbin/dovecot", "/usr/bin/doveadm",      "/usr/sbin/saslauthd",
};

static bool replay_readers_is_server_program(const char *actor)
{
	for (size_t i = 0; i < ARRAY_LENGTH(server_folders); i++)
		if (strncmp(actor, server_folders[i], strlen(server_folders[i])) == 0)
			return true;
	return false;
}

void replay_readers_done(struct replay_readers *readers)
{
	known_readers_done(&readers->listed);
	known_readers_done(&readers->accepted);
	known_readers_done(&readers->sessions);
	acceptances_done(&readers->acceptances);
	free(readers->runtime_dir);
	*readers = (struct replay_readers){};
}

static void replay_readers_list(struct known_readers *readers, enum known_role role,
				const struct watch_entries *entries)
{
	const char *wrong;

	/* the configuration has checked them */
	for (size_t i = 0; i < entries->count; i++)
		(void)known_readers_add_text(readers, role, entries->items[i].name, &wrong);
}

void replay_readers_configure(struct replay_readers *readers, const struct config *config)
{
	const struct watch_entries *of = config->watch.of;

	replay_readers_list(&readers->listed, KNOWN_MAIL, &of[WATCH_MAIL_HELPER]);
	replay_readers_list(&readers->listed, KNOWN_STORES, &of[WATCH_STORE_READER]);
	replay_readers_list(&readers->sessions, KNOWN_MAIL, &of[WATCH_SESSION_PROGRAM]);
	free(readers->runtime_dir);
	readers->runtime_dir = xstrdup(config->runtime_dir);
}

static int replay_readers_take(struct replay_readers *readers, const json_t *document)
{
	const json_t *accepted = json_object_get(document, "accepted");
	json_t *object;
	size_t i;

	if (!json_is_array(accepted))
		return -EINVAL;
	json_array_foreach(accepted, i, object)
	{
		struct acceptance acceptance;

		if (acceptance_from_json(object, &acceptance) < 0)
			return -EINVAL;
		acceptances_add(&readers->acceptances, &acceptance);
	}
	known_readers_done(&readers->accepted);
	acceptances_list_readers(&readers->acceptances, &readers->accepted);
	return 0;
}

int replay_readers_load(struct replay_readers *readers, const struct console *console,
			const char *path)
{
	json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	int r = document ? replay_readers_take(readers, document) : -EINVAL;

	json_decref(document);
	if (r < 0)
		return console_misuse(console,
				      "%s is not a list of accepted readers; allowed: the output of "
				      "'waxseal --json accepted'",
				      path);
	return EXIT_OK;
}

/* No daemon need run: then nobody was accepted. */
int replay_readers_ask(struct replay_readers *readers, const struct console *console)
{
	_cleanup_free_ char *socket = xasprintf(
		"%s/waxseal.sock", readers->runtime_dir ? readers->runtime_dir : "/run/waxseal");
	struct client_reply reply = {0};
	json_t *document;
	int r = client_get(socket, "/v1/accepted", &reply);

	if (r < 0)
		return EXIT_OK;
	document = json_loadb(reply.body, reply.length, JSON_REJECT_DUPLICATES, NULL);
	if (reply.status == 200 && document)
		r = replay_readers_take(readers, document);
	json_decref(document);
	client_reply_done(&reply);
	return r < 0 ? console_fail(console, "the accepted readers of %s are not understood", socket)
		     : EXIT_OK;
}

static bool replay_readers_know(const struct replay_readers *readers, enum known_role role,
				const struct trace_record *record)
{
	const struct reader_id reader = {record->actor, record->uid, record->unit, record->script};

	return readers && *record->actor &&
	       (known_readers_find(&readers->listed, role, &reader, record->time_us) ||
		known_readers_find(&readers->accepted, role, &reader, record->time_us));
}

static bool replay_readers_is_session(const struct replay_readers *readers,
				      const struct trace_record *record)
{
	const struct reader_id reader = {record->actor, record->uid, record->unit, record->script};

	return readers && *record->actor &&
	       known_readers_find(&readers->sessions, KNOWN_MAIL, &reader, record->time_us);
}

enum reader replay_readers_class(const struct replay_readers *readers,
				 const struct trace_record *record)
{
	if (record->reader == READER_SESSION)
		return READER_SESSION;
	if (replay_readers_is_session(readers, record))
		return READER_SESSION;
	if (replay_readers_know(readers, KNOWN_MAIL, record))
		return READER_HELPER;
	if (record->reader != READER_INVALID)
		return record->reader;
	if (*record->source || !*record->actor)
		return READER_SESSION;
	return replay_readers_is_server_program(record->actor) ? READER_HELPER : READER_OTHER;
}

bool replay_readers_allow(const struct replay_readers *readers, const struct trace_record *record)
{
	if (replay_readers_know(readers, KNOWN_STORES, record))
		return true;
	return record->is_listed_known ? record->is_listed
				       : replay_readers_is_server_program(record->actor);
}
