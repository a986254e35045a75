/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of accounts and tenants, and how raw bytes from the kernel become printable text. */
#ifndef WAX_MODEL_ACCOUNT_H
#define WAX_MODEL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* The part after the last '@', or "-" when there is none. Points into account or to a constant. */
const char *account_tenant(const char *account);

/* A tenant that may become a metric label: a plausible domain name (RFC 1123 letters, digits,
 * hyphens and dots, with at least one dot, at most 253 bytes, not an address). */
bool tenant_is_plausible(const char *tenant);

/*
 * Writes len raw bytes (up to the first NUL) as text that is safe to show (base/text.h). Dovecot's
 * own escapes (\001t for a tab, \001n, \001r, \0010 for NUL, \0011 for \001:
 * src/lib/strescape.c) are undone first. Names that lists keep for themselves, "(older)" and
 * "(unknown)", begin with \x28 when somebody has one.
 * size counts the terminating NUL; 4 * len + 1 always suffices. Cuts at a whole character.
 */
void text_from_wire(const char *raw, size_t len, char *ret_text, size_t size);

#endif
