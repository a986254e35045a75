/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal: the options before the command, then the command. */
#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "build_info.h"
#include "cli/command.h"

static void main_print_help(FILE *out)
{
	fputs("Usage: waxseal [--json] [--socket PATH] COMMAND ...\n\n"
	      "Shows who logged in, who failed and who read mail, as waxseald counted it.\n\n"
	      "Commands:\n",
	      out);
	for (const struct command *command = commands; command->run; command++) {
		const char *operand = command->grammar.operand ? command->grammar.operand : "";

		if (strlen(operand) > 9)
			fprintf(out, "  %-9s %s\n%22s%s\n", command->grammar.command, operand, "",
				command->help);
		else
			fprintf(out, "  %-9s %-9s %s\n", command->grammar.command, operand,
				command->help);
	}
	fputs("\nOptions:\n"
	      "  --json         print the daemon's JSON document instead of a table\n"
	      "  --socket PATH  socket of waxseald (default /run/waxseal/waxseal.sock)\n"
	      "  --version      print the version\n"
	      "  --help         print this; 'waxseal help COMMAND' explains a command\n",
	      out);
}

/* Takes one option before the command, and its value. Returns EXIT_OK or EXIT_USAGE. */
static int main_take_option(struct console *console, int argc, char **argv, int *i)
{
	const char *word = argv[*i];

	if (strcmp(word, "--json") == 0) {
		console->json = true;
	} else if (strncmp(word, "--socket=", 9) == 0) {
		console->socket = word + 9;
	} else if (strcmp(word, "--socket") == 0) {
		if (*i + 1 >= argc)
			return console_misuse(console,
					      "--socket needs a PATH; see 'waxseal --help'");
		console->socket = argv[++*i];
	} else {
		return console_misuse(console, "unknown option '%s'; see 'waxseal --help'", word);
	}
	return EXIT_OK;
}

static int main_run(struct console *console, int argc, char **argv)
{
	const struct command *command;
	bool is_help;
	int i, code;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			main_print_help(console->out);
			return EXIT_OK;
		}
		if (strcmp(argv[i], "--version") == 0) {
			fprintf(console->out, "waxseal %s (%s)\n", WAXSEAL_VERSION,
				WAXSEAL_REVISION);
			return EXIT_OK;
		}
		code = main_take_option(console, argc, argv, &i);
		if (code != EXIT_OK)
			return code;
	}
	if (i >= argc)
		return console_misuse(console, "no command given; see 'waxseal --help'");
	is_help = strcmp(argv[i], "help") == 0;
	if (is_help && ++i >= argc) {
		main_print_help(console->out);
		return EXIT_OK;
	}
	command = command_find(argv[i]);
	if (!command)
		return console_misuse(console, "unknown command '%s'; see 'waxseal --help'",
				      argv[i]);
	if (is_help) {
		command_print_help(command, console->out);
		return EXIT_OK;
	}
	return command_run(command, console, argc - i - 1, argv + i + 1);
}

int main(int argc, char **argv)
{
	struct console console;

	/* Widths of characters need a UTF-8 locale; names are UTF-8 whatever the user's is. */
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	console_init(&console);
	return console_finish(&console, main_run(&console, argc, argv));
}
