/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where sessions are not compared with their logins, as the programs have found out. */
#ifndef WAX_SENSOR_LOGIN_GAPS_H
#define WAX_SENSOR_LOGIN_GAPS_H

#include "base/strlist.h"
#include "sensor/kernel.h"

/* One line for each half that is off, of each master, for the operator; ret is replaced. */
void login_gaps_find(const struct kernel_maps *maps, struct strlist *ret);

#endif
