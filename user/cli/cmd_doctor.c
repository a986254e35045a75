/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal doctor. Asks the daemon; when none runs, runs its program with --doctor. Both give the
 * same document.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/learning.h"
#include "cli/view.h"

#define DOCTOR_MAX_BYTES (4UL << 20)

static void doctor_print_servers(const struct console *console, const json_t *servers)
{
	static const struct view_column columns[] = {
		{"SERVER", "kind", VIEW_WORD},	 {"VERSION", "version", VIEW_TEXT},
		{"AUTH", "auth", VIEW_LIST},	 {"MAIL", "roots", VIEW_LIST},
		{"STORES", "stores", VIEW_LIST}, {NULL, NULL, VIEW_TEXT},
	};

	view_print_heading(console, "Mail servers");
	view_print_rows(console, servers, columns, "None found.");
}

static void doctor_print_problems(const struct console *console, const json_t *problems)
{
	json_t *problem;
	size_t i;

	view_print_heading(console, "Problems");
	if (json_array_size(problems) == 0)
		fputs("None.\n", console->out);
	json_array_foreach(problems, i, problem)
	{
		_cleanup_free_ char *text =
			json_is_string(problem)
				? xstrdup(json_string_value(problem))
				: json_dumps(problem, JSON_COMPACT | JSON_ENCODE_ANY);

		fprintf(console->out, "- %s\n", text ? text : "?");
	}
}

static void doctor_print(const struct console *console, const json_t *document)
{
	static const struct view_column features[] = {
		{"FEATURE", "name", VIEW_TEXT},
		{"PRESENT", "present", VIEW_YES_NO},
		{"NEEDED BY", "needed_by", VIEW_TEXT},
		{"LOST WITHOUT", "lost_without", VIEW_TEXT},
		{NULL, NULL, VIEW_TEXT},
	};

	fprintf(console->out, "Kernel %s\n\n", view_text(document, "kernel"));
	view_print_rows(console, view_member(document, "features"), features, "No feature probed.");
	doctor_print_servers(console, view_member(document, "servers"));
	if (json_is_object(view_member(document, "detection")))
		view_print_heading(console, "Detectors");
	learning_print(console, view_member(document, "detection"));
	doctor_print_problems(console, view_member(document, "problems"));
}

static bool doctor_lacks_required(const json_t *document)
{
	json_t *feature;
	size_t i;

	json_array_foreach(
		view_member(document, "features"), i,
		feature) if (json_is_true(json_object_get(feature, "required")) &&
			     !json_is_true(json_object_get(feature, "present"))) return true;
	return false;
}

/* Prints text, which must be a document. */
static int doctor_show(const struct console *console, const char *text)
{
	json_t *document = json_loads(text, 0, NULL);
	int code;

	if (!json_is_object(document)) {
		json_decref(document);
		return console_fail(console, "waxseald --doctor gave no document");
	}
	code = doctor_lacks_required(document) ? EXIT_RUNTIME : EXIT_OK;
	if (console->json)
		view_print_document(console, text);
	else
		doctor_print(console, document);
	json_decref(document);
	return code;
}

/* The daemon of the same build: beside this program (a build tree) or in the sbin beside its bin.
 * NULL: to be found in PATH. */
static char *doctor_find_daemon(void)
{
	static const char *const places[] = {"/waxseald", "/../sbin/waxseald"};
	char own[4096], *slash;
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (length < 0)
		return NULL;
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		char *path = xasprintf("%s%s", own, places[i]);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static void doctor_exec_daemon(const char *path, int output)
{
	(void)dup2(output, STDOUT_FILENO);
	if (path)
		execl(path, "waxseald", "--doctor", (char *)NULL);
	else
		execlp("waxseald", "waxseald", "--doctor", (char *)NULL);
	_exit(127);
}

/* Everything that comes from fd, or NULL when it cannot be read or is too much. */
static char *doctor_read_all(int fd)
{
	_cleanup_free_ char *text = xmalloc(DOCTOR_MAX_BYTES + 1);
	size_t length = 0;
	ssize_t n;

	do {
		n = read(fd, text + length, DOCTOR_MAX_BYTES - length);
		if (n < 0 && errno != EINTR)
			return NULL;
		length += n > 0 ? n : 0;
	} while (n != 0);
	if (length == DOCTOR_MAX_BYTES)
		return NULL;
	text[length] = '\0';
	return take_ptr(text);
}

/* Runs the daemon's program to its end. Returns its exit status, 127 when there is none. */
static int doctor_run_daemon(const char *path, char **ret_text)
{
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 127;
	child = fork();
	if (child == 0)
		doctor_exec_daemon(path, ends[1]);
	close(ends[1]);
	*ret_text = child < 0 ? NULL : doctor_read_all(ends[0]);
	close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_RUNTIME;
}

static int doctor_without_daemon(const struct console *console)
{
	_cleanup_free_ char *path = doctor_find_daemon();
	_cleanup_free_ char *text = NULL;
	int status = doctor_run_daemon(path, &text), code;

	if (status == 127)
		return console_fail(console,
				    "waxseald is not running and its program was not found "
				    "beside waxseal nor in PATH");
	if (!text || !*text) /* it has said why on standard error */
		return EXIT_RUNTIME;
	code = doctor_show(console, text);
	return status ? EXIT_RUNTIME : code;
}

int doctor_run(struct console *console, const struct arguments *arguments)
{
	struct client_reply reply = {0};
	json_t *document = NULL;
	int r = client_get(console->socket, "/v1/doctor", &reply);

	(void)arguments;
	if (r == -ENOENT || r == -ECONNREFUSED)
		return doctor_without_daemon(console);
	if (r < 0)
		return client_explain(console, r);
	r = client_document(console, &reply, NULL, &document);
	if (r == EXIT_OK)
		r = doctor_show(console, reply.body);
	json_decref(document);
	client_reply_done(&reply);
	return r;
}
