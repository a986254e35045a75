/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads case files and compares. */
#include "cases/case.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const auth_event_names[] = {
	[AUTH_EVENT_HANDSHAKE] = "handshake",	  [AUTH_EVENT_STRANGER] = "stranger",
	[AUTH_EVENT_REQUEST] = "request",	  [AUTH_EVENT_VERDICT] = "verdict",
	[AUTH_EVENT_FORWARDED] = "forwarded",	  [AUTH_EVENT_CANCEL] = "cancel",
	[AUTH_EVENT_CANCELLED] = "cancelled",	  [AUTH_EVENT_UNDECODABLE] = "undecodable",
};

static const char *const outcome_names[] = {"success", "failure", "temporary", "unanswered"};

/* Names that do not end in a NUL are marked as cut. */
static void print_account(char *text, size_t size, const struct identity *who)
{
	bool is_cut = who->account[ACCOUNT_BYTES - 1] != 0;

	snprintf(text, size, "%.*s%s", is_cut ? 120 : ACCOUNT_BYTES, who->account,
		 is_cut ? "~" : "");
}

static void print_auth_event(char *text, size_t size, const struct decoded *event)
{
	char account[ACCOUNT_BYTES + 2];
	const char *name = auth_event_names[event->event];

	print_account(account, sizeof(account), &event->who);
	switch (event->event) {
	case AUTH_EVENT_REQUEST:
		snprintf(text, size, "%s id=%u source=%s service=%s mechanism=%s transport=%s", name,
			 event->id, event->who.source, event->who.service, event->who.mechanism,
			 event->tls ? "tls" : "cleartext");
		break;
	case AUTH_EVENT_VERDICT:
		snprintf(text, size, "%s id=%u account=%s outcome=%s%s%s", name, event->id, account,
			 outcome_names[event->outcome], event->who.master[0] ? " master=" : "",
			 event->who.master);
		break;
	case AUTH_EVENT_FORWARDED:
	case AUTH_EVENT_CANCEL:
	case AUTH_EVENT_CANCELLED: snprintf(text, size, "%s id=%u", name, event->id); break;
	default: snprintf(text, size, "%s", name);
	}
}

static void print_cyrus_event(char *text, size_t size, const struct decoded *event)
{
	static const char *const commands[] = {"none", "own", "send", "compress"};
	char account[ACCOUNT_BYTES + 2];

	print_account(account, sizeof(account), &event->who);
	if (event->event == CYRUS_EVENT_OTHER)
		snprintf(text, size, "other");
	else
		snprintf(text, size, "%s account=%s service=%s source=%s command=%s",
			 event->event == CYRUS_EVENT_SESSION ? "session" : "nobody", account,
			 event->who.service, event->who.source, commands[event->outcome]);
}

static void print_anvil_event(char *text, size_t size, const struct decoded *event)
{
	char account[ACCOUNT_BYTES + 2];

	print_account(account, sizeof(account), &event->who);
	if (event->event == ANVIL_EVENT_OTHER)
		snprintf(text, size, "other");
	else
		snprintf(text, size, "%s account=%s service=%s source=%s",
			 event->event == ANVIL_EVENT_CONNECT ? "connect" : "disconnect", account,
			 event->who.service, event->who.source);
}

static void print_event(char *text, size_t size, enum case_speaker speaker,
			const struct decoded *event)
{
	switch (speaker) {
	case CASE_ANVIL: print_anvil_event(text, size, event); break;
	case CASE_CYRUS: print_cyrus_event(text, size, event); break;
	default: print_auth_event(text, size, event);
	}
}

static bool case_holds(const char *path, const struct decode_case *c, case_decode decode)
{
	static struct decoded events[CASE_EVENTS];
	size_t n = decode(c, events);
	bool holds = n == c->n_expected;

	for (size_t i = 0; i < n && i < CASE_EVENTS; i++) {
		char text[512];

		print_event(text, sizeof(text), c->speaker, &events[i]);
		if (i < c->n_expected && strcmp(text, c->expected[i]) == 0)
			continue;
		holds = false;
		fprintf(stderr, "%s:%d: %s\n  event %zu is:  %s\n  should be:   %s\n", path, c->line,
			c->name, i + 1, text, i < c->n_expected ? c->expected[i] : "(none)");
	}
	if (n < c->n_expected)
		fprintf(stderr, "%s:%d: %s\n  missing: %s\n", path, c->line, c->name,
			c->expected[n]);
	return holds;
}

/* ---- Reading ---- */

static void put_byte(struct decode_case *c, unsigned char byte)
{
	if (c->n_bytes == CASE_BYTES) {
		fprintf(stderr, "case '%s' is too long\n", c->name);
		exit(2);
	}
	c->bytes[c->n_bytes++] = byte;
}

/* One escape at text, after its backslash; returns where it ends. */
static const char *put_escape(struct decode_case *c, const char *text)
{
	char digits[3] = {};

	switch (*text) {
	case 't': put_byte(c, '\t'); return text + 1;
	case 'n': put_byte(c, '\n'); return text + 1;
	case 'r': put_byte(c, '\r'); return text + 1;
	case 'x':
		memcpy(digits, text + 1, 2);
		put_byte(c, strtoul(digits, NULL, 16));
		return text + 3;
	default: put_byte(c, *text); return text + 1;
	}
}

static void put_text(struct decode_case *c, const char *text)
{
	while (*text) {
		unsigned long times;
		char *end;

		if (*text == '\\') {
			text = put_escape(c, text + 1);
			continue;
		}
		put_byte(c, *text++);
		if (*text != '{')
			continue;
		times = strtoul(text + 1, &end, 10);
		for (unsigned long i = 1; i < times; i++)
			put_byte(c, text[-1]);
		text = *end == '}' ? end + 1 : end;
	}
}

static bool take_speaker(struct decode_case *c, const char *word)
{
	bool is_server = strcmp(word, "server handshake") == 0;
	bool is_client = strcmp(word, "client handshake") == 0;

	c->before_handshake = is_server || is_client;
	if (is_server || strcmp(word, "server") == 0)
		c->speaker = CASE_SERVER;
	else if (is_client || strcmp(word, "client") == 0)
		c->speaker = CASE_CLIENT;
	else if (strcmp(word, "anvil") == 0)
		c->speaker = CASE_ANVIL;
	else if (strcmp(word, "cyrus") == 0)
		c->speaker = CASE_CYRUS;
	else
		return false;
	return true;
}

/* AUTH_PROTOCOL_NONE for a name that no protocol has. */
static __u8 protocol_named(const char *name)
{
#define PROTOCOL_NAME(number, text) [number] = text,
	static const char *const names[] = {AUTH_PROTOCOLS(PROTOCOL_NAME)};

	for (__u8 i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return AUTH_PROTOCOL_NONE;
}

static bool take_line(struct decode_case *c, const char *text)
{
	if (strncmp(text, "> ", 2) == 0) {
		put_text(c, text + 2);
		return true;
	}
	if (strncmp(text, "= ", 2) == 0 && c->n_expected < CASE_EVENTS) {
		snprintf(c->expected[c->n_expected++], sizeof(c->expected[0]), "%.511s", text + 2);
		return true;
	}
	return take_speaker(c, text);
}

static int cases_run_file(const char *path, case_decode decode)
{
	static struct decode_case current;
	static char text[4096];
	FILE *file = fopen(path, "re");
	int cases = 0, failed = 0, line = 0;
	__u8 protocol = AUTH_PROTOCOL_NONE;

	if (!file) {
		perror(path);
		return -1;
	}
	while (fgets(text, sizeof(text), file)) {
		line++;
		text[strcspn(text, "\n")] = '\0';
		if (text[0] == '\0' || text[0] == '#')
			continue;
		if (!cases && strncmp(text, "protocol ", 9) == 0) {
			protocol = protocol_named(text + 9);
			failed += protocol == AUTH_PROTOCOL_NONE;
		} else if (strncmp(text, "case ", 5) == 0) {
			if (cases++)
				failed += !case_holds(path, &current, decode);
			memset(&current, 0, sizeof(current));
			snprintf(current.name, sizeof(current.name), "%.127s", text + 5);
			current.line = line;
			current.protocol = protocol;
		} else if (!cases || !take_line(&current, text)) {
			fprintf(stderr, "%s:%d: not a line of a case: %s\n", path, line, text);
			failed++;
		}
	}
	fclose(file);
	if (cases)
		failed += !case_holds(path, &current, decode);
	return failed || !cases ? -1 : cases;
}

int cases_run(case_decode decode)
{
	int cases = 0, failed = 0;
	glob_t found = {};

	if (glob("tests/cases/*.cases", 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++) {
			int n = cases_run_file(found.gl_pathv[i], decode);

			cases += n > 0 ? n : 0;
			failed += n < 0;
		}
	globfree(&found);
	return failed || !cases ? -1 : cases;
}
