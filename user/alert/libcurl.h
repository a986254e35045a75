/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded when the first sink needs it: with all that it stands on it takes two megabytes
 * of an idle daemon, and most hosts post to nobody.
 */
#ifndef WAX_ALERT_LIBCURL_H
#define WAX_ALERT_LIBCURL_H

#define CURL_DISABLE_TYPECHECK /* its macros stand in the way of pointers */
#include <curl/curl.h>

#define LIBCURL_FUNCTIONS(each)                                                                    \
	each(global_init) each(global_cleanup) each(slist_append) each(slist_free_all)             \
		each(easy_init) each(easy_setopt) each(easy_getinfo) each(easy_strerror)           \
			each(easy_cleanup) each(multi_init) each(multi_setopt) each(multi_assign)  \
				each(multi_add_handle) each(multi_remove_handle)                   \
					each(multi_socket_action) each(multi_info_read)            \
						each(multi_perform) each(multi_poll)               \
							each(multi_cleanup)

#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *name;

/* The functions by their names, without the curl_. */
struct libcurl {
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
};

/* Returns 0, or -ELIBACC: it is not installed, or too old. */
int libcurl_load(const struct libcurl **ret);

#endif
