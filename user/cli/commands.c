/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands; what each takes and what its help says stand side by side. */
#include "cli/command.h"

#include <string.h>

static const char *const accounts_by[] = {"failures", "successes", "messages", "bytes", NULL};
static const char *const sources_by[] = {"failures", "accounts", "unanswered", NULL};

const struct command commands[] = {
	{
		.grammar = {.command = "status"},
		.help = "what runs, what is seen, what was lost",
		.description = "Shows the daemon's sensors, the fill of its maps and every count "
			       "that was lost.\n",
		.run = status_run,
	},
	{
		.grammar = {.command = "accounts",
			    .options = TAKES(OPTION_BY) | TAKES(OPTION_TOP) | TAKES(OPTION_TENANT),
			    .by = accounts_by},
		.help = "logins and reads per account",
		.description = "Lists accounts with their logins, messages read and bytes sent.\n",
		.run = accounts_run,
	},
	{
		.grammar = {.command = "account", .operand = "NAME"},
		.help = "all about one account",
		.description = "Shows one account by service, by source and by reading program.\n"
			       "NAME is exact, as the mail server writes it.\n",
		.run = account_run,
	},
	{
		.grammar = {.command = "sources",
			    .options = TAKES(OPTION_BY) | TAKES(OPTION_TOP),
			    .by = sources_by},
		.help = "attempts per remote address",
		.description = "Lists remote addresses with what became of their attempts.\n",
		.run = sources_run,
	},
	{
		.grammar = {.command = "source", .operand = "ADDRESS"},
		.help = "all about one remote address",
		.description = "Shows one remote address and the accounts it tried.\n",
		.run = source_run,
	},
	{
		.grammar = {.command = "tenants"},
		.help = "sums per tenant (domain)",
		.description = "Lists tenants: the part of the account after the last '@'.\n",
		.run = tenants_run,
	},
	{
		.grammar = {.command = "stores"},
		.help = "who opened the credential stores",
		.description =
			"Lists the watched credential stores and the programs that opened them.\n",
		.run = stores_run,
	},
	{
		.grammar = {.command = "alerts",
			    .options = TAKES(OPTION_SINCE) | TAKES(OPTION_FOLLOW) |
				       TAKES(OPTION_DETECTOR)},
		.help = "what the detectors found",
		.description = "Lists alerts, the newest last. With --follow it goes on until "
			       "interrupted:\n"
			       "with --json one document per line.\n",
		.run = alerts_run,
	},
	{
		.grammar = {.command = "affected",
			    .options = TAKES(OPTION_SINCE) | TAKES(OPTION_DETECTOR) |
				       TAKES(OPTION_TENANT)},
		.help = "accounts whose password must be reset",
		.description = "Lists the accounts that alerts are about: the list for resets.\n",
		.run = affected_run,
	},
	{
		.grammar = {.command = "ledger",
			    .options = TAKES(OPTION_SINCE) | TAKES(OPTION_UNTIL) |
				       TAKES(OPTION_ACCOUNT) | TAKES(OPTION_ACTOR) |
				       TAKES(OPTION_TOP) | TAKES(OPTION_CSV)},
		.help = "by hour: whose mail, by what, from where",
		.description =
			"Lists, hour by hour, who logged in and whose mail was opened or sent, by\n"
			"which program and from where. As a table 1000 rows unless --top says\n"
			"otherwise, with --csv and --json all of them.\n",
		.run = ledger_run,
	},
	{
		.grammar = {.command = "coverage", .options = TAKES(OPTION_SINCE)},
		.help = "when the sensors were looking, and when not",
		.description =
			"Shows for which times counts are complete, and for which an empty answer\n"
			"says nothing because nobody was looking.\n",
		.run = coverage_run,
	},
	{
		.grammar = {.command = "explain", .operand = "ALERT"},
		.help = "the arithmetic behind an alert",
		.description = "Shows what speaks for an alert, in nats, and the level it had to "
			       "reach.\nALERT is an id as `waxseal --json alerts` shows it.\n",
		.run = explain_run,
	},
	{
		.grammar = {.command = "blocklist"},
		.help = "networks that guess, for a firewall",
		.description = "Lists addresses, one a line, whose logins in the last 7 days can "
			       "only be\nguesses. With --json: with their evidence.\n",
		.run = blocklist_run,
	},
	{
		.grammar = {.command = "doctor"},
		.help = "what this host offers and what is missing",
		.description =
			"Shows kernel features, mail servers found, and problems with their "
			"remedy.\n"
			"Works without a running daemon too (as root). Exit status 1 when a\n"
			"required part is missing.\n",
		.run = doctor_run,
	},
	{
		.grammar = {.command = "record", .operand = "FILE"},
		.help = "write the live stream as a trace",
		.description = "Writes what the daemon sees from now on as a trace, until "
			       "interrupted; then\n`waxseal replay FILE` judges it again.\n",
		.run = record_run,
	},
	{
		.grammar = {.command = "replay",
			    .operand = "FILE",
			    .options = TAKES(OPTION_ROSTER) | TAKES(OPTION_CONFIG)},
		.help = "run the detectors over a trace",
		.description =
			"Prints the alerts that the trace in FILE raises, one JSON document per "
			"line,\n"
			"in the order in which they were raised. Needs neither root nor a daemon.\n"
			"FILE may be - for standard input.\n",
		.run = replay_run,
	},
	{.run = NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->run; command++)
		if (strcmp(command->grammar.command, name) == 0)
			return command;
	return NULL;
}

void command_print_help(const struct command *command, FILE *out)
{
	fprintf(out, "Usage: waxseal %s", command->grammar.command);
	arguments_print_synopsis(&command->grammar, out);
	fprintf(out, "\n\n%s", command->description);
	arguments_print_help(&command->grammar, out);
}

int command_run(const struct command *command, struct console *console, int argc, char **argv)
{
	struct arguments arguments;
	int code = arguments_parse(console, &command->grammar, argc, argv, &arguments);

	if (code != EXIT_OK)
		return code;
	if (arguments.help) {
		command_print_help(command, console->out);
		return EXIT_OK;
	}
	return command->run(console, &arguments);
}
