/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which path answers with what. */
#ifndef WAX_SERVE_ROUTES_H
#define WAX_SERVE_ROUTES_H

#include "serve/request.h"
#include "serve/server.h"

/* Always fills the reply. */
void routes_answer(const struct server_view *view, const struct request *request,
		   struct reply *ret);

#endif
