/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do the replicas of a hook run in the order of their positions? Else events would count twice. */
#ifndef WAX_SENSOR_REPLICA_ORDER_H
#define WAX_SENSOR_REPLICA_ORDER_H

#include "sensor/kernel.h"
#include "sensor/load.h"

/* Tries it with opens of the calling thread, once all hooks of the plan are attached. Returns 0, or
 * -ENOTSUP when another order was seen. */
int replica_order_check(const struct kernel_maps *maps, const struct load_plan *plan);

#endif
