/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start and stop. What can refuse without touching the kernel (folders, ports, the ledger) is
 * opened before anything is attached, so that a failed start leaves nothing behind.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/name_lookup.h"
#include "base/time.h"
#include "build_info.h"
#include "daemon/continuity.h"
#include "daemon/folders.h"
#include "base/footprint.h"
#include "daemon/privilege.h"
#include "daemon/coverage_recorder.h"

/* At the start, for a user database in the network. */
#define NAME_WAIT_MS 500
#define STATE_MODE 0750
#define RUNTIME_MODE 0755

static int daemon_open_folders(struct daemon *daemon)
{
	const char *state = daemon->config->state_dir, *runtime = daemon->config->runtime_dir;
	int r = folder_prepare(state, STATE_MODE);

	if (r < 0)
		return log_error_errno(r, "cannot write to state directory %s", state);
	r = folder_prepare(runtime, RUNTIME_MODE);
	if (r < 0)
		return log_error_errno(r, "cannot write to runtime directory %s", runtime);
	r = folder_hold(state);
	if (r == -EBUSY) {
		log_error("another waxseald uses state directory %s", state);
		return r;
	}
	if (r == -EPERM) {
		log_error("state directory %s is not used: others than its owner may write there; "
			  "allowed: mode 0755 or stricter",
			  state);
		return r;
	}
	if (r < 0)
		return log_error_errno(r, "cannot open state directory %s", state);
	daemon->state_fd = r;
	return 0;
}

/* Root alone may accept readers until the group is known: it is asked for again with each request. */
static void daemon_check_groups(const struct config *config)
{
	if (*config->group &&
	    name_lookup(NAME_GROUP, config->group, 0, NAME_WAIT_MS).state == NAME_WAITS)
		log_warning("the user database does not answer who the group %s is: the socket stays "
			    "with the daemon's own group until the next start",
			    config->group);
	if (*config->admin_group &&
	    name_lookup(NAME_GROUP, config->admin_group, 0, NAME_WAIT_MS).state != NAME_FOUND)
		log_warning("[http] admin_group = %s: there is no such group, or the user database "
			    "does not answer; root alone may accept readers until it is found",
			    config->admin_group);
}

static int daemon_open_server(struct daemon *daemon)
{
	_cleanup_free_ char *socket_path =
		xasprintf("%s/waxseal.sock", daemon->config->runtime_dir);
	struct server_settings settings = {
		.socket_path = socket_path,
		.group = daemon->config->group,
		.admin_group = daemon->config->admin_group,
		.listen = daemon->config->listen,
		.view = &daemon->view,
	};
	char problem[512];
	int r;

	daemon->metrics = metrics_new();
	daemon->view = (struct server_view){
		.context = daemon,
		.metrics = daemon->metrics,
		.status = daemon_status,
		.doctor = daemon_doctor,
		.is_healthy = daemon_is_healthy,
		.measure = daemon_measure,
		.blocklist = daemon_blocklist,
		.detection = daemon_detection_status,
		.stream = daemon_stream,
		.standing = daemon_standing,
		.source_evidence = daemon_source_evidence,
		.accept = daemon_accept,
	};
	r = server_open(&settings, daemon->event, &daemon->server, problem, sizeof(problem));
	if (r < 0)
		log_error("%s", problem);
	else
		daemon_check_groups(daemon->config);
	return r;
}

static int daemon_open_ledger(struct daemon *daemon)
{
	_cleanup_free_ char *path = xasprintf("%s/waxseal.db", daemon->config->state_dir);
	struct ledger_settings settings = {.path = path,
					   .max_rows = daemon->config->max_rows,
					   .max_age_us = (int64_t)daemon->config->max_age_us};
	enum ledger_opening opening;
	char aside[4096];
	int r = ledger_open(&settings, &daemon->ledger, &opening, aside, sizeof(aside));

	if (r < 0)
		return log_error_errno(r, "cannot open state file %s", path);
	if (opening == LEDGER_SET_ASIDE)
		log_warning("state file %s is damaged or of a later version: kept as %s, counting "
			    "starts anew",
			    path, aside);
	daemon->view.ledger = daemon->ledger;
	return 0;
}

static void daemon_look_around(struct daemon *daemon)
{
	struct strlist missing = {};

	discovery_process_finish(&daemon->discovery_process, &daemon->found);
	scope_init(daemon->config, &daemon->found, &daemon->scope);
	for (size_t i = 0; i < daemon->found.count; i++) {
		const struct mail_server *server = &daemon->found.servers[i];

		log_info("found %s %s: %zu auth sockets, %zu mail roots, %zu credential stores",
			 server->kind->name, server->version,
			 server->watch.of[WATCH_AUTH_SOCKET].count,
			 server->watch.of[WATCH_MAIL_ROOT].count,
			 server->watch.of[WATCH_STORE].count);
	}
	scope_find_gaps(&daemon->scope, &missing);
	strlist_add_all(&missing, &daemon->found.missing);
	for (size_t i = 0; i < daemon->found.problems.count; i++)
		log_warning("%s", daemon->found.problems.items[i]);
	for (size_t i = 0; i < missing.count; i++)
		log_warning("%s", missing.items[i]);
	strlist_done(&missing);
}

static int daemon_open_sensors(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	_cleanup_free_ char *folder = continuity_folder(config->state_dir);
	struct sensor_settings settings = {
		.mechanism = config->mechanism,
		.watch = &daemon->scope.watch,
		.accepted = &daemon->accepted,
		.pin_folder = folder,
		.attempts_entries = (uint32_t)config->attempts,
		.reads_entries = (uint32_t)config->reads,
		.stores_entries = (uint32_t)config->stores,
		.auth_connections_entries = (uint32_t)config->auth_connections,
		.sessions_entries = (uint32_t)config->sessions,
		.requests_entries = (uint32_t)config->requests,
	};
	char problem[512];
	int r;

	r = ledger_committed(daemon->ledger, &settings.committed_instance,
			     &settings.committed_epochs);
	if (r < 0)
		return log_error_errno(r, "cannot read the state file");
	r = sensors_open(&settings, &daemon->sensors, problem, sizeof(problem));
	if (r < 0)
		log_error("%s", problem);
	return r;
}

static int daemon_on_timer(sd_event_source *source, uint64_t due_us, void *context)
{
	struct daemon *daemon = context;
	uint64_t now_us;

	daemon->early_ticks = 0;
	daemon_tick(daemon);
	daemon_tick_early(daemon);
	/* A late tick does not make the next ones follow in a burst. */
	sd_event_now(daemon->event, CLOCK_MONOTONIC, &now_us);
	due_us += daemon->config->tick_us;
	if (due_us < now_us)
		due_us = now_us + daemon->config->tick_us;
	sd_event_source_set_time(source, due_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int daemon_on_events(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	daemon_take_events(context);
	daemon_tick_early(context);
	return 0;
}

static int daemon_on_hand_over(sd_event_source *source, const struct signalfd_siginfo *info,
			       void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)info;
	daemon->hands_over = true;
	return sd_event_exit(daemon->event, 0);
}

static int daemon_on_look_again(sd_event_source *source, const struct signalfd_siginfo *info,
				void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)info;
	if (daemon->inventory)
		inventory_look_again(daemon->inventory);
	return 0;
}

static int daemon_open_loop(struct daemon *daemon)
{
	static const int stops[] = {SIGTERM, SIGINT};
	int r = sd_event_default(&daemon->event);

	/* systemd closes its store on stop and keeps it on restart: it decides what stays */
	daemon->hands_over = continuity_is_systemds();
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGUSR2 | SD_EVENT_SIGNAL_PROCMASK,
					daemon_on_hand_over, daemon);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK,
					daemon_on_look_again, daemon);

	for (size_t i = 0; r >= 0 && i < ARRAY_LENGTH(stops); i++)
		r = sd_event_add_signal(daemon->event, NULL, stops[i] | SD_EVENT_SIGNAL_PROCMASK,
					NULL, NULL);
	if (r < 0)
		return log_error_errno(r, "cannot make the event loop");
	return 0;
}

static int daemon_open_sources(struct daemon *daemon)
{
	uint64_t tick_us = daemon->config->tick_us;
	int fd = sensors_event_fd(daemon->sensors);
	int r = sd_event_add_time_relative(daemon->event, &daemon->timer, CLOCK_MONOTONIC, tick_us,
					   tick_us / 50, daemon_on_timer, daemon);

	if (r >= 0 && fd >= 0)
		r = sd_event_add_io(daemon->event, NULL, fd, EPOLLIN, daemon_on_events, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, 1);
	if (r < 0)
		return log_error_errno(r, "cannot add to the event loop");
	return 0;
}

static void daemon_tell_ready(const struct daemon *daemon)
{
	char line[256] = "";

	for (int id = 0; id < SENSOR_MAX; id++) {
		const struct sensor_status *status = sensors_status(daemon->sensors, id);
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used, "%s%s: %s", used ? ", " : "",
			 status->name, status->mechanism ? status->mechanism : "off");
	}
	log_info("waxseald " WAXSEAL_VERSION " is ready (%s)", line);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", line);
}

static int daemon_open(struct daemon *daemon)
{
	int r = daemon_open_loop(daemon);

	if (r == 0)
		r = daemon_open_folders(daemon);
	if (r == 0)
		r = daemon_open_server(daemon);
	if (r == 0)
		r = daemon_open_ledger(daemon);
	if (r < 0)
		return r;
	r = daemon_load_accepted(daemon);
	if (r < 0)
		return r;
	daemon_look_around(daemon);
	r = daemon_open_sensors(daemon);
	if (r < 0)
		return r;
	/* sessions and masters that are older than the sensors have been looked for in /proc */
	if (privilege_drop_tracing() < 0)
		log_warning("cannot give up CAP_SYS_PTRACE, ignoring");
	r = daemon_open_detection(daemon);
	if (r < 0)
		return r;
	daemon->started_us = daemon->until_us = daemon->refreshed_us = time_now_us();
	daemon->is_collecting = daemon->is_saving = true;
	coverage_recorder_begin(daemon);
	daemon_set_read_budgets(daemon);
	return daemon_open_sources(daemon);
}

/* Also for a daemon that was opened in part. */
static void daemon_close(struct daemon *daemon)
{
	sd_event_source_disable_unref(daemon->timer);
	server_close(daemon->server);
	sensors_close(daemon->sensors, /* detach= */ !daemon->hands_over);
	if (daemon->backlog.count > 0) {
		backlog_done(&daemon->backlog);
		log_warning("the ledger did not take the last counts: %llu events are lost",
			    (unsigned long long)daemon->backlog.lost);
	}
	backlog_done(&daemon->backlog);
	stream_done(&daemon->stream);
	registry_free(daemon->registry);
	inventory_close(daemon->inventory);
	detection_free(daemon->detection);
	alert_dispatch_close(daemon->alert_dispatch);
	ledger_close(daemon->ledger);
	metrics_free(daemon->metrics);
	snapshot_done(&daemon->tick);
	snapshot_done(&daemon->events);
	free(daemon->read_budgets);
	known_readers_done(&daemon->accepted);
	acceptances_done(&daemon->acceptances);
	scope_done(&daemon->scope);
	discovery_process_end(&daemon->discovery_process);
	discovery_done(&daemon->found);
	sd_event_unref(daemon->event);
	if (daemon->state_fd >= 0)
		close(daemon->state_fd);
}

int daemon_run(const struct config *config)
{
	struct daemon daemon = {.config = config, .state_fd = -1};
	int r;

	/* before anything is open that it does not need */
	discovery_process_start(config, &daemon.discovery_process);
	r = daemon_open(&daemon);
	if (r == 0 && privilege_drop() < 0)
		log_warning("cannot give up privileges that are needed no more, ignoring");
	if (r == 0) {
		footprint_shrink();
		daemon_tell_ready(&daemon);
		r = sd_event_loop(daemon.event);
		if (r < 0)
			log_error_errno(r, "event loop failed");
		(void)sd_notify(0, "STOPPING=1\nSTATUS=Writing the last counts");
		daemon_tick(&daemon);
		daemon.is_ending = true;
		registry_flush(daemon.registry, time_now_us());
		coverage_recorder_end(&daemon);
		daemon_save_detection(&daemon);
		log_info("stopped");
	}
	daemon_close(&daemon);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
