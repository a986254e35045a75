/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exactness while the kernel puts tasks off the processor at any point: many threads log in on one
 * processor, and a thread of real-time priority interrupts them every few microseconds. What was
 * said is the truth. What is missing may be at most what `runs_skipped` says.
 *
 * PREEMPTION_LOGINS in the environment: how many; each is two events.
 */
#include "abi.h"
#include "sensor/sensors_state.h"
#include "wire.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define CONNECTIONS 24
#define LOGINS_DEFAULT 24000
#define INTERRUPTION_NS 20000

static struct sensors *sensors;
static bool replicate_hooks;
static atomic_bool interrupts;

static int start(void **state)
{
	(void)state;
	sensors = wire_watch(0, replicate_hooks);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return 0;
}

static unsigned int logins_of_connection(void)
{
	const char *text = getenv("PREEMPTION_LOGINS");
	unsigned long logins = text ? strtoul(text, NULL, 10) : LOGINS_DEFAULT;

	return (logins + CONNECTIONS - 1) / CONNECTIONS;
}

/* Wakes, and thereby takes the processor from whoever has it, as soon as it may. */
static void *interrupt(void *context)
{
	const struct sched_param priority = {.sched_priority = 1};
	const struct timespec pause = {.tv_nsec = INTERRUPTION_NS};

	(void)context;
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
	while (atomic_load(&interrupts))
		(void)nanosleep(&pause, NULL);
	return NULL;
}

static void *answer(void *context)
{
	struct wire *wire = context;
	char request[256], verdict[128];
	unsigned int id = 1;

	while (read(wire->server, request, sizeof(request)) > 0) {
		int length = sprintf(verdict, "OK\t%u\tuser=preempted@wire.test\n", id++);

		if (write(wire->server, verdict, length) != length)
			break;
	}
	return NULL;
}

static void *log_in(void *context)
{
	unsigned int logins = logins_of_connection();
	struct wire *wire = context;
	char request[128], verdict[128];

	for (unsigned int id = 1; id <= logins; id++) {
		int length = sprintf(request, "AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.1\n", id);

		if (write(wire->client, request, length) != length ||
		    read(wire->client, verdict, sizeof(verdict)) <= 0)
			return context;
	}
	shutdown(wire->client, SHUT_WR);
	return NULL;
}

/* Threads inherit it. */
static void stay_on_one_processor(bool one)
{
	cpu_set_t processors;

	CPU_ZERO(&processors);
	for (int i = 0; i < (one ? 1 : CPU_SETSIZE); i++)
		CPU_SET(i, &processors);
	assert_int_equal(sched_setaffinity(0, sizeof(processors), &processors), 0);
}

static void play(struct wire wires[CONNECTIONS])
{
	pthread_t clients[CONNECTIONS], servers[CONNECTIONS], interrupter;
	void *failed = NULL;

	atomic_store(&interrupts, true);
	assert_int_equal(pthread_create(&interrupter, NULL, interrupt, NULL), 0);
	for (int i = 0; i < CONNECTIONS; i++) {
		assert_int_equal(pthread_create(&servers[i], NULL, answer, &wires[i]), 0);
		assert_int_equal(pthread_create(&clients[i], NULL, log_in, &wires[i]), 0);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		void *of_client = NULL;

		(void)pthread_join(clients[i], &of_client);
		failed = failed ? failed : of_client;
		(void)pthread_join(servers[i], NULL);
	}
	atomic_store(&interrupts, false);
	(void)pthread_join(interrupter, NULL);
	assert_null(failed);
}

static void print_losses(void)
{
	const char *name;
	uint64_t count;

	for (size_t i = 0; (name = sensors_lost(sensors, i, &count)); i++)
		if (count)
			print_message("  %s: lost %s %" PRIu64 "\n",
				      replicate_hooks ? "replicas" : "single", name, count);
}

static void what_is_missing_is_said_and_nothing_counts_twice(void **state)
{
	uint64_t said = (uint64_t)logins_of_connection() * CONNECTIONS, skipped, missing;
	uint64_t count[OUTCOME_MAX];
	struct wire wires[CONNECTIONS];

	(void)state;
	for (int i = 0; i < CONNECTIONS; i++) {
		wire_open(&wires[i], /* greet= */ true);
		wire_drain(wires[i].client);
	}
	stay_on_one_processor(true);
	play(wires);
	stay_on_one_processor(false);
	sensors_survey(sensors);
	wire_count(sensors, "preempted@wire.test", count);
	skipped = wire_lost(sensors, "runs_skipped");
	assert_true(count[OUTCOME_SUCCESS] <= said);
	missing = said - count[OUTCOME_SUCCESS];
	print_message("  %s: %" PRIu64 " logins, %" PRIu64 " missing (%.3f in a million), "
		      "runs_skipped %" PRIu64 "\n",
		      replicate_hooks ? "replicas" : "single", said, missing,
		      1e6 * (double)missing / (double)said, skipped);
	print_losses();
	assert_true(missing <= skipped);
	for (int i = 0; i < CONNECTIONS; i++)
		wire_close(&wires[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_said_and_nothing_counts_twice),
	};
	int failed;

	failed = cmocka_run_group_tests_name("single hooks", tests, start, stop);
	replicate_hooks = true;
	return failed + cmocka_run_group_tests_name("replicas of hooks", tests, start, stop);
}
