/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of mail servers. Several may run on one host. */
#include "discover/discovery.h"

const struct mail_server_kind *const mail_server_kinds[] = {
	&dovecot_kind, &saslauthd_kind, &courier_kind, &postfix_kind, &exim_kind,
	&cyrus_kind, NULL,
};
