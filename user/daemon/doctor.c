/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doctor's document: what the kernel has, which servers were found, what is wrong. */
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path_probe.h"
#include "daemon/daemon.h"

/* Text that is not UTF-8 is left out: json_string() gives NULL, which is not appended. */
static json_t *doctor_problems(const struct strlist *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->count; i++)
		json_array_append_new(list, json_string(problems->items[i]));
	return list;
}

static json_t *doctor_watched(const struct mail_server *server, enum watch_role role)
{
	const struct watch_entries *entries = &server->watch.of[role];
	json_t *list = json_array();

	for (size_t i = 0; i < entries->count; i++)
		json_array_append_new(list, json_string(entries->items[i].name));
	return list;
}

/* `required` is more than the contract asks; it lets the command line choose its exit status. */
static json_t *doctor_features(bool *ret_is_fit)
{
	const struct kernel_feature *features;
	size_t n_features = sensors_probe(&features);
	json_t *list = json_array();

	*ret_is_fit = true;
	for (size_t i = 0; i < n_features; i++) {
		const struct kernel_feature *feature = &features[i];

		if (feature->required && !feature->present)
			*ret_is_fit = false;
		json_array_append_new(list, json_pack("{s:s, s:b, s:s?, s:s?, s:b}", "name",
						      feature->name, "present", feature->present,
						      "needed_by", feature->needed_by,
						      "lost_without", feature->lost_without,
						      "required", feature->required));
	}
	return list;
}

static json_t *doctor_servers(const struct discovery *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->count; i++) {
		const struct mail_server *server = &found->servers[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s?, s:o, s:o, s:o}", "kind", server->kind->name,
					"version", server->version[0] ? server->version : NULL,
					"auth", doctor_watched(server, WATCH_AUTH_SOCKET), "roots",
					doctor_watched(server, WATCH_MAIL_ROOT), "stores",
					doctor_watched(server, WATCH_STORE)));
	}
	return list;
}

static json_t *doctor_document(const struct discovery *found, const struct strlist *problems,
			       bool *ret_is_fit)
{
	struct utsname kernel;

	uname(&kernel);
	return json_pack("{s:s, s:o, s:o, s:o}", "kernel", kernel.release, "features",
			 doctor_features(ret_is_fit), "servers", doctor_servers(found), "problems",
			 doctor_problems(problems));
}

/* The path that an entry of the configuration names, or NULL: a unit, an address. */
static const char *doctor_path_of(const char *entry)
{
	if (*entry == '/')
		return entry;
	if (strncmp(entry, "script:", 7) == 0)
		return entry + 7;
	return strncmp(entry, "user:", 5) == 0 ? strchr(entry, '/') : NULL;
}

/* A slip of the pen would watch nothing, or excuse nobody, without a word. Roots, stores and Cyrus's
 * folders that are missing are the sensors' to report. */
void doctor_add_configured(const struct config *config, struct strlist *problems)
{
	static const struct {
		enum watch_role role;
		const char *section, *key;
	} named[] = {
		{WATCH_AUTH_SOCKET, "auth", "socket"},
		{WATCH_MAIL_HELPER, "mail", "helper"},
		{WATCH_SESSION_PROGRAM, "mail", "session"},
		{WATCH_STORE_READER, "credentials", "allow"},
	};

	for (size_t k = 0; k < ARRAY_LENGTH(named); k++) {
		const struct watch_entries *entries = &config->watch.of[named[k].role];

		for (size_t i = 0; i < entries->count; i++) {
			struct probed_path probed = {.path = doctor_path_of(entries->items[i].name)};

			if (!probed.path)
				continue;
			path_probe(&probed, 1);
			if (probed.answer == PATH_NEW)
				close(probed.fd);
			if (probed.answer != PATH_ABSENT)
				continue;
			strlist_addf(problems, "[%s] %s = %s: %s does not exist or cannot be opened",
				     named[k].section, named[k].key, entries->items[i].name, probed.path);
		}
	}
}

/* A sensor that is off for want of anything to watch is explained by the scope's problems. */
static void doctor_add_sensors(const struct daemon *daemon, struct strlist *problems)
{
	const char *path, *gap;
	char text[64];

	for (int id = 0; id < SENSOR_MAX; id++) {
		const struct sensor_status *status = sensors_status(daemon->sensors, id);

		if (daemon_has_sensor(id) && status->state != SENSOR_ACTIVE)
			strlist_addf(problems, "sensor %s is %s: %s", status->name,
				     status->state == SENSOR_OFF ? "off" : "degraded",
				     status->reason);
	}
	for (size_t i = 0; (path = sensors_missing_path(daemon->sensors, i)); i++)
		strlist_addf(problems, "%s does not exist (yet); it is looked for every ten seconds", path);
	for (size_t i = 0; (path = sensors_stuck_path(daemon->sensors, i)); i++)
		strlist_addf(problems,
			     "%s: its file system does not answer; what is open there stays watched",
			     path);
	for (size_t i = 0; (path = sensors_unbelieved_listener(daemon->sensors, i)); i++)
		strlist_addf(problems,
			     watch_entries_has(&daemon->scope.watch.of[WATCH_AUTH_SOCKET], path)
				     ? "%s is named as an authentication socket, but another than root "
				       "can put a socket there, and no mail server's master stands behind "
				       "this one, so its logins are not counted: see owner and mode of its "
				       "folders"
				     : "%s looks like an authentication socket, but root did not make it, "
				       "so its logins are not counted: if it is your mail server's, name it "
				       "with [auth] socket",
			     path);
	for (size_t i = 0; (gap = sensors_login_gap(daemon->sensors, i)); i++)
		strlist_add(problems, gap);
	if (!daemon_is_healthy((void *)daemon, text, sizeof(text)))
		strlist_add(problems, text);
}

json_t *daemon_doctor(void *context)
{
	const struct daemon *daemon = context;
	struct strlist problems = {};
	json_t *document;
	bool is_fit;

	strlist_add_all(&problems, &daemon->found.problems);
	scope_find_gaps(&daemon->scope, &problems);
	doctor_add_configured(daemon->config, &problems);
	doctor_add_sensors(daemon, &problems);
	inventory_add_problems(daemon->inventory, &problems);
	document = doctor_document(&daemon->found, &problems, &is_fit);
	json_object_set_new(document, "detection", daemon_detection_status(context));
	strlist_done(&problems);
	return document;
}

json_t *doctor_look(const struct config *config, bool *ret_is_fit)
{
	struct discovery_process process;
	struct discovery found;
	struct strlist problems = {};
	struct scope scope;
	json_t *document;

	discovery_process_start(config, &process);
	discovery_process_finish(&process, &found);
	scope_init(config, &found, &scope);
	strlist_add_all(&problems, &found.problems);
	scope_find_gaps(&scope, &problems);
	doctor_add_configured(config, &problems);
	strlist_add_all(&problems, &found.missing);
	strlist_add(&problems, "waxseald is not running: systemctl start waxseald");
	document = doctor_document(&found, &problems, ret_is_fit);
	strlist_done(&problems);
	scope_done(&scope);
	discovery_done(&found);
	return document;
}
