/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pretended auth server and client on a real Unix socket, and a sensor that watches them. What
 * the generator said is the truth; the sensor's rows are compared with it.
 */
#ifndef WAX_TESTS_WIRE_H
#define WAX_TESTS_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi.h"
#include "model/snapshot.h"
#include "sensor/sensors.h"

struct wire {
	int server, client; /* the accepted end and the other */
};

static const char wire_handshake[] =
	"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n";

static inline void wire_say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* A connection over a listener at the path, whose file stays. */
static inline int wire_bind(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	return listener;
}

/* listener is closed: whoever listens has made it. */
static inline void wire_open_on(struct wire *wire, int listener)
{
	struct sockaddr_un address;
	socklen_t bytes = sizeof(address);

	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &bytes), 0);
	assert_int_equal(listen(listener, 5), 0);
	wire->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(wire->client, (struct sockaddr *)&address, sizeof(address)), 0);
	wire->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(wire->server >= 0);
	close(listener);
}

static inline void wire_open_at(struct wire *wire, const char *path)
{
	wire_open_on(wire, wire_bind(path));
}

/*
 * The server's handshake is only said with greet. The file goes at once, so that a test that fails
 * leaves none behind: connected sockets keep their names without it.
 */
static inline void wire_open(struct wire *wire, bool greet)
{
	static int number;
	char path[108];

	snprintf(path, sizeof(path), "/tmp/wax-wire-%d-%d", getpid(), number++);
	unlink(path);
	wire_open_at(wire, path);
	unlink(path);
	if (greet)
		wire_say(wire->server, wire_handshake);
}

static inline void wire_close(struct wire *wire)
{
	close(wire->client);
	close(wire->server);
}

/* Takes what the other end sent, so that buffers do not fill. */
static inline void wire_drain(int fd)
{
	char bytes[65536];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static inline struct sensors *wire_watch_list(const struct watch_list *list,
					      uint32_t attempts_entries, bool replicate_hooks)
{
	const struct sensor_settings settings = {.mechanism = "auto",
						 .watch = list,
						 .attempts_entries = attempts_entries,
						 .replicate_hooks = replicate_hooks};
	struct sensors *sensors = NULL;
	char problem[256] = "";

	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
	return sensors;
}

static inline struct sensors *wire_watch(uint32_t attempts_entries, bool replicate_hooks)
{
	static const struct watch_list nothing;

	return wire_watch_list(&nothing, attempts_entries, replicate_hooks);
}

/* Outcomes of accounts and sources that begin with mark, since the last call. */
static inline void wire_count(struct sensors *sensors, const char *mark,
			      uint64_t ret_count[OUTCOME_MAX])
{
	struct snapshot snapshot = {};

	memset(ret_count, 0, OUTCOME_MAX * sizeof(*ret_count));
	assert_int_equal(sensors_collect(sensors, &snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
	for (size_t i = 0; i < snapshot.n_attempts; i++) {
		const struct attempt_row *row = &snapshot.attempts[i];

		if (strncmp(row->account, mark, strlen(mark)) != 0 &&
		    strncmp(row->source, mark, strlen(mark)) != 0)
			continue;
		for (int j = 0; j < OUTCOME_MAX; j++)
			ret_count[j] += row->count[j];
	}
	snapshot_done(&snapshot);
}

static inline uint64_t wire_lost(struct sensors *sensors, const char *stage)
{
	const char *name;
	uint64_t count;

	for (size_t i = 0; (name = sensors_lost(sensors, i, &count)); i++)
		if (strcmp(name, stage) == 0)
			return count;
	fail_msg("no stage %s", stage);
	return 0;
}

/* Of the test's own sensors. */
#define ASSERT_COUNT(mark, success, failure, temporary, unanswered)                                \
	do {                                                                                       \
		uint64_t count_[OUTCOME_MAX];                                                      \
		wire_count(sensors, mark, count_);                                                 \
		assert_int_equal(count_[OUTCOME_SUCCESS], success);                                \
		assert_int_equal(count_[OUTCOME_FAILURE], failure);                                \
		assert_int_equal(count_[OUTCOME_TEMPORARY], temporary);                            \
		assert_int_equal(count_[OUTCOME_UNANSWERED], unanswered);                          \
	} while (0)

/* Until a connection that ended is out of mind. */
static inline void wait_until_forgotten(void)
{
	const struct timespec pause = {.tv_nsec = 1000000},
			      second = {.tv_sec = ENDED_NS / 1000000000};

	(void)nanosleep(&second, NULL);
	(void)nanosleep(&pause, NULL);
}

#endif
