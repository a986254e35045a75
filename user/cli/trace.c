/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each column has a row in one table: its name, what it may be, and the function that reads it. */
#include "cli/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"
#include "cli/line_reader.h"
#include "model/snapshot.h"

#define HEADER "#waxseal-trace 1"
#define ALSO "#also\t"
#define LAST_SECOND UINT64_C(253402300799) /* 9999-12-31 */
#define MAX_COUNT UINT64_C(1000000000000000)

struct trace_column {
	const char *name;
	const char *allowed;
	int (*read)(const char *text, struct trace_record *record);
};

/* Seconds with up to nine decimals; what is below a microsecond is dropped. */
static int trace_read_time(const char *text, struct trace_record *record)
{
	const char *dot = strchr(text, '.');
	size_t whole = dot ? (size_t)(dot - text) : strlen(text);
	char seconds[16], decimals[10] = "000000000";
	uint64_t value, fraction;

	if (whole >= sizeof(seconds))
		return -EINVAL;
	memcpy(seconds, text, whole);
	seconds[whole] = '\0';
	if (dot && (!dot[1] || strlen(dot + 1) > 9))
		return -EINVAL;
	if (dot)
		memcpy(decimals, dot + 1, strlen(dot + 1));
	if (parse_u64(seconds, 0, LAST_SECOND, &value) < 0 ||
	    parse_u64(decimals, 0, 999999999, &fraction) < 0)
		return -EINVAL;
	record->time_us = value * US_PER_SECOND + fraction / 1000;
	return 0;
}

static int trace_read_kind(const char *text, struct trace_record *record)
{
	static const char *const kinds[TRACE_MAX] = {"auth", "read", "sent", "store", "conn"};

	for (size_t i = 0; i < TRACE_MAX; i++)
		if (strcmp(kinds[i], text) == 0) {
			record->kind = i;
			return 0;
		}
	return -EINVAL;
}

static const char *trace_text(const char *text)
{
	return strcmp(text, "-") == 0 ? "" : text;
}

static int trace_read_service(const char *text, struct trace_record *record)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	if (strlen(text) > 32 || text[strspn(text, letters)] != '\0')
		return -EINVAL;
	record->service = trace_text(text);
	return 0;
}

/* As strict as inet_pton(), and at once: a trace holds a million of them. */
static bool trace_is_ipv4(const char *text)
{
	for (int part = 0; part < 4; part++) {
		unsigned int value = 0, digits = 0;

		for (; *text >= '0' && *text <= '9' && digits < 3; digits++)
			value = value * 10 + (unsigned int)(*text++ - '0');
		if (!digits || value > 255 || (digits > 1 && text[-(int)digits] == '0') ||
		    *text++ != (part < 3 ? '.' : '\0'))
			return false;
	}
	return true;
}

/* An address as inet_ntop() writes it; an IPv6 one may name its zone. */
static int trace_read_source(const char *text, struct trace_record *record)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr parsed;
	size_t length;

	record->source = trace_text(text);
	if (!*record->source || trace_is_ipv4(text))
		return 0;
	length = strcspn(text, "%");
	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	return inet_pton(AF_INET6, address, &parsed) == 1 && (!text[length] || text[length + 1])
		       ? 0
		       : -EINVAL;
}

static int trace_read_account(const char *text, struct trace_record *record)
{
	record->account = trace_text(text);
	return 0;
}

static int trace_read_outcome(const char *text, struct trace_record *record)
{
	bool absent = strcmp(text, "-") == 0;

	if (record->kind != TRACE_AUTH)
		return absent ? 0 : -EINVAL;
	record->outcome = outcome_from_string(text);
	return record->outcome < 0 ? -EINVAL : 0;
}

static int trace_read_count(const char *text, struct trace_record *record)
{
	record->count = 1;
	return *trace_text(text) ? parse_u64(text, 0, MAX_COUNT, &record->count) : 0;
}

static int trace_read_bytes(const char *text, struct trace_record *record)
{
	record->bytes = 0;
	return *trace_text(text) ? parse_u64(text, 0, MAX_COUNT, &record->bytes) : 0;
}

static int trace_read_actor(const char *text, struct trace_record *record)
{
	record->actor = trace_text(text);
	return *record->actor && *record->actor != '/' ? -EINVAL : 0;
}

static const struct trace_column columns[] = {
	{"TIME", "Unix seconds with up to 9 decimals", trace_read_time},
	{"KIND", "auth, read, sent, store, conn", trace_read_kind},
	{"SERVICE", "lower-case letters, digits, _ and - (32 at most), or -", trace_read_service},
	{"SOURCE", "an IPv4 or IPv6 address, or -", trace_read_source},
	{"ACCOUNT", "text, or -", trace_read_account},
	{"OUTCOME", "success, failure, temporary, unanswered for auth; - for others",
	 trace_read_outcome},
	{"COUNT", "0 to 1000000000000000, or -", trace_read_count},
	{"BYTES", "0 to 1000000000000000, or -", trace_read_bytes},
	{"ACTOR", "an absolute path, or -", trace_read_actor},
};

static int trace_read_mechanism(const char *text, struct trace_record *record)
{
	record->mechanism = mechanism_from_string(text);
	return record->mechanism < 0 ? -EINVAL : 0;
}

static int trace_read_transport(const char *text, struct trace_record *record)
{
	record->transport = transport_from_string(text);
	return record->transport < 0 ? -EINVAL : 0;
}

static int trace_read_reader(const char *text, struct trace_record *record)
{
	record->reader = reader_from_string(text);
	return record->reader < 0 ? -EINVAL : 0;
}

static int trace_read_listed(const char *text, struct trace_record *record)
{
	record->is_listed = strcmp(text, "yes") == 0;
	record->is_listed_known = true;
	return record->is_listed || strcmp(text, "no") == 0 ? 0 : -EINVAL;
}

static int trace_read_id(const char *text, uint32_t *ret)
{
	uint64_t value;
	int r = parse_u64(text, 0, UINT32_MAX, &value);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

static int trace_read_uid(const char *text, struct trace_record *record)
{
	return trace_read_id(text, &record->uid);
}

static int trace_read_login_uid(const char *text, struct trace_record *record)
{
	return trace_read_id(text, &record->login_uid);
}

static int trace_read_pid(const char *text, struct trace_record *record)
{
	return trace_read_id(text, &record->pid);
}

static int trace_read_unit(const char *text, struct trace_record *record)
{
	record->unit = text;
	return 0;
}

static int trace_read_script(const char *text, struct trace_record *record)
{
	record->script = text;
	return 0;
}

static int trace_read_parent(const char *text, struct trace_record *record)
{
	record->parent = text;
	return 0;
}

static int trace_read_session(const char *text, struct trace_record *record)
{
	record->session = text;
	return 0;
}

static const struct trace_column also_columns[] = {
	{"mechanism", "password, challenge-response, token, certificate, other",
	 trace_read_mechanism},
	{"transport", "tls, cleartext", trace_read_transport},
	{"reader", "session, helper, other", trace_read_reader},
	{"listed", "yes, no", trace_read_listed},
	{"uid", "0 to 4294967295", trace_read_uid},
	{"login_uid", "0 to 4294967295", trace_read_login_uid},
	{"pid", "0 to 4294967295", trace_read_pid},
	{"unit", "text", trace_read_unit},
	{"script", "text", trace_read_script},
	{"parent", "text", trace_read_parent},
	{"session", "an account", trace_read_session},
};

#define ALSO_PAIRS (2 * ARRAY_LENGTH(also_columns))

static int trace_refuse(struct trace *trace, const char *message, ...)
	__attribute__((format(printf, 2, 3)));

static int trace_refuse(struct trace *trace, const char *message, ...)
{
	size_t size = sizeof(trace->problem);
	int length = snprintf(trace->problem, size, "%s:%lu: ", trace->name, trace->line);
	va_list args;

	va_start(args, message);
	if (length >= 0 && (size_t)length < size)
		vsnprintf(trace->problem + length, size - length, message, args);
	va_end(args);
	return -EINVAL;
}

static int trace_read_line(struct trace *trace)
{
	const char *wrong;
	int r = line_reader_read(&trace->reader, &trace->text, &wrong);

	if (r != 0)
		trace->line++;
	return r < 0 ? trace_refuse(trace, "%s", wrong) : r;
}

int trace_open(struct trace *trace, FILE *file, const char *name)
{
	int r;

	*trace = (struct trace){.reader.file = file, .name = name};
	r = trace_read_line(trace);
	if (r < 0)
		return r;
	if (r == 0) {
		trace->line = 1;
		return trace_refuse(trace, "the file is empty; allowed: first line '" HEADER "'");
	}
	if (strcmp(trace->text, HEADER) != 0)
		return trace_refuse(
			trace, "not a trace this program reads; allowed: first line '" HEADER "'");
	return 0;
}

static int trace_parse(struct trace *trace, struct trace_record *record)
{
	char *fields[ARRAY_LENGTH(columns)];
	size_t count = line_reader_split(trace->text, fields, ARRAY_LENGTH(columns));

	if (count != ARRAY_LENGTH(columns))
		return trace_refuse(trace, "%zu columns; allowed: %zu, separated by tabs", count,
				    ARRAY_LENGTH(columns));
	for (size_t i = 0; i < count; i++) {
		if (*fields[i] && columns[i].read(fields[i], record) == 0)
			continue;
		return trace_refuse(trace, "%s: '%.80s'; allowed: %s", columns[i].name, fields[i],
				    columns[i].allowed);
	}
	if (record->time_us < trace->last_us)
		return trace_refuse(trace, "TIME goes back; allowed: ascending");
	trace->last_us = record->time_us;
	return 1;
}

static int trace_read_pair(struct trace *trace, char *pair, struct trace_record *record)
{
	char *value = strchr(pair, '=');

	for (size_t i = 0; value && i < ARRAY_LENGTH(also_columns); i++) {
		size_t length = strlen(also_columns[i].name);

		if ((size_t)(value - pair) != length ||
		    strncmp(also_columns[i].name, pair, length) != 0)
			continue;
		if (value[1] && also_columns[i].read(value + 1, record) == 0)
			return 0;
		return trace_refuse(trace, "#also %s: '%.80s'; allowed: %s", also_columns[i].name,
				    value + 1, also_columns[i].allowed);
	}
	return trace_refuse(trace,
			    "#also: '%.80s'; allowed: mechanism=, transport=, reader=, listed=, "
			    "uid=, login_uid=, pid=, unit=, script=, parent= and session=",
			    pair);
}

/* The strings stay in the trace: those of the record share its line. */
static int trace_read_also(struct trace *trace, struct trace_record *record)
{
	char *pairs[ALSO_PAIRS];
	size_t count;

	if (strncmp(trace->text, ALSO, strlen(ALSO)) != 0)
		return 0;
	strcpy(trace->also, trace->text + strlen(ALSO));
	count = line_reader_split(trace->also, pairs, ALSO_PAIRS);
	if (count > ALSO_PAIRS)
		return trace_refuse(trace, "#also says %zu things; allowed: %zu", count,
				    ALSO_PAIRS);
	for (size_t i = 0; i < count; i++)
		if (trace_read_pair(trace, pairs[i], record) < 0)
			return -EINVAL;
	return 0;
}

int trace_next(struct trace *trace, struct trace_record *ret)
{
	struct trace_record record = {
		.outcome = OUTCOME_INVALID,
		.mechanism = MECHANISM_OTHER,
		.transport = TRANSPORT_TLS,
		.reader = READER_INVALID,
		.login_uid = UID_NONE,
		.unit = "",
		.script = "",
		.parent = "",
		.session = "",
	};
	int r;

	while ((r = trace_read_line(trace)) > 0 && trace->text[0] == '#') {
		r = trace_read_also(trace, &record);
		if (r < 0)
			return r;
	}
	if (r <= 0)
		return r;
	r = trace_parse(trace, &record);
	if (r > 0)
		*ret = record;
	return r;
}
