/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comma-separated values as RFC 4180 has them. */
#ifndef WAX_CLI_CSV_H
#define WAX_CLI_CSV_H

#include <jansson.h>
#include <stdio.h>

/* keys ends with NULL. */
void csv_print_header(FILE *out, const char *const *keys);
/* Those members of object; what is null or missing is an empty field. */
void csv_print_row(FILE *out, const json_t *object, const char *const *keys);

#endif
