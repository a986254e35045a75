/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses that this host has at the moment. */
#ifndef WAX_DAEMON_OWN_ADDRESSES_H
#define WAX_DAEMON_OWN_ADDRESSES_H

#include "model/network.h"

/* 0 or -errno. */
int own_addresses_read(struct network_list *ret);

#endif
