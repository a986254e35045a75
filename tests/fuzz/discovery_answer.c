/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process that discovers says. What is accepted can be watched, and is written again as it was read. */
#include "discover/discovery_answer.h"

#include <errno.h>

#include "fuzz/fuzz.h"

static void check_sentences(const struct strlist *list)
{
	must(list->count <= STRLIST_CAP);
	for (size_t i = 0; i < list->count; i++)
		must(fuzz_is_one_line(list->items[i]));
}

static void check(const struct discovery *found)
{
	for (size_t i = 0; i < found->count; i++)
		for (int role = 0; role < WATCH_ROLES; role++) {
			const struct watch_entries *entries = &found->servers[i].watch.of[role];

			must(found->servers[i].kind && entries->count <= WATCH_ENTRIES_CAP);
			for (size_t k = 0; k < entries->count; k++)
				must(entries->items[k].name[0] &&
				     fuzz_is_one_line(entries->items[k].name));
		}
	check_sentences(&found->problems);
	check_sentences(&found->missing);
	for (size_t i = 0; i < found->last_logins.count; i++)
		must(found->last_logins.items[i][0] == '/');
	for (size_t i = 0; i < found->doveadm_commands.count; i++)
		must(found->doveadm_commands.items[i][0] == '/' &&
		     strstr(found->doveadm_commands.items[i], "\t/"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct serializer serializer = {};
	struct discovery found, again;
	int r = discovery_answer_read(bytes, size, &found);

	must(r == 0 || r == -EBADMSG);
	if (r < 0)
		return 0;
	check(&found);
	discovery_answer_write(&found, &serializer);
	must(discovery_answer_read(serializer.bytes, serializer.used, &again) == 0);
	must(again.count == found.count && again.problems.count == found.problems.count);
	serializer_done(&serializer);
	discovery_done(&again);
	discovery_done(&found);
	return 0;
}
