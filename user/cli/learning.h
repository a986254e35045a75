/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far the daemon is with learning what is normal, in one line. */
#ifndef WAX_CLI_LEARNING_H
#define WAX_CLI_LEARNING_H

#include <jansson.h>

#include "cli/console.h"

/* detection: of the documents of status and doctor; nothing is printed when there is none. */
void learning_print(const struct console *console, const json_t *detection);

#endif
