/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the configuration and of arguments: strict, in range, written only on success. */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/log.h"
#include "fuzz/fuzz.h"
#include "model/alert.h"
#include "model/attempt.h"

#define UNTOUCHED UINT64_C(0x5ea1)
#define LOW 1000
#define HIGH 100000000

typedef int parser(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret_value);

static void check_whole(parser *parse, const char *text)
{
	uint64_t any = UNTOUCHED, ranged = UNTOUCHED;
	int r = parse(text, 0, UINT64_MAX, &any), ranged_r = parse(text, LOW, HIGH, &ranged);

	must(r == 0 || r == -EINVAL || r == -ERANGE);
	must(r == 0 || (any == UNTOUCHED && ranged_r == r));
	must(ranged_r == 0 || ranged == UNTOUCHED);
	if (r == 0)
		must(isdigit((unsigned char)text[0]) &&
		     (any >= LOW && any <= HIGH ? ranged_r == 0 && ranged == any
						: ranged_r == -ERANGE));
}

static void check_digits(const char *text)
{
	char again[32];
	uint64_t value;

	if (parse_u64(text, 0, UINT64_MAX, &value) < 0)
		return;
	snprintf(again, sizeof(again), "%" PRIu64, value);
	must(strcmp(text + strspn(text, "0"), again) == 0 || value == 0);
}

static void check_double(const char *text)
{
	double value = -1;
	int r = parse_double(text, 0.5, 1e6, &value);

	must(r == 0 || r == -EINVAL || r == -ERANGE);
	must(r == 0 ? value >= 0.5 && value <= 1e6 : value < 0);
}

/* A word names itself. */
static void check_words(const char *text)
{
	int outcome = outcome_from_string(text), mechanism = mechanism_from_string(text);
	int severity = severity_from_string(text), level = log_level_from_string(text);
	bool yes;

	must(outcome < 0 || strcmp(outcome_to_string(outcome), text) == 0);
	must(severity < 0 || strcmp(severity_to_string(severity), text) == 0);
	must(level < LOG_LEVEL_MAX && (level >= 0 || level == LOG_LEVEL_INVALID));
	must(mechanism < 0 || strcmp(mechanism_to_string(mechanism), text) == 0);
	must((unsigned int)mechanism_of_sasl_name(text) < MECHANISM_MAX);
	must(parse_bool(text, &yes) == 0 || strcmp(text, "yes") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = fuzz_text(bytes, size);

	check_whole(parse_u64, text);
	check_whole(parse_duration, text);
	check_whole(parse_size, text);
	check_digits(text);
	check_double(text);
	check_words(text);
	free(text);
	return 0;
}
