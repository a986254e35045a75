/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples are found by the text of their labels, so what is looked up is what is printed and two
 * samples can never come out alike.
 */
#include <string.h>

#include "base/mem.h"
#include "serve/family.h"

/* 200 tenants with a handful of services, mechanisms and outcomes each; a page of about 2 MB. */
#define FAMILY_SAMPLES 20000

void family_print_escaped(FILE *page, const char *text, int quotes)
{
	for (; *text; text++) {
		if (*text == '\n') {
			(void)fputs("\\n", page);
			continue;
		}
		if (*text == '\\' || (*text == '"' && quotes))
			(void)fputc('\\', page);
		(void)fputc(*text, page);
	}
}

void family_print_number(FILE *page, double value)
{
	/* Up to there every integer is exact. */
	const double exact = 9007199254740992.0;

	if (value >= -exact && value <= exact && value == (double)(int64_t)value)
		(void)fprintf(page, "%lld", (long long)value);
	else
		(void)fprintf(page, "%.15g", value);
}

static char *family_labels(const struct family_kind *kind, const char *const *values)
{
	char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	if (!page)
		abort();
	for (size_t i = 0; kind->labels[i]; i++) {
		(void)fprintf(page, "%s%s=\"", i ? "," : "", kind->labels[i]);
		family_print_escaped(page, values[i] ? values[i] : "", /* quotes= */ 1);
		(void)fputc('"', page);
	}
	(void)fclose(page);
	return text;
}

static size_t family_place(const struct family *family, const char *labels)
{
	size_t low = 0, high = family->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(family->samples[middle].labels, labels) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes the text over, in any case. */
static double *family_touch_text(struct family *family, char *text)
{
	_cleanup_free_ char *labels = text;
	size_t place = family_place(family, labels);
	struct sample *sample;

	if (place < family->count && strcmp(family->samples[place].labels, labels) == 0)
		return &family->samples[place].value;
	if (family->count >= FAMILY_SAMPLES) {
		family->refused++;
		return NULL;
	}
	if (family->count == family->room) {
		family->room = family->room ? 2 * family->room : 16;
		family->samples =
			xreallocarray(family->samples, family->room, sizeof(*family->samples));
	}
	sample = &family->samples[place];
	memmove(sample + 1, sample, (family->count - place) * sizeof(*sample));
	*sample = (struct sample){.labels = take_ptr(labels)};
	family->count++;
	return &sample->value;
}

double *family_touch(struct family *family, const char *const *values)
{
	return family_touch_text(family, family_labels(family->kind, values));
}

static char *family_first_label(const struct family_kind *kind, const char *value)
{
	char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	if (!page)
		abort();
	(void)fprintf(page, "%s=\"", kind->labels[0]);
	family_print_escaped(page, value, /* quotes= */ 1);
	(void)fputc('"', page);
	(void)fclose(page);
	return text;
}

void family_fold(struct family *family, const char *from, const char *into)
{
	_cleanup_free_ char *old = family_first_label(family->kind, from);
	_cleanup_free_ char *new = family_first_label(family->kind, into);
	size_t length = strlen(old), place;

	/* They lie side by side. */
	while ((place = family_place(family, old)) < family->count &&
	       strncmp(family->samples[place].labels, old, length) == 0) {
		struct sample sample = family->samples[place];
		double *value;

		family->count--;
		memmove(&family->samples[place], &family->samples[place + 1],
			(family->count - place) * sizeof(sample));
		value = family_touch_text(family, xasprintf("%s%s", new, sample.labels + length));
		if (value)
			*value += sample.value;
		free(sample.labels);
	}
}

void family_clear(struct family *family)
{
	for (size_t i = 0; i < family->count; i++)
		free(family->samples[i].labels);
	free(family->samples);
	family->samples = NULL;
	family->count = family->room = 0;
}
