/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict parsers for configuration values and arguments. */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit durations[] = {
	{"us", 1},	   {"ms", 1000},      {"s", 1000000},	  {"m", 60000000},
	{"min", 60000000}, {"h", 3600000000}, {"d", 86400000000}, {NULL, 0},
};

static const struct unit sizes[] = {
	{"", 1}, {"K", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}, {NULL, 0},
};

/* Reads digits and leaves ret_rest at what follows them. */
static int parse_digits(const char *text, const char **ret_rest, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return -ERANGE;
	*ret_rest = text;
	*ret_value = value;
	return 0;
}

static int accept_u64(uint64_t value, uint64_t minimum, uint64_t maximum, uint64_t *ret_value)
{
	if (value < minimum || value > maximum)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_u64(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret_value)
{
	const char *rest;
	uint64_t value;
	int r;

	r = parse_digits(text, &rest, &value);
	if (r < 0)
		return r;
	if (*rest)
		return -EINVAL;
	return accept_u64(value, minimum, maximum, ret_value);
}

int parse_double(const char *text, double minimum, double maximum, double *ret_value)
{
	double value;
	char *end;

	/* strtod() also takes blanks, hexadecimals, infinities and NaN. */
	if (!*text || text[strspn(text, "0123456789.+-eE")])
		return -EINVAL;
	value = strtod(text, &end);
	if (end == text || *end)
		return -EINVAL;
	if (!isfinite(value) || value < minimum || value > maximum)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_bool(const char *text, bool *ret_value)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i])) {
			*ret_value = i % 2;
			return 0;
		}
	return -EINVAL;
}

static int parse_with_unit(const char *text, const struct unit *units, uint64_t *ret_value)
{
	const char *rest;
	uint64_t value;
	int r;

	r = parse_digits(text, &rest, &value);
	if (r < 0)
		return r;
	while (units->name && strcmp(units->name, rest) != 0)
		units++;
	if (!units->name)
		return -EINVAL;
	if (__builtin_mul_overflow(value, units->factor, ret_value))
		return -ERANGE;
	return 0;
}

int parse_duration(const char *text, uint64_t minimum_us, uint64_t maximum_us, uint64_t *ret_us)
{
	uint64_t value = 0;
	int r = 0;

	if (strcmp(text, "0") != 0)
		r = parse_with_unit(text, durations, &value);
	return r < 0 ? r : accept_u64(value, minimum_us, maximum_us, ret_us);
}

int parse_size(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret_bytes)
{
	uint64_t value;
	int r;

	r = parse_with_unit(text, sizes, &value);
	return r < 0 ? r : accept_u64(value, minimum, maximum, ret_bytes);
}
