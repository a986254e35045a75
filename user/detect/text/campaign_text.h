/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentence and evidence of a campaign. */
#ifndef WAX_DETECT_TEXT_CAMPAIGN_TEXT_H
#define WAX_DETECT_TEXT_CAMPAIGN_TEXT_H

#include "detect/detector.h"
#include "detect/state/campaign_target.h"

void campaign_text_report(struct campaign_target *target, const struct campaign_event *now,
			  const struct list_verdict *verdict, struct finding_list *ret);
/* Sums at their cap no longer show which list it is; what was tried does. */
enum list_kind campaign_text_likelier_list(const struct suspects *suspects,
					   enum list_kind otherwise);

#endif
