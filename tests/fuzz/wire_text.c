/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw bytes made printable (text_from_wire) and the tenant in them. The result says what the bytes
 * were, but for who types \xNN: with that undone in both, it is the input with Dovecot's escapes
 * undone.
 */
#include "model/account.h"
#include "fuzz/fuzz.h"

static size_t undo_dovecot(const uint8_t *raw, size_t size, uint8_t *ret)
{
	static const char letters[] = "01trn", meanings[] = "\0\1\t\r\n";
	size_t n = 0;

	for (size_t i = 0; i < size && raw[i]; i++) {
		const char *letter = NULL;

		if (raw[i] == 1 && i + 1 < size && raw[i + 1])
			letter = strchr(letters, raw[i + 1]);
		ret[n++] = letter ? (uint8_t)meanings[letter - letters] : raw[i];
		i += letter != NULL;
	}
	return n;
}

static int hex_digit(uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = byte ? strchr(digits, byte) : NULL;

	return digit ? (int)(digit - digits) : -1;
}

static size_t undo_hex(const uint8_t *text, size_t size, uint8_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		int high = i + 3 < size && text[i] == '\\' && text[i + 1] == 'x'
				   ? hex_digit(text[i + 2])
				   : -1;
		int low = high < 0 ? -1 : hex_digit(text[i + 3]);

		ret[n++] = low < 0 ? text[i] : (uint8_t)(high << 4 | low);
		i += low < 0 ? 0 : 3;
	}
	return n;
}

static void check_tenant(const char *account)
{
	const char *tenant = account_tenant(account), *at = strrchr(account, '@');

	must(at ? tenant == at + 1 : strcmp(tenant, "-") == 0);
	if (!tenant_is_plausible(tenant))
		return;
	must(strlen(tenant) <= 253 && strchr(tenant, '.') && !strstr(tenant, ".."));
	for (; *tenant; tenant++)
		must((*tenant >= 'a' && *tenant <= 'z') || (*tenant >= 'A' && *tenant <= 'Z') ||
		     (*tenant >= '0' && *tenant <= '9') || *tenant == '-' || *tenant == '.');
}

/* The first byte is the room of a second, shorter result. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t room = size ? *bytes : 0, n = size ? size - 1 : 0;
	const uint8_t *raw = bytes + (size != 0);
	char *whole = malloc(4 * n + 1), *cut = malloc(room);
	uint8_t *wanted = malloc(n + 1), *got = malloc(4 * n + 1);

	must(whole && wanted && got && (cut || !room));
	text_from_wire((const char *)raw, n, whole, 4 * n + 1);
	must(fuzz_is_utf8(whole) && fuzz_is_one_line(whole));
	must(text_is_printable(whole));
	n = undo_dovecot(raw, n, wanted);
	n = undo_hex(wanted, n, wanted);
	must(undo_hex((const uint8_t *)whole, strlen(whole), got) == n &&
	     memcmp(wanted, got, n) == 0);
	check_tenant(whole);

	text_from_wire((const char *)raw, size ? size - 1 : 0, cut, room);
	if (room) {
		must(strlen(cut) < room && text_is_printable(cut));
		/* a typed \xNN may be cut, too */
		if (!memchr(raw, '\\', size ? size - 1 : 0))
			must(undo_hex((const uint8_t *)cut, strlen(cut), got) <= n &&
			     memcmp(wanted, got, undo_hex((const uint8_t *)cut, strlen(cut), got)) ==
				     0);
		must(strlen(whole) >= room || strcmp(whole, cut) == 0);
	}
	free(whole);
	free(cut);
	free(wanted);
	free(got);
	return 0;
}
