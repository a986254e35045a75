/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of detectors. */
#include "detect/detector.h"

#include <string.h>

const struct detector *const detectors[] = {
	&source_guessing_detector,   &brute_force_detector,
	&takeover_detector,	     &bulk_read_detector,
	&foreign_reader_detector,    &second_account_detector,
	&credential_reader_detector, NULL,
};

const struct detector *detector_find(const char *name)
{
	for (size_t i = 0; detectors[i]; i++)
		if (!strcmp(detectors[i]->name, name))
			return detectors[i];
	return NULL;
}
