/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time as people type them: in range, and the same when written and read again. */
#include "base/time.h"

#include <errno.h>

#include "fuzz/fuzz.h"

#define NOW INT64_C(1782909296789000)
#define LAST (INT64_C(253402300800) * US_PER_SECOND)

static void check_any(const uint8_t *bytes, size_t size)
{
	char text[TIME_TEXT_BYTES];
	int64_t any = 0;

	memcpy(&any, bytes, size < sizeof(any) ? size : sizeof(any));
	time_format(any, text);
	must(strlen(text) < sizeof(text) && fuzz_is_one_line(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = fuzz_text(bytes, size), again[TIME_TEXT_BYTES];
	int64_t time_us = -1, replay_window_us;
	int r = time_parse(text, NOW, &time_us);

	must(r == 0 || r == -EINVAL || r == -ERANGE);
	must(r == 0 || time_us == -1);
	if (r == 0) {
		must(time_us >= 0 && time_us < LAST && (text[0] != '-' || time_us <= NOW));
		time_format(time_us, again);
		must(time_parse(again, NOW, &replay_window_us) == 0);
		must(replay_window_us == time_us - time_us % US_PER_MS);
	}
	check_any(bytes, size);
	free(text);
	return 0;
}
