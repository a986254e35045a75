/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is always there, and locals that give back what they own.
 *
 * Every table of the program has a cap, so running out of memory is a bug or a broken machine:
 * the x functions abort instead of returning NULL.
 */
#ifndef WAX_BASE_MEM_H
#define WAX_BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* Zero bytes are allowed and give a pointer that may be freed. */
void *xmalloc(size_t bytes) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t bytes) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *memory, size_t bytes) __attribute__((returns_nonnull));
void *xreallocarray(void *memory, size_t count, size_t bytes) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t bytes) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

static inline void mem_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void mem_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_free_ _cleanup_(mem_free_pointer) /* for a pointer, initialised */
#define _cleanup_close_ _cleanup_(mem_close_fd)	   /* for a descriptor, -1 when none */

/* Moves ownership out of a local with a cleanup attribute. */
#define take_ptr(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) taken_ptr_ = (pointer);                                        \
		(pointer) = NULL;                                                                  \
		taken_ptr_;                                                                        \
	})

#define take_fd(fd)                                                                                \
	({                                                                                         \
		int taken_fd_ = (fd);                                                              \
		(fd) = -1;                                                                         \
		taken_fd_;                                                                         \
	})

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
