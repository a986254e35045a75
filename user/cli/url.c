/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything but RFC 3986's unreserved characters is encoded: names hold '/', '@' and spaces. */
#include "cli/url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool url_is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

static char *url_encode(const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *encoded = xmalloc(3 * strlen(text) + 1);
	char *at = encoded;

	for (; *text; text++) {
		unsigned char c = *text;

		if (url_is_unreserved(c)) {
			*at++ = c;
			continue;
		}
		*at++ = '%';
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
	}
	*at = '\0';
	return encoded;
}

char *url_with_segment(const char *path, const char *segment)
{
	_cleanup_free_ char *encoded = url_encode(segment);

	return xasprintf("%s/%s", path, encoded);
}

void url_add_query(char **url, const char *name, const char *value)
{
	_cleanup_free_ char *encoded = NULL;
	char *longer;

	if (!value)
		return;
	encoded = url_encode(value);
	longer = xasprintf("%s%c%s=%s", *url, strchr(*url, '?') ? '&' : '?', name, encoded);
	free(*url);
	*url = longer;
}
