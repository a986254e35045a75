/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that aborts instead of failing; see mem.h for why. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *require(void *memory)
{
	if (!memory) {
		/* Nothing that allocates may be called any more. */
		static const char line[] = "out of memory\n";
		ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);

		(void)written;
		abort();
	}
	return memory;
}

void *xmalloc(size_t bytes)
{
	return require(malloc(bytes ? bytes : 1));
}

void *xcalloc(size_t count, size_t bytes)
{
	if (!count || !bytes)
		count = bytes = 1;
	return require(calloc(count, bytes));
}

void *xrealloc(void *memory, size_t bytes)
{
	return require(realloc(memory, bytes ? bytes : 1));
}

void *xreallocarray(void *memory, size_t count, size_t bytes)
{
	if (!count || !bytes)
		count = bytes = 1;
	return require(reallocarray(memory, count, bytes));
}

char *xstrdup(const char *text)
{
	return require(strdup(text));
}

char *xstrndup(const char *text, size_t bytes)
{
	return require(strndup(text, bytes));
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	return require(r < 0 ? NULL : text);
}
