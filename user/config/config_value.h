/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of single configuration values; see struct config_key. */
#ifndef WAX_CONFIG_CONFIG_VALUE_H
#define WAX_CONFIG_CONFIG_VALUE_H

#include "config/config.h"

typedef int config_parser(const struct config_key *key, const char *text, void *field,
			  char *ret_wrong, size_t size);

config_parser config_parse_folder;   /* char *: absolute path */
config_parser config_parse_choice;   /* char *: one of the words of `allowed` */
config_parser config_parse_yes_no;   /* bool */
config_parser config_parse_duration; /* uint64_t: microseconds; range in seconds */
config_parser config_parse_count;    /* uint64_t */
config_parser config_parse_number;   /* double */
config_parser config_parse_listen;   /* char *: ADDRESS:PORT, "" is off */
config_parser config_parse_group;    /* char *: name of a group, "" is none */
config_parser config_parse_path;     /* struct strlist: absolute path */
config_parser config_parse_account;  /* struct strlist: name of an account */
config_parser config_parse_networks; /* struct network_list: an address or a network */

/* struct watch_entries */
config_parser config_parse_socket; /* path or inet:HOST:PORT of Dovecot's auth service */
config_parser config_parse_port;   /* SERVICE:PORT */
config_parser config_parse_store;  /* path of any length or inet:HOST:PORT */
config_parser config_parse_root;   /* template */
config_parser config_parse_watched_path;
config_parser config_parse_reader; /* a form of known_readers.h */
config_parser config_parse_environment_session; /* program with its session in the environment */
config_parser config_parse_cyrus_folder;	/* of Cyrus's status files */

/* A key of a sink, by its kind; writes `ret` only on success, and frees what it held. */
int config_parse_sink_value(const struct sink_key *key, const char *text, struct sink_value *ret,
			    char *ret_wrong, size_t size);

#endif
