/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The suspects say which tenants it is about. */
#include "detect/text/campaign_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/text/alert_text.h"

#define NAMED_TENANTS 5 /* in the sentence */

/* "Tenant example.org", or all tenants of which some are named. */
static void campaign_text_whom(const struct campaign_target *target, size_t n_tenants,
				 const json_t *tenants, char *ret_text, size_t size)
{
	const char *tenant;
	size_t used, named = 0;
	json_t *count;

	if (strcmp(target->subject, ALL_TENANTS) != 0) {
		(void)snprintf(ret_text, size, "Tenant %s", target->subject);
		return;
	}
	used = (size_t)snprintf(ret_text, size, "%zu tenants (", n_tenants);
	json_object_foreach((json_t *)tenants, tenant, count) {
		if (named == NAMED_TENANTS || used >= size)
			break;
		used += (size_t)snprintf(ret_text + used, size - used, "%s%s", named++ ? ", " : "",
					 tenant);
	}
	if (used < size)
		(void)snprintf(ret_text + used, size - used, "%s)",
			       named < n_tenants ? " ..." : "");
}

static enum severity campaign_text_severity(const struct campaign_target *target,
					    const struct campaign_event *now,
					    const struct list_verdict *verdict)
{
	if (campaign_target_is_everyday(target, now))
		return SEVERITY_NOTICE;
	return verdict->list == LIST_OWN && campaign_target_opens(target, now) ? SEVERITY_CRITICAL
									       : SEVERITY_WARNING;
}

static struct finding *campaign_text_add(const struct campaign_target *target,
					    const struct campaign_event *now, const char *whom,
					    const struct list_verdict *verdict,
					    struct finding_list *ret)
{
	const struct suspects *suspects = &target->suspects;
	enum stratum stratum = verdict->stratum;
	char networks[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES], read[ALERT_TEXT_BYTES] = "";
	uint32_t n_read = suspects_count(suspects, CONTACT_ACTIVE);

	if (n_read)
		(void)snprintf(read, sizeof(read), ", mailboxes in use opened and read: %u",
			       n_read);
	alert_text_count(suspects->count, "network", "networks", networks);
	alert_text_duration(now->time_us - target->since_us, age);
	return finding_add(
		ret, campaign_detector.name,
		campaign_text_severity(target, now, verdict),
		SUBJECT_TENANT,
		target->subject,
		"%s: %s%s tried one or two mailboxes each in %s. Names that never existed: "
		"%u "
		"(normal: %.1f), wrong passwords: %u (normal: %.1f), cancelled mailboxes: %u, "
		"unused mailboxes opened: %u%s. Somebody is trying the entries of %s.%s",
		whom, networks, stratum == STRATUM_STRANGE ? " never seen before" : "", age,
		suspects_count(suspects, CONTACT_UNKNOWN),
		campaign_target_usual_since(target, now, stratum, CONTACT_UNKNOWN),
		suspects_count(suspects, CONTACT_BAD),
		campaign_target_usual_since(target, now, stratum, CONTACT_BAD),
		suspects_count(suspects, CONTACT_CANCELLED),
		suspects_count(suspects, CONTACT_DORMANT), read,
		verdict->list == LIST_OWN ? "a list stolen from this host"
					  : "a list from elsewhere",
		tenant_above(now->normal) > 1
			? " Such attempts came while the normal was learnt, too, and are not part of it."
			: "");
}

void campaign_text_report(struct campaign_target *target, const struct campaign_event *now,
			    const struct list_verdict *verdict, struct finding_list *ret)
{
	size_t n_tenants = 0, of_most = 0;
	const char *most = "";
	json_t *tenants = suspects_tenants(&target->suspects, &n_tenants, &most, &of_most);
	char whom[NAMED_TENANTS * 80 + 80];
	struct finding *finding;

	campaign_text_whom(target, n_tenants, tenants, whom, sizeof(whom));
	finding = campaign_text_add(target, now, whom, verdict, ret);
	finding->first_us = target->since_us;
	finding->last_us = target->reported_us = now->time_us;
	suspects_report(&target->suspects, finding);
	json_object_set_new(finding->evidence, "tenants", tenants);
	json_object_set_new(finding->evidence, "tenant_count",
			    json_integer((json_int_t)n_tenants));
	json_object_set_new(finding->evidence, "list",
			    json_string(verdict->list == LIST_OWN ? "own" : "outside"));
	json_object_set_new(
		finding->evidence, "attempts_per_hour",
		json_real(round(campaign_target_attempts(target, now, verdict->list))));
	evidence_report(finding->evidence, EVIDENCE_RATIO, verdict->nats, verdict->threshold);
	for (int c = 0; c < CONTACT_MAX; c++) {
		uint32_t count = suspects_count(&target->suspects, c);

		evidence_contribute(finding->evidence, contact_class_text(c), count,
				    count * list_sums_weight(now->normal, verdict, c));
	}
	evidence_settle(finding->evidence, verdict->nats);
}

/* Sums at their cap no longer show which list it is; what was tried does. */
enum list_kind campaign_text_likelier_list(const struct suspects *suspects,
					     enum list_kind otherwise)
{
	double nats = 0;

	for (int c = CONTACT_DORMANT; c < CONTACT_MAX; c++)
		nats += suspects_count(suspects, (uint32_t)c) *
			log(evidence_share(LIST_OWN, c) / evidence_share(LIST_OUTSIDE, c));
	if (fabs(nats) < 1)
		return otherwise;
	return nats > 0 ? LIST_OWN : LIST_OUTSIDE;
}
