/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all fuzz targets share. A target is one file: its name is the parser's, its corpus lies in
 * corpus/<name>/, words that help the fuzzer in <name>.dict. It checks what the parser promises,
 * not only that it does not crash.
 */
#ifndef WAX_TESTS_FUZZ_H
#define WAX_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A promise; breaking it is a finding like a crash. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input as a string in a block of just its size, so that reading past it is seen; it ends at
 * the first NUL. free(). */
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
	char *text = strndup((const char *)bytes, size);

	must(text);
	return text;
}

static inline bool fuzz_is_utf8(const char *text)
{
	json_t *string = json_string(text);
	bool is_utf8 = string != NULL;

	json_decref(string);
	return is_utf8;
}

/* No byte that moves a terminal's cursor or ends a line. */
static inline bool fuzz_is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

#endif
