/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Not getopt_long(): that takes abbreviations, and writes messages of its own. An unknown word here
 * is answered with what is allowed.
 */
#include "cli/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "detect/detector.h"

#define TOP_MAXIMUM 100000
#define TENANT_MAX_BYTES 253
#define HELP_COLUMNS 80

struct option_rule {
	const char *name;
	const char *value; /* placeholder; NULL: takes none */
	const char *help;
};

static const struct option_rule option_rules[OPTION_MAX] = {
	[OPTION_BY] = {"--by", "WORD", "the order of the rows"},
	[OPTION_TOP] = {"--top", "N", "at most N rows (1 to 100000)"},
	[OPTION_TENANT] = {"--tenant", "DOMAIN", "only accounts of this tenant"},
	[OPTION_SINCE] = {"--since", "TIME", "2026-07-01, RFC 3339, @UNIXSECONDS, -15m, -7d"},
	[OPTION_UNTIL] = {"--until", "TIME", "the same"},
	[OPTION_ACCOUNT] = {"--account", "NAME", "only this account"},
	[OPTION_ACTOR] = {"--actor", "PATH", "only mail opened by this program"},
	[OPTION_CSV] = {"--csv", NULL, "print comma-separated values (RFC 4180)"},
	[OPTION_DETECTOR] = {"--detector", "NAME", "only alerts of this detector"},
	[OPTION_FOLLOW] = {"--follow", NULL, "keep printing new and changed alerts"},
	[OPTION_ROSTER] = {"--roster", "FILE", "accounts: NAME STATE LAST_LOGIN, tab-separated"},
	[OPTION_CONFIG] = {"--config", "FILE",
			   "settings: detectors, and who reads: [mail], [credentials]"},
	[OPTION_ACCEPTED] = {"--accepted", "FILE",
			     "accepted readers, as 'waxseal --json accepted' prints them"},
	[OPTION_FOR] = {"--for", "DURATION", "for this long: 1min to 3650d; otherwise without end"},
	[OPTION_NOTE] = {"--note", "TEXT", "why, for those who come later"},
	[OPTION_INCLUDE] = {"--include", "WORD",
			    "tried: add those who were tried; nonexistent: all names"},
	[OPTION_FORMAT] = {"--format", "WORD", "table, csv or doveadm"},
	[OPTION_REVOKE] = {"--revoke", "ID", "take this acceptance back; see 'waxseal accepted'"},
};

/* "a, b or c" */
static void arguments_print_words(FILE *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		fprintf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static bool arguments_has_word(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* The allowed words as text, for the one line of a complaint. */
static char *arguments_join_words(const char *const *words)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		abort();
	arguments_print_words(stream, words);
	fclose(stream);
	return text;
}

static int arguments_refuse_word(const struct console *console, const char *option,
				 const char *word, const char *const *words)
{
	_cleanup_free_ char *allowed = arguments_join_words(words);

	return console_misuse(console, "%s: unknown word '%s'; allowed: %s", option, word, allowed);
}

static const char *const include_words[] = {"tried", "nonexistent", NULL};
static const char *const format_words[] = {"table", "csv", "doveadm", NULL};

static int arguments_check_word(const struct console *console, const char *option,
				const char *word, const char *const *words)
{
	return arguments_has_word(words, word)
		       ? 0
		       : arguments_refuse_word(console, option, word, words);
}

static int arguments_check_detector(struct console *console, const char *name)
{
	const char **words;
	size_t n = 0;
	int code;

	if (detector_find(name))
		return 0;
	while (detectors[n])
		n++;
	words = xcalloc(n + 1, sizeof(*words));
	for (size_t i = 0; i < n; i++)
		words[i] = detectors[i]->name;
	code = arguments_refuse_word(console, "--detector", name, words);
	free(words);
	return code;
}

static int arguments_check_time(struct console *console, enum option option, const char *value,
				char *ret_text, struct arguments *arguments)
{
	int64_t time_us;

	if (time_parse(value, console->now_us, &time_us) < 0 &&
	    time_parse_local(value, &time_us) < 0)
		return console_misuse(console,
				      "%s: '%s' is not a time; allowed: 2026-07-01, "
				      "2026-07-01T12:34:56Z, 2026-07-01T14:34:56+02:00, "
				      "'2026-07-01 14:34:56' (local time), @UNIXSECONDS, -15m, -2h, -7d",
				      option_rules[option].name, value);
	time_format(time_us, ret_text);
	arguments->text[option] = ret_text;
	return 0;
}

static int arguments_check_value(struct console *console, const struct grammar *grammar,
				 enum option option, const char *value, struct arguments *arguments)
{
	uint64_t top;

	switch (option) {
	case OPTION_INCLUDE:
		return arguments_check_word(console, "--include", value, include_words);
	case OPTION_FORMAT:
		return arguments_check_word(console, "--format", value, format_words);
	case OPTION_BY:
		return arguments_check_word(console, "--by", value, grammar->by);
	case OPTION_DETECTOR:
		return arguments_check_detector(console, value);
	case OPTION_TOP:
		return parse_u64(value, 1, TOP_MAXIMUM, &top) == 0
			       ? 0
			       : console_misuse(console,
						"--top: '%s' is not allowed; allowed: 1 "
						"to %d",
						value, TOP_MAXIMUM);
	case OPTION_TENANT:
		return *value && strlen(value) <= TENANT_MAX_BYTES
			       ? 0
			       : console_misuse(console,
						"--tenant: not a domain; allowed: 1 to "
						"%d bytes, - for accounts without one",
						TENANT_MAX_BYTES);
	case OPTION_SINCE:
		return arguments_check_time(console, option, value, arguments->since, arguments);
	case OPTION_UNTIL:
		return arguments_check_time(console, option, value, arguments->until, arguments);
	case OPTION_FOR:
		return parse_duration(value, US_PER_MINUTE, 3650 * US_PER_DAY, &top) == 0
			       ? 0
			       : console_misuse(console,
						"--for: '%s' is not a duration; allowed: 1min to "
						"3650d, such as 90d",
						value);
	case OPTION_REVOKE:
		return parse_u64(value, 1, INT64_MAX, &top) == 0
			       ? 0
			       : console_misuse(console,
						"--revoke: '%s' is not the id of an acceptance; "
						"see 'waxseal accepted'",
						value);
	default:
		return *value || !option_rules[option].value
			       ? 0
			       : console_misuse(console, "%s: empty", option_rules[option].name);
	}
}

/* Splits "--name=value". Returns the value or NULL. */
static const char *arguments_split_option(const char *word, size_t *ret_length)
{
	const char *equals = strchr(word, '=');

	*ret_length = equals ? (size_t)(equals - word) : strlen(word);
	return equals ? equals + 1 : NULL;
}

static enum option arguments_find_option(const struct grammar *grammar, const char *word,
					 size_t length)
{
	for (enum option i = 0; i < OPTION_MAX; i++)
		if ((grammar->options & TAKES(i)) && strlen(option_rules[i].name) == length &&
		    strncmp(option_rules[i].name, word, length) == 0)
			return i;
	return OPTION_MAX;
}

static bool arguments_word_is(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && strncmp(word, name, length) == 0;
}

/* Options of the program itself are also taken after the command. Returns whether it was one. */
static bool arguments_take_flag(struct console *console, const char *word,
				struct arguments *arguments)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		arguments->help = true;
	else if (strcmp(word, "--json") == 0)
		console->json = true;
	else
		return false;
	return true;
}

/* Takes the option at argv[*i] and moves *i past its value. */
static int arguments_take_option(struct console *console, const struct grammar *grammar, int argc,
				 char **argv, int *i, struct arguments *arguments)
{
	size_t length;
	const char *word = argv[*i], *value = arguments_split_option(word, &length);
	bool is_socket = arguments_word_is(word, length, "--socket");
	enum option option = arguments_find_option(grammar, word, length);
	bool wants_value = is_socket || (option < OPTION_MAX && option_rules[option].value);

	if (option == OPTION_MAX && !is_socket)
		return console_misuse(console, "unknown option '%s'; see 'waxseal %s --help'", word,
				      grammar->command);
	if (!wants_value && value)
		return console_misuse(console, "%.*s takes no value", (int)length, word);
	if (wants_value && !value) {
		if (*i + 1 >= argc)
			return console_misuse(console, "%s needs a value; see 'waxseal %s --help'",
					      word, grammar->command);
		value = argv[++*i];
	}
	if (is_socket) {
		console->socket = value;
		return 0;
	}
	arguments->text[option] = value ? value : "";
	return arguments_check_value(console, grammar, option, arguments->text[option], arguments);
}

static int arguments_take_operand(const struct console *console, const struct grammar *grammar,
				  const char *word, struct arguments *arguments)
{
	if (!grammar->operand)
		return console_misuse(console, "%s takes no argument, but got '%s'",
				      grammar->command, word);
	if (arguments->operand)
		return console_misuse(console, "%s takes one %s, but got '%s' too",
				      grammar->command, grammar->operand, word);
	if (!*word)
		return console_misuse(console, "%s: %s is empty", grammar->command,
				      grammar->operand);
	arguments->operand = word;
	return 0;
}

int arguments_parse(struct console *console, const struct grammar *grammar, int argc, char **argv,
		    struct arguments *ret)
{
	bool options_end = false;
	int r = 0;

	*ret = (struct arguments){0};
	for (int i = 0; i < argc && r == 0; i++) {
		const char *word = argv[i];

		if (!options_end && strcmp(word, "--") == 0)
			options_end = true;
		else if (options_end || word[0] != '-' || !word[1])
			r = arguments_take_operand(console, grammar, word, ret);
		else if (!arguments_take_flag(console, word, ret))
			r = arguments_take_option(console, grammar, argc, argv, &i, ret);
	}
	if (r == 0 && ret->operand && ret->text[OPTION_REVOKE])
		return console_misuse(console, "--revoke takes no %s", grammar->operand);
	if (r == 0 && grammar->operand && !ret->operand && !ret->help &&
	    !ret->text[OPTION_REVOKE])
		r = console_misuse(console, "%s needs an argument: %s; see 'waxseal %s --help'",
				   grammar->command, grammar->operand, grammar->command);
	return r;
}

/* Options of a long list stand below each other's line, in 80 columns. */
void arguments_print_synopsis(const struct grammar *grammar, FILE *out)
{
	int indent = (int)(strlen("Usage: waxseal ") + strlen(grammar->command)), column = indent;

	if (grammar->operand)
		column += fprintf(out, " %s", grammar->operand);
	for (enum option i = 0; i < OPTION_MAX; i++) {
		const struct option_rule *rule = &option_rules[i];
		_cleanup_free_ char *word =
			xasprintf(" [%s%s%s]", rule->name, rule->value ? " " : "",
				  rule->value ? rule->value : "");

		if (!(grammar->options & TAKES(i)))
			continue;
		if (column + (int)strlen(word) > HELP_COLUMNS) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		}
		column += fprintf(out, "%s", word);
	}
}

void arguments_print_help(const struct grammar *grammar, FILE *out)
{
	if (!grammar->options)
		return;
	fputs("\nOptions:\n", out);
	for (enum option i = 0; i < OPTION_MAX; i++) {
		const struct option_rule *rule = &option_rules[i];

		if (!(grammar->options & TAKES(i)))
			continue;
		fprintf(out, "  %-11s%-9s", rule->name, rule->value ? rule->value : "");
		if (i == OPTION_BY)
			arguments_print_words(out, grammar->by);
		else
			fputs(rule->help, out);
		fputc('\n', out);
	}
}
