/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loaded once and kept: sinks are opened at the start only. */
#include "alert/libcurl.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

#define LIBCURL_NAME "libcurl.so.4"

#define LIBCURL_FIND(name)                                                                         \
	functions.name = (__typeof__(curl_##name) *)dlsym(library, "curl_" #name);                 \
	is_whole = is_whole && functions.name;

int libcurl_load(const struct libcurl **ret)
{
	static struct libcurl functions;
	static bool is_whole;
	void *library;

	if (!is_whole) {
		library = dlopen(LIBCURL_NAME, RTLD_NOW | RTLD_LOCAL);
		if (!library)
			return -ELIBACC;
		is_whole = true;
		LIBCURL_FUNCTIONS(LIBCURL_FIND)
	}
	if (!is_whole)
		return -ELIBACC;
	*ret = &functions;
	return 0;
}
