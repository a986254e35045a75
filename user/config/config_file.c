/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the files. inih is built without line numbers in most distributions, so the reader that
 * hands it the lines counts them.
 */
#include <errno.h>
#include <glob.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/foreign_file.h"
#include "base/mem.h"
#include "config/config.h"

#define FILE_BYTES (1 << 20)

struct reading {
	FILE *file;
	const char *path;
	struct config *config;
	int line;
	bool failed;
	char *problem; /* CONFIG_PROBLEM_BYTES */
};

static void reading_refuse(struct reading *reading, const char *what)
{
	if (!reading->failed)
		snprintf(reading->problem, CONFIG_PROBLEM_BYTES, "%.1000s:%d: %s", reading->path,
			 reading->line, what);
	reading->failed = true;
}

/* Like fgets(), but tells a NUL, which ends the line, from the end of the file. */
static int reading_take_line(struct reading *reading, char *ret_text, int size)
{
	int length = 0, byte = ' ';

	while (length + 1 < size && byte != '\n' && byte != '\0') {
		byte = getc(reading->file);
		if (byte == EOF)
			break;
		ret_text[length++] = (char)byte;
	}
	ret_text[length] = '\0';
	return byte;
}

/*
 * One line for inih. Leading blanks go, because inih would take an indented line for the rest of
 * the line before. Returns NULL at the end and after the first refusal.
 */
static char *reading_next_line(char *text, int size, void *stream)
{
	struct reading *reading = stream;
	size_t blanks;
	int end;

	if (reading->failed)
		return NULL;
	end = reading_take_line(reading, text, size);
	if (end == EOF && text[0] == '\0')
		return NULL;
	reading->line++;
	if (end == '\0')
		reading_refuse(reading, "line has a NUL byte");
	else if (end != '\n' && end != EOF)
		reading_refuse(reading, "line is longer than 196 bytes");
	if (reading->failed)
		return NULL;
	blanks = strspn(text, " \t");
	memmove(text, text + blanks, strlen(text) - blanks + 1);
	return text;
}

static int reading_take(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;
	char problem[CONFIG_REFUSAL_BYTES];

	if (reading->failed)
		return 0;
	if (config_set(reading->config, section, name, value, problem) < 0)
		reading_refuse(reading, problem);
	else
		config_note_place(reading->config, section, name, reading->path, reading->line);
	return !reading->failed;
}

/* Returns the error, or -EINVAL when it was said what is wrong. */
static int config_refuse_file(const char *path, int error, const char *why, char *ret_problem)
{
	if (!why[0])
		return error;
	snprintf(ret_problem, CONFIG_PROBLEM_BYTES, "%.1000s is not used: %s", path, why);
	return -EINVAL;
}

static int config_read_file(const char *path, enum foreign_trust trust, struct config *config,
			    char *ret_problem)
{
	struct reading reading = {.path = path, .config = config, .problem = ret_problem};
	char why[FOREIGN_FILE_WHY_BYTES];
	int fd = foreign_file_open(path, trust, FILE_BYTES, why), wrong_line;

	if (fd < 0)
		return config_refuse_file(path, fd, why, ret_problem);
	reading.file = fdopen(fd, "r");
	if (!reading.file)
		abort();
	wrong_line = ini_parse_stream(reading_next_line, &reading, reading_take, &reading);
	fclose(reading.file);
	/* inih goes on after a line it does not understand: the earlier of two mistakes counts. */
	if (wrong_line > 0 && (!reading.failed || wrong_line < reading.line)) {
		snprintf(ret_problem, CONFIG_PROBLEM_BYTES,
			 "%.1000s:%d: not understood; allowed: [section], key = value, # comment",
			 path, wrong_line);
		return -EINVAL;
	}
	return reading.failed ? -EINVAL : 0;
}

static int config_read_or_say(const char *path, enum foreign_trust trust, struct config *config,
			      char *ret_problem)
{
	int r = config_read_file(path, trust, config, ret_problem);

	if (r < 0 && r != -EINVAL)
		snprintf(ret_problem, CONFIG_PROBLEM_BYTES, "%.1000s: %s", path, strerror(-r));
	return r;
}

static int config_read_drop_ins(const char *path, enum foreign_trust trust, struct config *config,
				char *ret_problem)
{
	_cleanup_free_ char *folder = xasprintf("%s.d", path);
	_cleanup_free_ char *pattern = xasprintf("%s/*.conf", folder);
	char why[FOREIGN_FILE_WHY_BYTES];
	/* also while it is empty: somebody may put a file there */
	_cleanup_close_ int fd = foreign_path_open(folder, trust, why);
	glob_t files;
	int r;

	if (fd < 0 && why[0])
		return config_refuse_file(folder, fd, why, ret_problem);
	r = glob(pattern, 0, NULL, &files);

	if (r == GLOB_NOMATCH)
		return 0;
	if (r != 0) {
		snprintf(ret_problem, CONFIG_PROBLEM_BYTES, "%s: cannot be listed", pattern);
		return -EIO;
	}
	for (size_t i = 0; r == 0 && i < files.gl_pathc; i++)
		r = config_read_or_say(files.gl_pathv[i], trust, config, ret_problem);
	globfree(&files);
	return r;
}

static int config_load_trusting(const char *path, enum foreign_trust trust, bool required,
				struct config *ret, char *ret_problem)
{
	char problem[CONFIG_REFUSAL_BYTES];
	struct config config;
	int r;

	config_init(&config);
	r = config_read_or_say(path, trust, &config, ret_problem);
	if (r == -ENOENT && !required)
		r = 0;
	if (r == 0)
		r = config_read_drop_ins(path, trust, &config, ret_problem);
	if (r == 0 && config_find_missing(&config, problem) < 0) {
		snprintf(ret_problem, CONFIG_PROBLEM_BYTES, "%.1000s: %s", path, problem);
		r = -EINVAL;
	}
	if (r < 0) {
		config_done(&config);
		return r;
	}
	*ret = config;
	return 0;
}

int config_load(const char *path, bool required, struct config *ret, char *ret_problem)
{
	return config_load_trusting(path, FOREIGN_OF_ROOT, required, ret, ret_problem);
}

int config_load_of_anybody(const char *path, struct config *ret, char *ret_problem)
{
	return config_load_trusting(path, FOREIGN_OF_ANYBODY, /* required= */ true, ret,
				    ret_problem);
}
