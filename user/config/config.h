/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: one table of keys (config.c) says for each its section, parser, range,
 * default and help; waxseal.conf(5) and the installed waxseal.conf follow it.
 */
#ifndef WAX_CONFIG_CONFIG_H
#define WAX_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/sink.h"
#include "base/strlist.h"
#include "detect/detector_choice.h"
#include "model/network.h"
#include "model/watch_list.h"

#define CONFIG_DEFAULT_PATH "/etc/waxseal/waxseal.conf"
#define CONFIG_REFUSAL_BYTES 1024
#define CONFIG_PROBLEM_BYTES 2048

/* [alert NAME] */
struct sink_choice {
	const struct sink *sink;
	bool enabled;
	enum severity min_severity; /* of the alerts that it gets */
	struct sink_value *values; /* values[i] belongs to sink->keys[i] */
};

struct config {
	/* [daemon] */
	char *state_dir, *runtime_dir, *mechanism, *log_level;
	uint64_t tick_us;
	bool discover;
	/* [http] */
	char *listen, *group, *admin_group;
	/* [auth], [mail], [credentials] */
	struct watch_list watch;
	/* [detect] */
	double false_alarms_per_day, learn_days;
	uint64_t accounts;
	char *roster; /* NULL: none */
	struct strlist honey, cancelled, last_logins;
	struct network_list trusted;
	bool warm_start, list_users;
	uint64_t look_again_us;
	/* [alert] */
	uint64_t quiet_us;
	/* [ledger] */
	uint64_t max_rows, max_age_us;
	/* [maps] */
	uint64_t attempts, reads, stores, auth_connections, sessions, requests;

	struct detector_choice *detectors; /* in the order of detect/detector.h */
	size_t n_detectors;
	struct sink_choice *sinks; /* in the order of alert/sink.h */
	size_t n_sinks;
	char **places; /* FILE:LINE that last set config_keys[i], or NULL */
};

/* A row of the table. Every parser gets the row, the text, and where to put the value or what is
 * wrong with it; size bytes. */
struct config_key {
	const char *section, *name;
	int (*parse)(const struct config_key *key, const char *text, void *field, char *ret_wrong,
		     size_t size);
	size_t offset; /* of the field in struct config */
	double minimum, maximum;
	const char *initial; /* the default as text; NULL: the list starts empty */
	const char *allowed; /* completes "allowed: ..." */
	const char *help;
};

/* All keys of fixed sections; ends with a NULL section. */
extern const struct config_key config_keys[];

struct engine;

/* The engine with these settings, with room for at least so many accounts. The configuration must
 * outlive it. */
struct engine *config_start_engine(const struct config *config, uint64_t listed);

void config_init(struct config *ret);
void config_done(struct config *config);

/*
 * Defaults, then the file, then its drop-ins PATH.d/ (files *.conf) in the order of their names.
 * Returns 0 or -errno with one line for the operator in ret_problem (CONFIG_PROBLEM_BYTES). A
 * missing file is an error only when it is required.
 */
int config_load(const char *path, bool required, struct config *ret, char *ret_problem);
/* The same for who only tries it out: it may be anybody's. */
int config_load_of_anybody(const char *path, struct config *ret, char *ret_problem);

/* Sets one key as a line of a file would. Returns 0, or -EINVAL with "[section] key: what is
 * wrong; allowed: ..." in ret_problem (CONFIG_REFUSAL_BYTES). */
int config_set(struct config *config, const char *section, const char *name, const char *value,
	       char *ret_problem);
/* Where a key of a fixed section was set, for what is found wrong with it later. The place is FILE:LINE;
 * NULL while the default holds. */
void config_note_place(struct config *config, const char *section, const char *name,
		       const char *path, int line);
const char *config_place(const struct config *config, const char *section, const char *name);
/* After the last file: 0, or -EINVAL with a key in ret_problem (CONFIG_REFUSAL_BYTES) that an
 * enabled sink needs and does not have. */
int config_find_missing(const struct config *config, char *ret_problem);

#endif
