/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations are rounded to the nearest number of a unit that suits them. */
#include "detect/text/alert_text.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/snapshot.h"

static const struct {
	int64_t unit_us, most;
	const char *name;
} units[] = {
	{US_PER_SECOND, 120, "s"},
	{US_PER_MINUTE, 120, "min"},
	{US_PER_HOUR, 72, "h"},
	{US_PER_DAY, INT64_MAX, "days"},
};

void alert_text_duration(int64_t us, char *ret_text)
{
	int64_t number = us / US_PER_SECOND;
	size_t i = 0;

	if (us < US_PER_SECOND) {
		(void)snprintf(ret_text, ALERT_TEXT_BYTES, "less than 1 s");
		return;
	}
	for (;; i++) {
		number = (us + units[i].unit_us / 2) / units[i].unit_us;
		if (number <= units[i].most)
			break;
	}
	(void)snprintf(ret_text, ALERT_TEXT_BYTES, "%" PRId64 " %s", number, units[i].name);
}

void alert_text_count(uint64_t count, const char *one, const char *many, char *ret_text)
{
	(void)snprintf(ret_text, ALERT_TEXT_BYTES, "%" PRIu64 " %s", count,
		       count == 1 ? one : many);
}

/* To two digits: more would look exact. */
static double alert_text_round(double number)
{
	double unit = pow(10, fmax(floor(log10(fmax(number, 1))) - 1, 0));

	return round(number / unit) * unit;
}

void alert_text_odds(double nats, char *ret_text)
{
	if (nats > log(1e9))
		(void)snprintf(ret_text, ALERT_TEXT_BYTES, "more than a billion");
	else if (nats > log(1e6))
		(void)snprintf(ret_text, ALERT_TEXT_BYTES, "%.0f million", exp(nats) / 1e6);
	else
		(void)snprintf(ret_text, ALERT_TEXT_BYTES, "%.0f", alert_text_round(exp(nats)));
}

char *alert_text_actor(uint32_t pid, uint32_t uid, uint32_t login_uid, const char *unit,
		       const char *script, const char *parent)
{
	char process[32] = "", login[32] = "";

	if (pid)
		(void)snprintf(process, sizeof(process), "pid %" PRIu32 ", ", pid);
	if (login_uid != UID_NONE)
		(void)snprintf(login, sizeof(login), ", login uid %" PRIu32, login_uid);
	return xasprintf("(%suid %" PRIu32 "%s%s%s%s%s%s%s)", process, uid, login,
			 *script ? ", running " : "", script, *unit ? ", in " : "", unit,
			 *parent ? ", started by " : "", parent);
}

static json_t *alert_text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

void alert_text_actor_evidence(json_t *evidence, uint32_t uid, uint32_t login_uid, const char *unit,
			       const char *script, const char *parent)
{
	json_object_set_new(evidence, "uid", json_integer(uid));
	json_object_set_new(evidence, "login_uid",
			    login_uid == UID_NONE ? json_null() : json_integer(login_uid));
	json_object_set_new(evidence, "unit", alert_text_or_null(unit));
	json_object_set_new(evidence, "script", alert_text_or_null(script));
	json_object_set_new(evidence, "parent", alert_text_or_null(parent));
}
