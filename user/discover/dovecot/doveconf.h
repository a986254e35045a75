/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `doveconf` prints, as blocks and settings. Both the 2.3 form (passdb { driver = pam }) and
 * the 2.4 form (passdb pam { ... }) are the same grammar: `name = value`, `kind label {`, `}`.
 */
#ifndef WAX_DISCOVER_DOVECOT_DOVECONF_H
#define WAX_DISCOVER_DOVECOT_DOVECONF_H

#include <stddef.h>

#define DOVECONF_TOP 0 /* the block outside of all blocks */

struct doveconf_block {
	size_t parent;
	char *kind;  /* service, passdb ... */
	char *label; /* auth, inbox ...; "" when there is none */
};

struct doveconf_setting {
	size_t block;
	char *name, *value;
};

struct doveconf {
	char *version; /* "" when the output does not begin with it */
	struct doveconf_block *blocks;
	size_t n_blocks;
	struct doveconf_setting *settings;
	size_t n_settings;
};

/* Returns 0, -EINVAL (not such an output) or -E2BIG. */
int doveconf_parse(const char *text, struct doveconf *ret);
void doveconf_done(struct doveconf *conf);

/* The value of a setting in a block, or NULL when it is unset or empty. */
const char *doveconf_get(const struct doveconf *conf, size_t block, const char *name);
/* The next block of a kind below parent after block `after` (DOVECONF_TOP: the first); returns
 * DOVECONF_TOP when there is none. kind NULL: of any kind. */
size_t doveconf_next(const struct doveconf *conf, size_t parent, const char *kind, size_t after);
const char *doveconf_label(const struct doveconf *conf, size_t block);
/* The driver of a passdb or userdb block: 2.3 `driver = pam`, 2.4 also `passdb pam {`. */
const char *doveconf_driver(const struct doveconf *conf, size_t block);

#endif
