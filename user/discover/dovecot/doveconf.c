/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the output of `doveconf`. Secrets are not in it: doveconf hides them unless asked. */
#include "discover/dovecot/doveconf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A full 2.3 configuration has about 1,000 settings in 150 blocks. */
#define BLOCKS_CAP 4096
#define SETTINGS_CAP 32768

static char *doveconf_copy(const char *text, size_t len)
{
	char *copy = xcalloc(1, len + 1);

	memcpy(copy, text, len);
	return copy;
}

static char *doveconf_unquote(const char *text, size_t len)
{
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
		return doveconf_copy(text + 1, len - 2);
	return doveconf_copy(text, len);
}

static size_t doveconf_add_block(struct doveconf *conf, size_t parent, const char *text, size_t len)
{
	size_t kind_len = strcspn(text, " \t");
	struct doveconf_block *block;

	if (kind_len > len)
		kind_len = len;
	conf->blocks = xrealloc(conf->blocks, (conf->n_blocks + 1) * sizeof(*conf->blocks));
	block = &conf->blocks[conf->n_blocks];
	block->parent = parent;
	block->kind = doveconf_copy(text, kind_len);
	text += kind_len;
	len -= kind_len;
	while (len > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	block->label = doveconf_unquote(text, len);
	return conf->n_blocks++;
}

static void doveconf_add_setting(struct doveconf *conf, size_t block, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len), *value = equals + 1;
	size_t name_len = (size_t)(equals - text), value_len = len - name_len - 1;
	struct doveconf_setting *setting;

	while (name_len > 0 && text[name_len - 1] == ' ')
		name_len--;
	while (value_len > 0 && *value == ' ') {
		value++;
		value_len--;
	}
	conf->settings = xrealloc(conf->settings, (conf->n_settings + 1) * sizeof(*conf->settings));
	setting = &conf->settings[conf->n_settings++];
	setting->block = block;
	setting->name = doveconf_copy(text, name_len);
	setting->value = doveconf_unquote(value, value_len);
}

/* "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf" */
static void doveconf_take_version(struct doveconf *conf, const char *text, size_t len)
{
	if (conf->version[0] || len < 3 || text[0] != '#' || text[1] != ' ')
		return;
	if (text[2] < '0' || text[2] > '9')
		return;
	free(conf->version);
	conf->version = doveconf_copy(text + 2, strcspn(text + 2, " \n:"));
}

static int doveconf_take_line(struct doveconf *conf, size_t *block, const char *text, size_t len)
{
	if (len == 0)
		return 0;
	if (text[0] == '#') {
		doveconf_take_version(conf, text, len);
		return 0;
	}
	if (len == 1 && text[0] == '}') {
		if (*block == DOVECONF_TOP)
			return -EINVAL;
		*block = conf->blocks[*block].parent;
		return 0;
	}
	if (conf->n_blocks == BLOCKS_CAP || conf->n_settings == SETTINGS_CAP)
		return -E2BIG;
	if (memchr(text, '=', len))
		doveconf_add_setting(conf, *block, text, len);
	else if (len > 2 && text[len - 1] == '{' && text[len - 2] == ' ')
		*block = doveconf_add_block(conf, *block, text, len - 2);
	return 0;
}

static int doveconf_take_text(struct doveconf *conf, const char *text)
{
	size_t block = doveconf_add_block(conf, DOVECONF_TOP, "", 0);

	while (*text) {
		size_t len = strcspn(text, "\n"), next = len + (text[len] == '\n');
		const char *line = text;
		int r;

		while (len > 0 && (*line == ' ' || *line == '\t')) {
			line++;
			len--;
		}
		while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r'))
			len--;
		r = doveconf_take_line(conf, &block, line, len);
		if (r < 0)
			return r;
		text += next;
	}
	return block == DOVECONF_TOP && conf->n_settings > 0 ? 0 : -EINVAL;
}

int doveconf_parse(const char *text, struct doveconf *ret)
{
	struct doveconf conf = {.version = xstrdup("")};
	int r = doveconf_take_text(&conf, text);

	if (r < 0) {
		doveconf_done(&conf);
		return r;
	}
	*ret = conf;
	return 0;
}

void doveconf_done(struct doveconf *conf)
{
	for (size_t i = 0; i < conf->n_blocks; i++) {
		free(conf->blocks[i].kind);
		free(conf->blocks[i].label);
	}
	for (size_t i = 0; i < conf->n_settings; i++) {
		/* A static passdb has its password in args. */
		explicit_bzero(conf->settings[i].value, strlen(conf->settings[i].value));
		free(conf->settings[i].name);
		free(conf->settings[i].value);
	}
	free(conf->blocks);
	free(conf->settings);
	free(conf->version);
	*conf = (struct doveconf){};
}

const char *doveconf_get(const struct doveconf *conf, size_t block, const char *name)
{
	for (size_t i = 0; i < conf->n_settings; i++) {
		const struct doveconf_setting *setting = &conf->settings[i];

		if (setting->block == block && strcmp(setting->name, name) == 0)
			return setting->value[0] ? setting->value : NULL;
	}
	return NULL;
}

size_t doveconf_next(const struct doveconf *conf, size_t parent, const char *kind, size_t after)
{
	for (size_t i = after + 1; i < conf->n_blocks; i++)
		if (conf->blocks[i].parent == parent &&
		    (!kind || strcmp(conf->blocks[i].kind, kind) == 0))
			return i;
	return DOVECONF_TOP;
}

const char *doveconf_label(const struct doveconf *conf, size_t block)
{
	return conf->blocks[block].label;
}

const char *doveconf_driver(const struct doveconf *conf, size_t block)
{
	const char *driver = doveconf_get(conf, block, "driver");

	return driver ? driver : doveconf_label(conf, block);
}
