/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server looks into a sasldb by itself when its settings say auxprop. */
#include "discover/sasl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discover/settings_file.h"

static char *sasl_setting(const char *path, const char *prefix, const char *name,
			  struct strlist *problems)
{
	_cleanup_free_ char *setting = xasprintf("%s%s", prefix, name);

	return settings_file_value(path, setting, ':', problems);
}

char *sasl_find_database(const char *root, const char *file, const char *prefix,
			 struct strlist *problems)
{
	_cleanup_free_ char *path = xasprintf("%s%s", root, file);
	_cleanup_free_ char *method = sasl_setting(path, prefix, "pwcheck_method", problems);
	_cleanup_free_ char *plugin = sasl_setting(path, prefix, "auxprop_plugin", problems);
	_cleanup_free_ char *database = sasl_setting(path, prefix, "sasldb_path", problems);

	if (!strstr(method, "auxprop") || (plugin[0] && !strstr(plugin, "sasldb")))
		return NULL;
	return xstrdup(database[0] == '/' ? database : SASL_DEFAULT_DATABASE);
}
