/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: which tenant an account belongs to, and raw bytes made printable. */
#include "model/account.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define LONGEST_DOMAIN 253
#define LONGEST_LABEL 63
#define HEX_BYTES 4 /* \xNN */

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
	const unsigned char *next, *end;
};

/* One byte with Dovecot's escapes undone. */
static unsigned char take_byte(struct wire *wire)
{
	static const char letters[] = "01trn", meanings[] = "\0\001\t\r\n";
	unsigned char byte = *wire->next++;
	const char *letter;

	if (byte != 1 || wire->next == wire->end)
		return byte;
	letter = memchr(letters, *wire->next, sizeof(letters) - 1);
	if (!letter)
		return byte;
	wire->next++;
	return (unsigned char)meanings[letter - letters];
}

/* Length of the UTF-8 character at text, 1 to 4; 0 when it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = text[0] < 0x80	  ? 1
			: text[0] >= 0xf8 ? 0
			: text[0] >= 0xf0 ? 4
			: text[0] >= 0xe0 ? 3
			: text[0] >= 0xc0 ? 2
					  : 0;
	uint32_t point;

	if (length <= 1 || length > left)
		return length > left ? 0 : length;
	point = text[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return length;
}

/* C1 controls (U+0080 to U+009F) steer terminals too; U+2028 and U+2029 break lines. */
static bool character_is_printable(const unsigned char *text, size_t length)
{
	if (length == 1)
		return text[0] >= 0x20 && text[0] != 0x7f && text[0] != '\\';
	if (length == 2)
		return !(text[0] == 0xc2 && text[1] < 0xa0);
	if (length == 3)
		return !(text[0] == 0xe2 && text[1] == 0x80 &&
			 (text[2] == 0xa8 || text[2] == 0xa9));
	return length == 4;
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

static void write_hex(struct writer *writer, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char hex[HEX_BYTES] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

	(void)writer_put(writer, hex, sizeof(hex));
}

/* Writes the character at window and returns its length in bytes, 0 when there is no room. */
static size_t write_character(struct writer *writer, const unsigned char *window, size_t filled)
{
	size_t length = utf8_length(window, filled);

	if (length && character_is_printable(window, length))
		return writer_put(writer, window, length) ? length : 0;
	if (!length)
		length = 1;
	if (length * HEX_BYTES > writer->left)
		return 0;
	for (size_t i = 0; i < length; i++)
		write_hex(writer, window[i]);
	return length;
}

void text_from_wire(const char *raw, size_t len, char *ret_text, size_t size)
{
	struct wire wire = {(const unsigned char *)raw, (const unsigned char *)raw};
	struct writer writer = {ret_text, size ? size - 1 : 0};
	unsigned char window[4];
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
}

bool text_is_printable(const char *text)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);

	while (at < end) {
		size_t length = utf8_length(at, (size_t)(end - at));

		if (!length || (*at != '\\' && !character_is_printable(at, length)))
			return false;
		at += length;
	}
	return true;
}
