/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: which tenant an account belongs to, and raw bytes made printable. */
#include "model/account.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define LONGEST_DOMAIN 253
#define LONGEST_LABEL 63

const char *account_tenant(const char *account)
{
	const char *at = strrchr(account, '@');

	return at ? at + 1 : "-";
}

static bool label_is_plausible(const char *label, size_t length)
{
	if (length == 0 || length > LONGEST_LABEL)
		return false;
	if (label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)label[i]) && label[i] != '-')
			return false;
	return true;
}

bool tenant_is_plausible(const char *tenant)
{
	struct in_addr address;
	const char *label = tenant;
	size_t length;

	if (strlen(tenant) > LONGEST_DOMAIN || !strchr(tenant, '.'))
		return false;
	if (inet_pton(AF_INET, tenant, &address) == 1)
		return false;
	for (;; label += length + 1) {
		length = strcspn(label, ".");
		if (!label_is_plausible(label, length))
			return false;
		if (!label[length])
			break;
	}
	/* No top-level domain is a number (RFC 3696, 2): 10.0.0.300 is a mistyped address. */
	return label[strspn(label, "0123456789")] != '\0';
}

struct wire {
	const char *next, *end;
};

/* One byte with Dovecot's escapes undone. */
static char take_byte(struct wire *wire)
{
	static const char letters[] = "01trn", meanings[] = "\0\001\t\r\n";
	char byte = *wire->next++;
	const char *letter;

	if (byte != 1 || wire->next == wire->end)
		return byte;
	letter = memchr(letters, *wire->next, sizeof(letters) - 1);
	if (!letter)
		return byte;
	wire->next++;
	return meanings[letter - letters];
}

struct writer {
	char *next;
	size_t left; /* without the terminating NUL */
};

static bool writer_put(struct writer *writer, const void *bytes, size_t length)
{
	if (length > writer->left)
		return false;
	memcpy(writer->next, bytes, length);
	writer->next += length;
	writer->left -= length;
	return true;
}

/* Writes the character at window and returns its length in bytes, 0 when there is no room. */
static size_t write_character(struct writer *writer, const char *window, size_t filled)
{
	size_t length = text_plain_length(window, filled);
	char hex[TEXT_ESCAPE_BYTES];
	uint32_t point;

	if (length)
		return writer_put(writer, window, length) ? length : 0;
	length = text_decode(window, filled, &point);
	if (!length)
		length = 1;
	if (length * TEXT_ESCAPE_BYTES > writer->left)
		return 0;
	for (size_t i = 0; i < length; i++) {
		text_escape_byte((unsigned char)window[i], hex);
		(void)writer_put(writer, hex, sizeof(hex));
	}
	return length;
}

/* Names that mean something else in lists: of what was folded, of who is not known. Nobody may have
 * such an account or tenant, or its counts would be theirs. */
static bool account_part_is_reserved(const char *part, size_t length)
{
	static const char *const reserved[] = {"(older)", "(unknown)"};

	for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++)
		if (strlen(reserved[i]) == length && memcmp(part, reserved[i], length) == 0)
			return true;
	return false;
}

/* The parts of a name are what lies between its @: each may become a name by itself. */
static void account_escape_reserved(char *text, size_t size)
{
	size_t used = strlen(text), length;

	for (char *part = text;; part += length + 1) {
		length = strcspn(part, "@");
		if (account_part_is_reserved(part, length) && used + TEXT_ESCAPE_BYTES - 1 < size) {
			memmove(part + TEXT_ESCAPE_BYTES, part + 1, strlen(part + 1) + 1);
			text_escape_byte('(', part);
			length += TEXT_ESCAPE_BYTES - 1;
			used += TEXT_ESCAPE_BYTES - 1;
		}
		if (!part[length])
			return;
	}
}

void text_from_wire(const char *raw, size_t len, char *ret_text, size_t size)
{
	struct wire wire = {raw, raw};
	struct writer writer = {ret_text, size ? size - 1 : 0};
	char window[4];
	size_t filled = 0, done;

	wire.end = wire.next + strnlen(raw, len);
	if (!size)
		return;
	for (;;) {
		while (filled < sizeof(window) && wire.next < wire.end)
			window[filled++] = take_byte(&wire);
		if (!filled)
			break;
		done = write_character(&writer, window, filled);
		if (!done)
			break;
		filled -= done;
		memmove(window, window + done, filled);
	}
	*writer.next = '\0';
	account_escape_reserved(ret_text, size);
}
