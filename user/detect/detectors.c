/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of detectors. */
#include "detect/detector.h"

#include <string.h>

const struct detector *const detectors[] = {
	&honey_account_detector,     &source_guessing_detector,
	&brute_force_detector,	     &campaign_detector,
	&dormant_hits_detector,	     &new_network_success_detector,
	&takeover_detector, /* after those that see attacks on a tenant */
	&bulk_read_detector,	     &foreign_reader_detector,
	&second_account_detector,    &credential_reader_detector,
	&credential_volume_detector, &legacy_login_detector,
	&sensor_health_detector,     NULL,
};

const struct detector *detector_find(const char *name)
{
	for (size_t i = 0; detectors[i]; i++)
		if (!strcmp(detectors[i]->name, name))
			return detectors[i];
	return NULL;
}
