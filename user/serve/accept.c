/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict: whatever is not understood is refused, for a misunderstood acceptance hides a reader. */
#include "serve/accept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"
#include "model/account.h"

#define FOR_MINIMUM_US US_PER_MINUTE
#define FOR_MAXIMUM_US (3650 * US_PER_DAY)

static int accept_refuse(char *ret_wrong, size_t size, const char *text)
{
	snprintf(ret_wrong, size, "%s", text);
	return -EINVAL;
}

static int accept_parse_alert(const json_t *value, struct accept_request *request, char *ret_wrong,
			      size_t size)
{
	const char *text = json_string_value(value);

	if (!text || !*text || strlen(text) >= 24)
		return accept_refuse(ret_wrong, size, "'alert' is not the id of an alert");
	request->alert = text;
	return 0;
}

static int accept_parse_revoke(const json_t *value, struct accept_request *request, char *ret_wrong,
			       size_t size)
{
	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return accept_refuse(ret_wrong, size, "'revoke' is not the id of an acceptance");
	request->revoke = json_integer_value(value);
	return 0;
}

static int accept_parse_for(const json_t *value, struct accept_request *request, char *ret_wrong,
			    size_t size)
{
	const char *text = json_string_value(value);
	json_int_t seconds = json_integer_value(value);

	if (text && parse_duration(text, FOR_MINIMUM_US, FOR_MAXIMUM_US, &request->for_us) == 0)
		return 0;
	if (seconds < FOR_MINIMUM_US / US_PER_SECOND || seconds > FOR_MAXIMUM_US / US_PER_SECOND)
		return accept_refuse(ret_wrong, size,
				     "'for' is not a number of seconds or a duration; allowed: "
				     "1min to 3650d");
	request->for_us = (uint64_t)seconds * US_PER_SECOND;
	return 0;
}

static int accept_parse_note(const json_t *value, struct accept_request *request, char *ret_wrong,
			     size_t size)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) > ACCEPT_NOTE_BYTES || (*text && !text_is_printable(text)))
		return accept_refuse(ret_wrong, size,
				     "'note' is not a text of 512 bytes at most without control "
				     "characters");
	request->note = text;
	return 0;
}

static const struct {
	const char *name;
	int (*parse)(const json_t *value, struct accept_request *request, char *ret_wrong,
		     size_t size);
} accept_members[] = {
	{"alert", accept_parse_alert},
	{"revoke", accept_parse_revoke},
	{"for", accept_parse_for},
	{"note", accept_parse_note},
};

static int accept_parse_member(const char *name, const json_t *value,
			       struct accept_request *request, char *ret_wrong, size_t size)
{
	for (size_t i = 0; i < ARRAY_LENGTH(accept_members); i++)
		if (strcmp(accept_members[i].name, name) == 0)
			return accept_members[i].parse(value, request, ret_wrong, size);
	return accept_refuse(ret_wrong, size,
			     "unknown member; allowed: alert, for, note; or revoke");
}

int accept_parse(const json_t *document, struct accept_request *ret, char *ret_wrong, size_t size)
{
	struct accept_request request = {.note = ""};
	const char *name;
	json_t *value;

	if (!json_is_object(document))
		return accept_refuse(ret_wrong, size, "the body is not a JSON object");
	json_object_foreach((json_t *)document, name, value)
	{
		int r = accept_parse_member(name, value, &request, ret_wrong, size);

		if (r < 0)
			return r;
	}
	if (!request.alert && !request.revoke)
		return accept_refuse(ret_wrong, size, "neither 'alert' nor 'revoke' is given");
	if (request.revoke && json_object_size(document) != 1)
		return accept_refuse(ret_wrong, size, "'revoke' is allowed alone");
	*ret = request;
	return 0;
}
