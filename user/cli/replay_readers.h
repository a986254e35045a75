/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who reads in a trace: a session, a helper or a stranger; as the configuration, acceptances and the
 * trace itself say. */
#ifndef WAX_CLI_REPLAY_READERS_H
#define WAX_CLI_REPLAY_READERS_H

#include <stdio.h>

#include "cli/console.h"
#include "cli/trace.h"
#include "config/config.h"
#include "model/acceptance.h"

/* Zero-initialised it knows nobody. */
struct replay_readers {
	struct known_readers listed, accepted;
	struct known_readers sessions; /* [mail] session */
	struct acceptances acceptances;
	char *runtime_dir; /* of the configuration; NULL: it says nothing */
};

void replay_readers_done(struct replay_readers *readers);
/* Who is listed in the configuration. */
void replay_readers_configure(struct replay_readers *readers, const struct config *config);
/* The document `accepted` of a file, or of the daemon with that configuration when one answers. Return
 * an exit code. */
int replay_readers_load(struct replay_readers *readers, const struct console *console,
			const char *path);
int replay_readers_ask(struct replay_readers *readers, const struct console *console);

/* readers may be NULL. */
enum reader replay_readers_class(const struct replay_readers *readers,
				 const struct trace_record *record);
bool replay_readers_allow(const struct replay_readers *readers, const struct trace_record *record);

#endif
