/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict parsers: what is not understood whole is refused, with the reason. */
#include "config/config_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"
#include "config/template.h"
#include "model/account.h"
#include "model/network.h"
#include "model/known_readers.h"

#define GROUP_NAME_BYTES 32 /* as useradd(8) allows */

static int config_refuse(char *ret_wrong, size_t size, const char *text, const char *why)
{
	snprintf(ret_wrong, size, "'%s' %s", text, why);
	return -EINVAL;
}

static int config_replace(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
	return 0;
}

static int config_check_path(const char *text, char *ret_wrong, size_t size)
{
	if (text[0] != '/')
		return config_refuse(ret_wrong, size, text, "is not an absolute path");
	if (strlen(text) >= PATH_MAX)
		return config_refuse(ret_wrong, size, "path", "is too long");
	return 0;
}

int config_parse_folder(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	int r = config_check_path(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_replace(field, text);
}

/* Is text one of the words of "a | b | c"? */
static bool config_is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);

	while (*choices) {
		size_t word = strcspn(choices, " |");

		if (word == len && len > 0 && strncmp(choices, text, len) == 0)
			return true;
		choices += word;
		choices += strspn(choices, " |");
	}
	return false;
}

int config_parse_choice(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	if (!config_is_choice(key->allowed, text))
		return config_refuse(ret_wrong, size, text, "is not one of the allowed words");
	return config_replace(field, text);
}

int config_parse_yes_no(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	(void)key;
	if (parse_bool(text, field) < 0)
		return config_refuse(ret_wrong, size, text, "is neither yes nor no");
	return 0;
}

static int config_refuse_number(int error, const char *kind, const char *text, char *ret_wrong,
				size_t size)
{
	return config_refuse(ret_wrong, size, text, error == -ERANGE ? "is out of range" : kind);
}

int config_parse_duration(const struct config_key *key, const char *text, void *field,
			  char *ret_wrong, size_t size)
{
	int r = parse_duration(text, (uint64_t)(key->minimum * (double)US_PER_SECOND),
			       (uint64_t)(key->maximum * (double)US_PER_SECOND), field);

	if (r < 0)
		return config_refuse_number(r, "is not a duration", text, ret_wrong, size);
	return 0;
}

int config_parse_count(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		       size_t size)
{
	int r = parse_u64(text, (uint64_t)key->minimum, (uint64_t)key->maximum, field);

	if (r < 0)
		return config_refuse_number(r, "is not a whole number", text, ret_wrong, size);
	return 0;
}

int config_parse_number(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	int r = parse_double(text, key->minimum, key->maximum, field);

	if (r < 0)
		return config_refuse_number(r, "is not a number", text, ret_wrong, size);
	return 0;
}

static bool config_is_port(const char *text)
{
	uint64_t port;

	return parse_u64(text, 1, 65535, &port) == 0;
}

static bool config_is_address(const char *text, size_t len)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr parsed;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
		if (len >= sizeof(address))
			return false;
		snprintf(address, sizeof(address), "%.*s", (int)len, text);
		return inet_pton(AF_INET6, address, &parsed) == 1;
	}
	if (len >= sizeof(address))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)len, text);
	return inet_pton(AF_INET, address, &parsed) == 1;
}

int config_parse_listen(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	const char *colon = strrchr(text, ':');

	(void)key;
	if (text[0] && (!colon || !config_is_port(colon + 1)))
		return config_refuse(ret_wrong, size, text, "does not end with a port");
	if (text[0] && !config_is_address(text, (size_t)(colon - text)))
		return config_refuse(ret_wrong, size, text, "does not begin with an IP address");
	return config_replace(field, text);
}

int config_parse_group(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		       size_t size)
{
	(void)key;
	if (strlen(text) > GROUP_NAME_BYTES)
		return config_refuse(ret_wrong, size, text, "is too long for a group");
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-.$", *at))
			return config_refuse(ret_wrong, size, text, "is not the name of a group");
	return config_replace(field, text);
}

static int config_keep(struct strlist *list, const char *text, char *ret_wrong, size_t size)
{
	if (list->count == STRLIST_CAP)
		return config_refuse(ret_wrong, size, text, "is one value too many");
	strlist_add(list, text);
	return 0;
}

static int config_watch(struct watch_entries *entries, uint8_t protocol, const char *text,
			char *ret_wrong, size_t size)
{
	if (entries->count == WATCH_ENTRIES_CAP)
		return config_refuse(ret_wrong, size, text, "is one value too many");
	watch_entries_add(entries, protocol, text);
	return 0;
}

static int config_check_inet(const char *text, char *ret_wrong, size_t size)
{
	const char *host = text + strlen("inet:"), *colon = strrchr(host, ':');

	if (!colon || colon == host || !config_is_port(colon + 1) || strpbrk(host, " \t/"))
		return config_refuse(ret_wrong, size, text, "does not have a host and a port");
	return 0;
}

int config_parse_socket(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	int r;

	(void)key;
	if (strncmp(text, "inet:", 5) == 0) {
		r = config_check_inet(text, ret_wrong, size);
	} else {
		r = config_check_path(text, ret_wrong, size);
		if (r == 0 && strlen(text) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			r = config_refuse(ret_wrong, size, text, "is too long for a Unix socket");
	}
	return r < 0 ? r : config_watch(field, AUTH_PROTOCOL_DOVECOT, text, ret_wrong, size);
}

int config_parse_port(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		      size_t size)
{
	size_t service = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	(void)key;
	if (service == 0 || service > 16 || text[service] != ':' ||
	    !config_is_port(text + service + 1))
		return config_refuse(ret_wrong, size, text, "is not a service and a port");
	return config_watch(field, 0, text, ret_wrong, size);
}

int config_parse_store(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		       size_t size)
{
	int r = strncmp(text, "inet:", 5) == 0 ? config_check_inet(text, ret_wrong, size)
					       : config_check_path(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_watch(field, 0, text, ret_wrong, size);
}

int config_parse_root(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		      size_t size)
{
	int r = template_check(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_watch(field, 0, text, ret_wrong, size);
}

int config_parse_path(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		      size_t size)
{
	int r = config_check_path(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_keep(field, text, ret_wrong, size);
}

int config_parse_watched_path(const struct config_key *key, const char *text, void *field,
			      char *ret_wrong, size_t size)
{
	int r = config_check_path(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_watch(field, 0, text, ret_wrong, size);
}

int config_parse_reader(const struct config_key *key, const char *text, void *field,
			char *ret_wrong, size_t size)
{
	struct known_readers readers = {};
	const char *wrong;
	int r = text[0] == '/' ? config_check_path(text, ret_wrong, size) : 0;

	(void)key;
	if (r < 0)
		return r;
	if (known_readers_add_text(&readers, KNOWN_MAIL, text, &wrong) < 0)
		return config_refuse(ret_wrong, size, text, wrong);
	known_readers_done(&readers);
	return config_watch(field, 0, text, ret_wrong, size);
}

int config_parse_environment_session(const struct config_key *key, const char *text, void *field,
				     char *ret_wrong, size_t size)
{
	int r = config_check_path(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_watch(field, SESSION_PROTOCOL_ENVIRONMENT, text, ret_wrong, size);
}

int config_parse_cyrus_folder(const struct config_key *key, const char *text, void *field,
			      char *ret_wrong, size_t size)
{
	int r = config_check_path(text, ret_wrong, size);

	(void)key;
	return r < 0 ? r : config_watch(field, SESSION_PROTOCOL_CYRUS_STATUS, text, ret_wrong, size);
}

int config_parse_account(const struct config_key *key, const char *text, void *field,
			 char *ret_wrong, size_t size)
{
	(void)key;
	if (!*text || strcmp(text, "-") == 0 || strpbrk(text, " \t"))
		return config_refuse(ret_wrong, size, text, "is not the name of an account");
	if (!text_is_printable(text))
		return config_refuse(ret_wrong, size, "name", "has a byte that is no text");
	return config_keep(field, text, ret_wrong, size);
}

int config_parse_networks(const struct config_key *key, const char *text, void *field,
			  char *ret_wrong, size_t size)
{
	struct network_list *networks = field;
	struct network_range range;

	(void)key;
	if (network_range_parse(text, &range) < 0)
		return config_refuse(ret_wrong, size, text, "is not an address or a network");
	network_list_add(networks, &range);
	return networks->dropped ? config_refuse(ret_wrong, size, text, "is one network too many")
				 : 0;
}

/* A scheme and a host; the rest is the web service's affair. */
static bool config_is_url(const char *text)
{
	size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
			: strncmp(text, "https://", 8) == 0 ? 8
							    : 0;
	const char *host = text + scheme, *end = host + strcspn(host, "/?#");

	for (const char *at = host; at < end; at++)
		if (*at == '@')
			host = at + 1;
	return scheme > 0 && host < end && *host != ':' && !strpbrk(text, " \t");
}

int config_parse_sink_value(const struct sink_key *key, const char *text, struct sink_value *ret,
			    char *ret_wrong, size_t size)
{
	int r = 0;

	switch (key->kind) {
	case SINK_KEY_TEXT:
		break;
	case SINK_KEY_CHOICE:
		if (!config_is_choice(key->allowed, text))
			return config_refuse(ret_wrong, size, text, "is not one of the allowed words");
		break;
	case SINK_KEY_NUMBER:
		r = parse_double(text, key->minimum, key->maximum, &ret->number);
		if (r < 0)
			return config_refuse_number(r, "is not a number", text, ret_wrong, size);
		break;
	case SINK_KEY_PATH:
		r = config_check_path(text, ret_wrong, size);
		break;
	case SINK_KEY_URL:
		/* It may hold a password, so it stands in no text. */
		if (config_is_url(text))
			break;
		(void)snprintf(ret_wrong, size, "is not the address of a web service");
		return -EINVAL;
	}
	return r < 0 ? r : config_replace(&ret->text, text);
}
