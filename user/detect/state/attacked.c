/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A leaky sum of failures and a decayed count of networks per account. */
#include "detect/state/attacked.h"

#include <math.h>

#include "base/time.h"

#define ACCOUNTS 65536
#define NATS_PER_MINUTE 3.2
#define KNOWN_NETWORK 0.34
#define LIKED 20     /* times the mean: bots try some names more than others */
#define DEVIATIONS 6
/* A stubborn owner sits more likely at home: 40 in a row there happen to one in ten million. */
#define AT_HOME 1.4

void attacked_init(struct attacked *attacked)
{
	attacked->accounts =
		table_new(sizeof(uint64_t), sizeof(struct attacked_account), ACCOUNTS, NULL, NULL);
}

void attacked_done(struct attacked *attacked)
{
	table_free(attacked->accounts);
}

void attacked_serialize(struct attacked *attacked, struct serializer *serializer)
{
	serializer_member(serializer, &attacked->networks, sizeof(attacked->networks));
	serializer_member(serializer, &attacked->networks_us, sizeof(attacked->networks_us));
	serializer_table(serializer, attacked->accounts, sizeof(uint64_t),
			 sizeof(struct attacked_account), NULL);
}

struct attacked_account *attacked_find(const struct attacked *attacked, uint64_t account)
{
	return table_find(attacked->accounts, &account);
}

static bool is_over(const struct attacked_account *account, int64_t now_us)
{
	return account->last_us && now_us - account->last_us > US_PER_DAY;
}

double attacked_most_networks(const struct attacked *attacked,
			      const struct attacked_account *account, uint64_t accounts)
{
	double others = fmax(attacked->networks - account->networks, 0);
	double mean = LIKED * others / (accounts > 1 ? (double)(accounts - 1) : 1);

	return fmax(ATTACKED_NETWORKS, mean + DEVIATIONS * sqrt(mean));
}

bool attacked_is_slow(const struct attacked_account *account)
{
	return account->slow >= ATTACKED_SLOW_ALONE ||
	       (account->slow >= ATTACKED_SLOW && account->distinct >= ATTACKED_SLOW_NETWORKS);
}

static void attacked_note_network(struct attacked *attacked, double weight, int64_t now_us)
{
	if (now_us > attacked->networks_us) {
		attacked->networks *=
			exp2(-(double)(now_us - attacked->networks_us) / US_PER_DAY);
		attacked->networks_us = now_us;
	}
	attacked->networks += weight;
}

void attacked_fade(const struct attacked_account *account, int64_t now_us, double *ret_nats,
		   double *ret_networks)
{
	double minutes = fmax((double)(now_us - account->last_us) / US_PER_MINUTE, 0);

	*ret_nats = fmax(account->nats - NATS_PER_MINUTE * minutes, 0);
	*ret_networks = account->networks * exp2(-minutes / (24 * 60));
}

struct attacked_account *attacked_add(struct attacked *attacked, const struct contact *contact)
{
	int64_t now_us = contact->row->last_us;
	struct attacked_account *account;

	if (contact->class == CONTACT_UNKNOWN || !contact->failures)
		return NULL;
	account = table_touch(attacked->accounts, &contact->account, NULL);
	if (is_over(account, now_us))
		*account = (struct attacked_account){0};
	if (!account->last_us) {
		account->first_us = account->last_us = contact->row->first_us;
		account->network = contact->network;
		account->is_alone = true;
		account->is_local = contact->is_local;
		account->is_near = contact->is_near;
	}
	account->is_alone &= account->network == contact->network;
	attacked_fade(account, now_us, &account->nats, &account->networks);
	account->slow *= exp2(-fmax((double)(now_us - account->last_us), 0) / US_PER_DAY);
	account->slow += contact->is_known_pair || contact->has_old_device ? 0 : (double)contact->failures;
	account->is_inside |= contact->is_known_pair;
	account->is_unseen = contact->state == ACCOUNT_UNSEEN;
	if (!contact->has_old_device)
		account->nats += ATTACKED_FAILURE_NATS * (double)contact->failures;
	account->failures += contact->failures;
	account->ticks += account->ticks < UINT32_MAX;
	account->last_us = now_us;
	if (contact->is_first) {
		double weight = contact->is_strange ? 1 : KNOWN_NETWORK;

		account->distinct++;
		account->networks += weight;
		attacked_note_network(attacked, weight, now_us);
	}
	return account;
}

double attacked_threshold(const struct attacked_account *account)
{
	return ATTACKED_NATS *
	       (account->is_inside || (account->is_alone && account->is_local) ? AT_HOME : 1);
}

void attacked_forget(struct attacked *attacked, uint64_t account)
{
	struct attacked_account *kept = table_find(attacked->accounts, &account);

	/* The owner came by; who guesses slowly goes on. */
	if (kept && kept->slow >= ATTACKED_SLOW / 4.0)
		kept->nats = kept->networks = 0;
	else
		(void)table_remove(attacked->accounts, &account);
}
