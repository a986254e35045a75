/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: passwords are read on their way, because they are sent without encryption.
 *
 * Idea: an inventory of such logins for each tenant, once a day; without those of this host itself,
 * whose passwords leave it nowhere (a webmail's).
 */
#include "detect/detector.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "model/account.h"

enum { LOGINS };

static const struct detector_key keys[] = {
	[LOGINS] = {"logins", 1, 1e9, 1,
		    "logins of a tenant within a day that send the password without encryption"},
	{0},
};

#define TENANTS 1024

struct cleartext_day {
	uint64_t clear;
	int64_t day, first_us;
};

struct legacy_login {
	struct table *tenants;
	uint64_t logins;
};

static void *legacy_login_new(const double *settings)
{
	struct legacy_login *state = xcalloc(1, sizeof(*state));

	state->tenants =
		table_new(sizeof(uint64_t), sizeof(struct cleartext_day), TENANTS, NULL, NULL);
	state->logins = (uint64_t)settings[LOGINS];
	return state;
}

/* When the next day begins, so that the number is the whole day's. */
static void legacy_login_report(const struct cleartext_day *count, const char *tenant,
				int64_t now_us, struct finding_list *ret)
{
	struct finding *finding = finding_add(
		ret, legacy_login_detector.name, SEVERITY_NOTICE, SUBJECT_TENANT, tenant,
		"Tenant %s: %" PRIu64 " logins of the last day sent the password without "
		"encryption. Normal: none, where TLS is required.",
		tenant, count->clear);

	finding->first_us = count->first_us;
	finding->last_us = now_us;
	json_object_set_new(finding->evidence, "cleartext_logins",
			    json_integer((json_int_t)count->clear));
}

static bool legacy_login_is_cleartext(const struct attempt_row *row)
{
	return row->transport == TRANSPORT_CLEARTEXT && row->mechanism == MECHANISM_PASSWORD;
}

/* What stays on this host passes nobody's wire. */
static bool legacy_login_is_of_this_host(const struct detector_input *input,
					 const struct attempt_row *row)
{
	struct address address = address_parse(row->source);

	return address_is_loopback(&address) ||
	       (address_is_known(&address) && network_list_has(input->own, &address));
}

static void legacy_login_count(struct legacy_login *state, const struct detector_input *input,
			       const struct attempt_row *row, struct finding_list *ret)
{
	const char *tenant = account_tenant(row->account);
	uint64_t key = history_name(input->history, tenant);
	struct cleartext_day *count = table_touch(state->tenants, &key, NULL);
	int64_t day = row->last_us / US_PER_DAY;

	if (day > count->day) {
		if (count->clear >= state->logins)
			legacy_login_report(count, tenant, row->last_us, ret);
		*count = (struct cleartext_day){.day = day, .first_us = row->first_us};
	}
	count->clear += row->count[OUTCOME_SUCCESS];
}

static void legacy_login_observe(void *state_pointer, const struct detector_input *input,
				 struct finding_list *ret)
{
	struct legacy_login *state = state_pointer;

	for (size_t i = 0; i < input->snapshot->n_attempts; i++) {
		const struct attempt_row *row = &input->snapshot->attempts[i];

		if (legacy_login_is_cleartext(row) && row->count[OUTCOME_SUCCESS] &&
		    *row->account && !legacy_login_is_of_this_host(input, row))
			legacy_login_count(state, input, row, ret);
	}
}

static void legacy_login_serialize(void *state_pointer, struct serializer *serializer)
{
	struct legacy_login *state = state_pointer;

	serializer_table(serializer, state->tenants, sizeof(uint64_t), sizeof(struct cleartext_day),
			 NULL);
}

static void legacy_login_free(void *state_pointer)
{
	struct legacy_login *state = state_pointer;

	table_free(state->tenants);
	free(state);
}

const struct detector legacy_login_detector = {
	.name = "legacy_login",
	.help = "passwords sent without encryption, per tenant and day",
	.keys = keys,
	.new = legacy_login_new,
	.observe = legacy_login_observe,
	.serialize = legacy_login_serialize,
	.free = legacy_login_free,
};
