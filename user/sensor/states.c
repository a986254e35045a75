/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sensor that counts but may miss something is degraded, and says what. */
#include "sensor/states.h"

#include <stdio.h>

static const char *const sensor_names[SENSOR_MAX] = {
	[SENSOR_AUTH] = "auth",
	[SENSOR_SESSION] = "session",
	[SENSOR_MAILBOX] = "mailbox",
	[SENSOR_CREDENTIALS] = "credentials",
	[SENSOR_CONNECTION] = "connection",
};

static const char *const mechanisms[] = {
	[HOOK_OFF] = NULL, [HOOK_SYSCALL] = "syscall", [HOOK_FUNCTION] = "function"};

static void set_state(struct sensor_status *status, enum sensor_id id, enum hook hook,
		      const char *lacking)
{
	const char *reason = hook == HOOK_OFF ? "the kernel refused the program" : lacking;

	status[id].name = sensor_names[id];
	status[id].mechanism = mechanisms[hook];
	status[id].state = hook == HOOK_OFF ? SENSOR_OFF
			   : lacking	    ? SENSOR_DEGRADED
					    : SENSOR_ACTIVE;
	snprintf(status[id].reason, sizeof(status[id].reason), "%s", reason ? reason : "");
}

/* The function mechanism says exactly what interrupted programs missed. */
static const char *blind_spot_of(const struct sensor_facts *facts, enum hook hook)
{
	if (hook == HOOK_SYSCALL && facts->lost[LOST_RUNS_SKIPPED])
		return "this kernel interrupts programs: syscall may miss events, at most "
		       "runs_skipped";
	return NULL;
}

static const char *blind_spot_of_files(const struct sensor_facts *facts)
{
	if (facts->lost[LOST_URING_UNSEEN])
		return "a blind spot is in use: opens through io_uring are not seen by syscall";
	if (facts->lost[LOST_LISTENER_UNSEEN])
		return "a blind spot is in use: files handed out by fanotify are not seen by "
		       "syscall";
	return blind_spot_of(facts, facts->plan->files);
}

void sensor_states(const struct sensor_facts *facts, struct sensor_status status[SENSOR_MAX])
{
	const struct load_plan *plan = facts->plan;
	const char *of_files = blind_spot_of_files(facts);

	set_state(status, SENSOR_AUTH, plan->auth, blind_spot_of(facts, plan->auth));
	set_state(status, SENSOR_SESSION, plan->session, blind_spot_of(facts, plan->session));
	set_state(status, SENSOR_MAILBOX, plan->files,
		  facts->has_roots ? of_files : "no mail root is watched: set [mail] root");
	set_state(status, SENSOR_CREDENTIALS, plan->files,
		  facts->has_stores ? of_files
				    : "no credential store is watched: set [credentials] store");
	/* a tracepoint, whichever mechanism the others have */
	set_state(status, SENSOR_CONNECTION, HOOK_SYSCALL,
		  facts->has_ports ? NULL : "no mail port is known: set [mail] port");
}
