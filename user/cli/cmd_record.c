/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal record: the daemon offers no live stream yet, so there is nothing to write. */
#include "cli/command.h"

int record_run(struct console *console, const struct arguments *arguments)
{
	return console_fail(console, "record: not yet available, %s was not written",
			    arguments->operand);
}
