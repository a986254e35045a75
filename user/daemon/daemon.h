/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running daemon: owns the kernel half, the ledger, the detectors, the alerts and the server,
 * and drives them from one event loop. Everything happens in that loop; there are no threads.
 */
#ifndef WAX_DAEMON_DAEMON_H
#define WAX_DAEMON_DAEMON_H

#include <systemd/sd-event.h>

#include "alert/registry.h"
#include "daemon/background_save.h"
#include "daemon/backlog.h"
#include "accounts/inventory.h"
#include "config/config.h"
#include "daemon/detection.h"
#include "discover/discovery.h"
#include "discover/discovery_process.h"
#include "daemon/alert_dispatch.h"
#include "discover/scope.h"
#include "ledger/coverage.h"
#include "daemon/stream.h"
#include "ledger/ledger.h"
#include "sensor/sensors.h"
#include "serve/server.h"

struct daemon {
	const struct config *config;
	struct discovery_process discovery_process; /* until the start has its answer */
	struct discovery found;
	struct scope scope;
	int state_fd; /* holds the state folder */

	sd_event *event;
	sd_event_source *timer;
	struct metrics *metrics;
	struct server_view view;
	struct server *server;
	struct ledger *ledger;
	struct sensors *sensors;
	struct detection *detection;
	struct inventory *inventory;
	struct registry *registry;
	struct alert_dispatch *alert_dispatch;
	struct backlog backlog;
	struct coverage coverage; /* what the last tick said of the sensors */
	struct stream stream;
	int64_t saved_us; /* the detection state */
	struct background_save background_save; /* of it */

	struct acceptances acceptances;	 /* in force */
	struct known_readers accepted;	 /* the readers of these, for the sensors */
	uint32_t unnamed[8]; /* users who accepted, whose names are not known yet */
	size_t n_unnamed;

	struct snapshot tick;	/* kept between ticks for its memory */
	struct snapshot events; /* rare events between two ticks */
	int64_t until_us;	/* end of the last tick */
	int64_t started_us;
	int64_t refreshed_us;
	uint64_t *read_budgets; /* of each store of the scope, as the kernel has it */
	unsigned int early_ticks; /* since the timer's last */
	uint64_t ticks, failed_collects, unsaved_alerts;
	double tick_ms;
	bool is_ending; /* after the last tick */
	bool hands_over; /* ends without detaching: the next daemon goes on */
	bool is_collecting, is_saving; /* the last attempt went well; a change is logged once */
};

/* Runs until a signal. Returns the exit status; what failed was logged. */
int daemon_run(const struct config *config);

/* tick.c */
void daemon_tick(struct daemon *daemon);
/* read_budgets.c: also before the first tick. */
void daemon_set_read_budgets(struct daemon *daemon);
/* Those that are due before their time. */
void daemon_tick_early(struct daemon *daemon);
/* Takes what sensors_event_fd() announced to the detectors immediately. */
void daemon_take_events(struct daemon *daemon);

/* accepting.c */
/* Reads what is in force; before the sensors are opened. Returns 0 or -errno. */
int daemon_load_accepted(struct daemon *daemon);
/* For struct server_view. */
int daemon_accept(void *daemon, const struct accept_request *request, json_t **ret,
		  char *ret_problem, size_t size);
/* Writes names into the ledger that have been found since. */
void daemon_name_acceptances(struct daemon *daemon);
/* Findings become alerts, but for those that an acceptance answers. */
void daemon_apply_findings(struct daemon *daemon, struct finding_list *findings, int64_t now_us);

/* detection_state.c */
int daemon_open_detection(struct daemon *daemon);
/* Tells the detectors which addresses are this host's. */
void daemon_refresh_own_addresses(struct daemon *daemon);
/* At the end; waits for the disk. */
void daemon_save_detection(struct daemon *daemon);
/* By a child; each tick asks how it went. */
void daemon_save_detection_beside(struct daemon *daemon);
void daemon_check_saving(struct daemon *daemon);
json_t *daemon_blocklist(void *daemon);
json_t *daemon_detection_status(void *daemon);
json_t *daemon_stream(void *daemon, uint64_t number);
json_t *daemon_standing(void *daemon, enum subject_kind kind, const char *name);
bool daemon_source_evidence(void *daemon, const char *source, double *ret_sum,
			    double *ret_threshold);

/* status.c */
/* False for a sensor that has its name and is not part of this version: its being off is no news. */
bool daemon_has_sensor(enum sensor_id id);
const char *daemon_state_word(enum sensor_state state);
/* Calls back with every counter of what is lost; own: those that are not the kernel's. */
void daemon_each_loss(const struct daemon *daemon,
		      void (*each)(void *context, const char *stage, uint64_t count), void *context);
void daemon_each_own_loss(const struct daemon *daemon,
			  void (*each)(void *context, const char *stage, uint64_t count),
			  void *context);
json_t *daemon_status(void *daemon);
bool daemon_is_healthy(void *daemon, char *ret_problem, size_t size);
void daemon_measure(void *daemon, struct metrics *metrics);

/* doctor.c */
json_t *daemon_doctor(void *daemon);
/* What the configuration names and the host does not have, as problems. */
void doctor_add_configured(const struct config *config, struct strlist *problems);
/* Looks without a running daemon; exit status by ret_is_fit. New reference. */
json_t *doctor_look(const struct config *config, bool *ret_is_fit);

#endif
