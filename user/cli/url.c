/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything but RFC 3986's unreserved characters is encoded: names hold '/', '@' and spaces. */
#include "cli/url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The daemon decodes %20 but not '+', so this is not curl_url(), which writes the latter. */
static char *url_encode(const char *text)
{
	char *encoded = curl_easy_escape(NULL, text, 0);

	if (!encoded)
		abort();
	return encoded;
}

char *url_with_segment(const char *path, const char *segment)
{
	char *encoded = url_encode(segment), *url = xasprintf("%s/%s", path, encoded);

	curl_free(encoded);
	return url;
}

void url_add_query(char **url, const char *name, const char *value)
{
	char *encoded, *longer;

	if (!value)
		return;
	encoded = url_encode(value);
	longer = xasprintf("%s%c%s=%s", *url, strchr(*url, '?') ? '&' : '?', name, encoded);
	curl_free(encoded);
	free(*url);
	*url = longer;
}
