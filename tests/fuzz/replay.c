/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A story of a mail host, told to the detectors: each six bytes are one record of a trace (kind and
 * outcome, account, source, program, how many, how much later). Whatever happens, each alert is one
 * JSON document with one sentence, and a second telling ends the same way.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/command.h"
#include "fuzz/fuzz.h"

#define RECORD_BYTES 6
#define RECORDS 1500

static const char *const kinds[] = {"auth\timap\t%s\t%s\tsuccess\t%llu\t-\t-\n",
				    "auth\tpop3\t%s\t%s\tfailure\t%llu\t-\t-\n",
				    "auth\tsmtp\t%s\t%s\ttemporary\t%llu\t-\t-\n",
				    "auth\timap\t%s\t%s\tunanswered\t%llu\t-\t-\n",
				    "read\timap\t%s\t%s\t-\t%llu\t-\t%s\n",
				    "sent\timap\t%s\t%s\t-\t1\t%llu\t-\n",
				    "read\t-\t-%.0s\t%s\t-\t%llu\t-\t%s\n",
				    "store\t-\t-%.0s\t/etc/users/%s\t-\t%llu\t9\t%s\n"};
static const char *const programs[] = {"/usr/lib/dovecot/imap", "/usr/bin/tar", "/bin/cat", "/"};

/* Powers of two up to what a trace may say: 2^49. */
static unsigned long long how_many(uint8_t byte)
{
	return (1ULL << byte % 50) - byte % 2;
}

static void tell(FILE *file, const uint8_t *record, uint64_t *time_us)
{
	char account[64], source[64];

	snprintf(account, sizeof(account), "a%u@isp%u.example", record[1], record[1] % 3);
	snprintf(source, sizeof(source), record[2] & 1 ? "192.0.%u.%u" : "2001:db8:%x::%x",
		 record[2] >> 4, record[2]);
	*time_us += (1ULL << record[5] % 41) - 1;
	fprintf(file, "%llu.%06llu\t", (unsigned long long)*time_us / 1000000,
		(unsigned long long)*time_us % 1000000);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
	fprintf(file, kinds[record[0] % 8], source, account, how_many(record[4]),
		programs[record[3] % 4]);
#pragma GCC diagnostic pop
}

static int write_trace(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("trace", 0);
	FILE *file = fdopen(dup(fd), "w");
	uint64_t time_us = UINT64_C(1782907200000000);

	must(fd >= 0 && file);
	fputs("#waxseal-trace 1\n", file);
	for (size_t i = 0; i < RECORDS && (i + 1) * RECORD_BYTES <= size; i++)
		tell(file, bytes + i * RECORD_BYTES, &time_us);
	must(fclose(file) == 0);
	return fd;
}

static char *replay(const char *path)
{
	char *text = NULL;
	size_t length;
	struct console console = {.out = open_memstream(&text, &length), .err = stderr};
	struct arguments arguments = {.operand = path};

	must(replay_run(&console, &arguments) == EXIT_OK);
	fclose(console.out);
	return text;
}

static void check(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) && *line) {
		json_t *alert = json_loads(line, 0, NULL);
		const char *message = json_string_value(json_object_get(alert, "message"));

		must(message && message[0] && fuzz_is_one_line(message));
		must(json_is_string(json_object_get(alert, "detector")));
		must(!strstr(message, " nan") && !strstr(message, " inf ") &&
		     !strstr(message, "(null)"));
		json_decref(alert);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	_cleanup_close_ int fd = write_trace(bytes, size);
	char path[32], *first, *second;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	first = replay(path);
	second = replay(path);
	must(strcmp(first, second) == 0);
	check(first);
	free(first);
	free(second);
	return 0;
}
