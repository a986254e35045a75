/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands; what each takes and what its help says stand side by side. */
#include "cli/command.h"

#include <string.h>

static const char *const accounts_by[] = {"failures", "successes", "messages", "bytes", NULL};
static const char *const sources_by[] = {"failures", "accounts", "unanswered", NULL};

const struct command commands[] = {
	{
		.grammar = {.command = "status"},
		.help = "sensors, kernel maps and what was lost",
		.description = "Shows the sensors, how full the kernel maps are, and everything "
			       "that was lost.\n",
		.run = status_run,
	},
	{
		.grammar = {.command = "accounts",
			    .options = TAKES(OPTION_BY) | TAKES(OPTION_TOP) | TAKES(OPTION_TENANT),
			    .by = accounts_by},
		.help = "logins and reads by account",
		.description = "Lists accounts with their logins, messages read and bytes sent.\n",
		.run = accounts_run,
	},
	{
		.grammar = {.command = "account", .operand = "NAME"},
		.help = "everything about one account",
		.description = "Shows one account by service, by source and by program that opened "
			       "its mail.\n"
			       "NAME must be exact, as the mail server writes it.\n",
		.run = account_run,
	},
	{
		.grammar = {.command = "sources",
			    .options = TAKES(OPTION_BY) | TAKES(OPTION_TOP),
			    .by = sources_by},
		.help = "attempts by remote address",
		.description = "Lists remote addresses with the outcome of their attempts.\n",
		.run = sources_run,
	},
	{
		.grammar = {.command = "source", .operand = "ADDRESS"},
		.help = "everything about one remote address",
		.description = "Shows one remote address and the accounts it tried.\n",
		.run = source_run,
	},
	{
		.grammar = {.command = "tenants"},
		.help = "sums by tenant (domain)",
		.description =
			"Lists tenants. A tenant is the part of an account after the last '@'.\n",
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
		.description = "Lists alerts, the newest last. --follow keeps printing new and "
			       "changed alerts\n"
			       "until interrupted, with --json one document per line.\n",
		.run = alerts_run,
	},
	{
		.grammar = {.command = "affected",
			    .options = TAKES(OPTION_SINCE) | TAKES(OPTION_DETECTOR) |
				       TAKES(OPTION_TENANT) | TAKES(OPTION_INCLUDE) |
				       TAKES(OPTION_FORMAT)},
		.help = "accounts that were opened or read, and why",
		.description =
			"Lists the accounts that were opened or read by others, when, and why. RESET "
			"says\nyes where somebody else has the password. --since means when it "
			"happened to the\naccount.\n",
		.run = affected_run,
	},
	{
		.grammar = {.command = "ledger",
			    .options = TAKES(OPTION_SINCE) | TAKES(OPTION_UNTIL) |
				       TAKES(OPTION_ACCOUNT) | TAKES(OPTION_ACTOR) |
				       TAKES(OPTION_TOP) | TAKES(OPTION_CSV)},
		.help = "by hour: whose mail, by what, from where",
		.description =
			"Lists by hour who logged in, and whose mail was opened or sent, by which\n"
			"program and from where. A table has 1000 rows unless --top says "
			"otherwise;\n"
			"--csv and --json print all rows.\n",
		.run = ledger_run,
	},
	{
		.grammar = {.command = "coverage", .options = TAKES(OPTION_SINCE)},
		.help = "when the sensors were active, and when not",
		.description = "Shows when the counts are complete, and when no sensor was "
			       "active: an empty\n"
			       "answer about such a time proves nothing.\n",
		.run = coverage_run,
	},
	{
		.grammar = {.command = "accept",
			    .operand = "ALERT",
			    .options = TAKES(OPTION_FOR) | TAKES(OPTION_NOTE) |
				       TAKES(OPTION_REVOKE)},
		.help = "make the reader of an alert a known one",
		.description =
			"Accepts the reader of an alert: this program, run by this user, in this "
			"service\n"
			"and, for a script, this script. The alert is over; how much the reader "
			"reads is\n"
			"judged from then on. Only root and [http] admin_group may. ALERT is an id "
			"as\n"
			"`waxseal alerts` shows it.\n",
		.run = accept_run,
	},
	{
		.grammar = {.command = "accepted"},
		.help = "the readers that were accepted, and by whom",
		.description = "Lists the readers that were accepted and are accepted still.\n",
		.run = accepted_run,
	},
	{
		.grammar = {.command = "explain", .operand = "ALERT|SOURCE|ACCOUNT"},
		.help = "evidence and threshold, alert or not",
		.description =
			"Shows what was counted, how much each count adds to the sum, and the "
			"threshold:\nof an alert when it was raised; of a remote address or an account "
			"as it stands\nnow, with what would raise an alert. ALERT is an id as in "
			"`waxseal alerts`.\n",
		.run = explain_run,
	},
	{
		.grammar = {.command = "blocklist"},
		.help = "networks that guess, for a firewall",
		.description = "Lists addresses, one per line, whose logins of the last 7 days can "
			       "only be\n"
			       "guesses. --json adds the evidence.\n",
		.run = blocklist_run,
	},
	{
		.grammar = {.command = "doctor"},
		.help = "what this host offers and what is missing",
		.description = "Shows kernel features, the mail servers found, and problems with "
			       "their solution.\n"
			       "Also works without a running daemon (as root). The exit status is "
			       "1 when a\n"
			       "required feature is missing.\n",
		.run = doctor_run,
	},
	{
		.grammar = {.command = "record", .operand = "FILE"},
		.help = "write the live stream as a trace",
		.description = "Writes what the daemon sees from now on to FILE as a trace, until "
			       "interrupted.\n"
			       "'waxseal replay FILE' runs the detectors over it.\n",
		.run = record_run,
	},
	{
		.grammar = {.command = "replay",
			    .operand = "FILE",
			    .options = TAKES(OPTION_ROSTER) | TAKES(OPTION_CONFIG) |
				       TAKES(OPTION_ACCEPTED)},
		.help = "run the detectors over a trace",
		.description =
			"Prints the alerts that the trace in FILE raises, one JSON document per "
			"line, in\n"
			"the order in which they were raised. Needs neither root nor a daemon.\n"
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
