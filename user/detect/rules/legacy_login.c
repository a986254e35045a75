/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passwords that cross the network in clear: an inventory per tenant, once a day. No attack, but
 * what an attacker on the way needs no attack for.
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
	[LOGINS] = {"logins", 1, 1e9, 1, "logins in clear of a tenant within a day"},
	{0},
};

#define TENANTS 1024

struct inventory {
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
		table_new(sizeof(uint64_t), sizeof(struct inventory), TENANTS, NULL, NULL);
	state->logins = (uint64_t)settings[LOGINS];
	return state;
}

/* The day before is told when the next begins, so that the number is the day's. */
static void tell(const struct inventory *inventory, const char *tenant, int64_t now_us,
		 struct finding_list *ret)
{
	struct finding *finding = finding_add(
		ret, legacy_login_detector.name, SEVERITY_NOTICE, SUBJECT_TENANT, tenant,
		"Tenant %s: %" PRIu64 " logins of the last day sent the password without "
		"encryption; with TLS required there would be none.",
		tenant, inventory->clear);

	finding->first_us = inventory->first_us;
	finding->last_us = now_us;
	json_object_set_new(finding->evidence, "cleartext_logins",
			    json_integer((json_int_t)inventory->clear));
}

static bool is_clear(const struct attempt_row *row)
{
	return row->transport == TRANSPORT_CLEARTEXT && row->mechanism == MECHANISM_PASSWORD;
}

static void count(struct legacy_login *state, const struct detector_input *input,
		  const struct attempt_row *row, struct finding_list *ret)
{
	const char *tenant = account_tenant(row->account);
	uint64_t key = history_name(input->history, tenant);
	struct inventory *inventory = table_touch(state->tenants, &key, NULL);
	int64_t day = row->last_us / US_PER_DAY;

	if (inventory->day != day) {
		if (inventory->clear >= state->logins)
			tell(inventory, tenant, row->last_us, ret);
		*inventory = (struct inventory){.day = day, .first_us = row->first_us};
	}
	inventory->clear += row->count[OUTCOME_SUCCESS];
}

static void legacy_login_observe(void *state_pointer, const struct detector_input *input,
				 struct finding_list *ret)
{
	struct legacy_login *state = state_pointer;

	for (size_t i = 0; i < input->snapshot->n_attempts; i++) {
		const struct attempt_row *row = &input->snapshot->attempts[i];

		if (is_clear(row) && row->count[OUTCOME_SUCCESS] && *row->account)
			count(state, input, row, ret);
	}
}

static void legacy_login_serialize(void *state_pointer, struct serializer *serializer)
{
	struct legacy_login *state = state_pointer;

	serializer_table(serializer, state->tenants, sizeof(uint64_t), sizeof(struct inventory), NULL);
}

static void legacy_login_free(void *state_pointer)
{
	struct legacy_login *state = state_pointer;

	table_free(state->tenants);
	free(state);
}

const struct detector legacy_login_detector = {
	.name = "legacy_login",
	.help = "passwords that cross the network in clear, per tenant and day",
	.keys = keys,
	.new = legacy_login_new,
	.observe = legacy_login_observe,
	.serialize = legacy_login_serialize,
	.free = legacy_login_free,
};
