/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The auth sensor on this kernel: every way to send, in every order, counted exactly once. */
#include "abi.h"
#include "wire.h"

#include <pthread.h>
#include <sys/wait.h>

static struct sensors *sensors;

/* Some kernels need replicas of each hook, bpf/hooks/replica.bpf.h: no event may count twice there.
 */
static bool replicate_hooks;

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

static void one_login_is_one_success(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "VERSION\t1\t2\nCPID\t9\n");
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	wire_say(wire.server, "OK\t1\tuser=one@wire.test\n");
	ASSERT_COUNT("one@wire.test", 1, 0, 0, 0);
	ASSERT_COUNT("one@wire.test", 0, 0, 0, 0);
	wire_close(&wire);
}

static void a_socket_without_a_handshake_is_no_auth_socket(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ false);
	wire_say(wire.server, "VERSION\tdirector\t1\t0\nSTRANGE\n");
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	wire_say(wire.server, "OK\t1\tuser=nobody@wire.test\n");
	ASSERT_COUNT("nobody@wire.test", 0, 0, 0, 0);
	wire_close(&wire);
}

static void a_handshake_may_come_byte_by_byte(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ false);
	for (const char *at = wire_handshake; *at; at++)
		assert_int_equal(write(wire.server, at, 1), 1);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	wire_say(wire.server, "FAIL\t1\tuser=byte@wire.test\n");
	ASSERT_COUNT("byte@wire.test", 0, 1, 0, 0);
	wire_close(&wire);
}

static void a_verdict_may_be_seen_before_its_request(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.server, "OK\t5\tuser=early@wire.test\n");
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	ASSERT_COUNT("early@wire.test", 1, 0, 0, 0);
	wire_close(&wire);
}

static void a_second_verdict_for_one_request_counts_once(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	wire_say(wire.server, "FAIL\t5\tuser=twice@wire.test\nFAIL\t5\tuser=twice@wire.test\n");
	ASSERT_COUNT("twice@wire.test", 0, 1, 0, 0);
	wire_close(&wire);
}

static void a_forwarded_login_is_no_attempt(void **state)
{
	uint64_t before = wire_lost(sensors, "verdict_forwarded");
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	wire_say(wire.server, "OK\t5\tuser=away@wire.test\tproxy\thost=192.0.2.9\tpass=x\n");
	ASSERT_COUNT("away@wire.test", 0, 0, 0, 0);
	assert_int_equal(wire_lost(sensors, "verdict_forwarded"), before + 1);
	wire_close(&wire);
}

static void a_client_that_goes_away_leaves_an_unanswered_request(void **state)
{
	struct wire wire;
	char byte[256];

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.77\n");
	ASSERT_COUNT("192.0.2.77", 0, 0, 0, 0);
	close(wire.client);
	while (read(wire.server, byte, sizeof(byte)) > 0)
		;
	ASSERT_COUNT("192.0.2.77", 0, 0, 0, 0);
	wait_until_forgotten();
	ASSERT_COUNT("192.0.2.77", 0, 0, 0, 1);
	close(wire.server);
}

/* On a kernel that may put a sender off the processor before its program has run, the peer's end of
 * the connection is seen first. */
static void a_verdict_counts_though_the_peer_has_closed_meanwhile(void **state)
{
	struct wire wire;
	char byte[256];

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.79\n");
	shutdown(wire.client, SHUT_WR);
	while (read(wire.server, byte, sizeof(byte)) > 0)
		;
	wire_say(wire.server, "FAIL\t5\tuser=late@isp1.test\n");
	ASSERT_COUNT("late@isp1.test", 0, 1, 0, 0);
	close(wire.client);
	close(wire.server);
}

static void an_id_that_is_used_again_leaves_an_unanswered_request(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.78\n");
	wire_say(wire.client, "AUTH\t5\tPLAIN\tservice=imap\trip=192.0.2.78\n");
	wire_say(wire.server, "OK\t5\tuser=again@wire.test\n");
	ASSERT_COUNT("192.0.2.78", 1, 0, 0, 1);
	wire_close(&wire);
}

static void a_refused_send_counts_nothing(void **state)
{
	static const char request[] = "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.79\n";
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	close(wire.server);
	assert_int_equal(send(wire.client, request, strlen(request), MSG_NOSIGNAL), -1);
	ASSERT_COUNT("192.0.2.79", 0, 0, 0, 0);
	close(wire.client);
}

/* ---- Every way to send ---- */

#define SEGMENTS 8

/* Cuts bytes into segments, some of them empty. */
static int cut(const char *bytes, size_t len, struct iovec segments[SEGMENTS])
{
	int n = 1 + rand() % SEGMENTS;

	for (int i = 0; i < n; i++) {
		size_t take = i == n - 1 ? len : (size_t)rand() % (len + 1);

		if (i < n - 1 && rand() % 4 == 0)
			take = 0;
		segments[i] = (struct iovec){.iov_base = (void *)bytes, .iov_len = take};
		bytes += take;
		len -= take;
	}
	return n;
}

static ssize_t send_somehow(int fd, const char *bytes, size_t len)
{
	struct iovec segments[SEGMENTS];
	int n = cut(bytes, len, segments);
	struct mmsghdr messages[2] = {};

	switch (rand() % 6) {
	case 0: return write(fd, bytes, len);
	case 1: return send(fd, bytes, len, MSG_NOSIGNAL);
	case 2: return writev(fd, segments, n);
	case 3: return pwritev2(fd, segments, n, -1, 0);
	case 4:
		messages[0].msg_hdr = (struct msghdr){.msg_iov = segments, .msg_iovlen = n};
		return sendmsg(fd, &messages[0].msg_hdr, MSG_NOSIGNAL);
	default:
		messages[0].msg_hdr = (struct msghdr){.msg_iov = segments, .msg_iovlen = n / 2};
		messages[1].msg_hdr =
			(struct msghdr){.msg_iov = segments + n / 2, .msg_iovlen = n - n / 2};
		n = sendmmsg(fd, messages, 2, MSG_NOSIGNAL);
		return n < 0 ? n : (ssize_t)messages[0].msg_len + (n > 1 ? messages[1].msg_len : 0);
	}
}

/* Sends all of it in pieces of any size; the other end is drained by the caller's thread. */
static void send_in_pieces(int fd, int other, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t piece = 1 + rand() % len;
		ssize_t sent = send_somehow(fd, bytes, piece);

		if (sent < 0) {
			assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
			wire_drain(other);
			continue;
		}
		bytes += sent;
		len -= sent;
	}
	wire_drain(other);
}

#define BATCH 40

/* Batches of requests and their verdicts; returns the truth in ret_truth. */
static void play(struct wire *wire, int batches, uint64_t ret_truth[OUTCOME_MAX])
{
	static char requests[BATCH * 256], verdicts[BATCH * 128];
	unsigned int id = 1;

	memset(ret_truth, 0, OUTCOME_MAX * sizeof(*ret_truth));
	for (int batch = 0; batch < batches; batch++) {
		size_t asked = 0, answered = 0;

		for (int i = 0; i < BATCH; i++, id++) {
			int outcome = rand() % 3;

			asked += sprintf(
				requests + asked,
				"AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.%d\tresp=%.*s\n", id,
				1 + rand() % 9, rand() % 100,
				"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
				"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0");
			answered +=
				sprintf(verdicts + answered, "%s\t%u\tuser=play%d@wire.test%s\n",
					outcome == OUTCOME_SUCCESS ? "OK" : "FAIL", id, rand() % 20,
					outcome == OUTCOME_TEMPORARY ? "\tcode=temp_fail" : "");
			ret_truth[outcome]++;
		}
		send_in_pieces(wire->client, wire->server, requests, asked);
		send_in_pieces(wire->server, wire->client, verdicts, answered);
	}
}

static void assert_played(struct wire *wire, int batches)
{
	uint64_t truth[OUTCOME_MAX], count[OUTCOME_MAX];

	play(wire, batches, truth);
	wire_count(sensors, "play", count);
	for (int i = 0; i < OUTCOME_MAX; i++)
		assert_int_equal(count[i], truth[i]);
	assert_int_equal(wire_lost(sensors, "line_undecodable"), 0);
	assert_int_equal(wire_lost(sensors, "memory_unreadable"), 0);
}

static void all_calls_in_all_splits_are_exact(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	assert_played(&wire, 100);
	wire_close(&wire);
}

static void sends_that_were_cut_short_are_exact(void **state)
{
	int small = 4608;
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	assert_int_equal(setsockopt(wire.client, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
			 0);
	assert_int_equal(setsockopt(wire.server, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
			 0);
	fcntl(wire.client, F_SETFL, O_NONBLOCK);
	fcntl(wire.server, F_SETFL, O_NONBLOCK);
	assert_played(&wire, 100);
	wire_close(&wire);
}

/* Answers at once, from another processor: its verdict may be seen before the request. */
static void *answer_at_once(void *context)
{
	struct wire *wire = context;
	char request[256], verdict[128];
	unsigned int id = 1;

	while (read(wire->server, request, sizeof(request)) > 0) {
		int len = sprintf(verdict, "OK\t%u\tuser=quick@wire.test\n", id++);

		if (write(wire->server, verdict, len) != len)
			break;
	}
	return NULL;
}

static void quick_answers_are_exact(void **state)
{
	enum { LOGINS = 20000 };
	char request[128], verdict[128];
	pthread_t answerer;
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_drain(wire.client);
	pthread_create(&answerer, NULL, answer_at_once, &wire);
	for (unsigned int id = 1; id <= LOGINS; id++) {
		int len = sprintf(request, "AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.1\n", id);

		assert_int_equal(write(wire.client, request, len), len);
		assert_true(read(wire.client, verdict, sizeof(verdict)) > 0);
	}
	shutdown(wire.client, SHUT_WR);
	pthread_join(answerer, NULL);
	ASSERT_COUNT("quick@wire.test", LOGINS, 0, 0, 0);
	wire_close(&wire);
}

/* ---- Hostile lines ---- */

static void endless_and_broken_lines_harm_nothing(void **state)
{
	char *noise = malloc(200000);
	struct wire wire;

	(void)state;
	for (int i = 0; i < 200000; i++)
		noise[i] = rand() % 32 ? rand() : '\t';
	wire_open(&wire, /* greet= */ true);
	for (int i = 0; i < 200000; i += 2000) {
		assert_int_equal(write(wire.client, noise + i, 2000), 2000);
		assert_int_equal(write(wire.server, noise + i, 2000), 2000);
		wire_drain(wire.client);
		wire_drain(wire.server);
	}
	wire_say(wire.client, "\nAUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	wire_say(wire.server, "\nOK\t1\tuser=after@wire.test\n");
	ASSERT_COUNT("after@wire.test", 1, 0, 0, 0);
	assert_true(wire_lost(sensors, "line_undecodable") > 0);
	wire_close(&wire);
	free(noise);
}

static void *drain_all(void *context)
{
	char bytes[65536];
	ssize_t *left = context, taken;

	for (taken = 1; *left > 0 && taken > 0; *left -= taken)
		taken = read((int)left[1], bytes, sizeof(bytes));
	return NULL;
}

/* The end of a send that is not read may be the middle of a line: its rest is nobody's verb. */
static void after_bytes_that_were_lost_the_next_line_counts(void **state)
{
	enum { BYTES = SEND_BYTES_LIMIT + 4096 };
	uint64_t before = wire_lost(sensors, "send_too_long");
	char *noise = malloc(BYTES);
	ssize_t left[2] = {BYTES};
	pthread_t drain;
	struct wire wire;

	(void)state;
	memset(noise, 'x', BYTES);
	memcpy(noise + SEND_BYTES_LIMIT - 7, "\nFAIL\t1", 7);
	wire_open(&wire, /* greet= */ true);
	wire_drain(wire.client);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.74\n"
			      "AUTH\t2\tPLAIN\tservice=imap\trip=192.0.2.74\n");
	left[1] = wire.client;
	pthread_create(&drain, NULL, drain_all, left);
	assert_int_equal(write(wire.server, noise, BYTES), BYTES);
	pthread_join(drain, NULL);
	wire_say(wire.server, "FAIL\t1\tuser=rest@wire.test\nOK\t2\tuser=next@wire.test\n");
	ASSERT_COUNT("next@wire.test", 1, 0, 0, 0);
	assert_int_equal(wire_lost(sensors, "send_too_long"), before + 4096);
	wire_close(&wire);
	free(noise);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_login_is_one_success),
		cmocka_unit_test(a_socket_without_a_handshake_is_no_auth_socket),
		cmocka_unit_test(a_handshake_may_come_byte_by_byte),
		cmocka_unit_test(a_verdict_may_be_seen_before_its_request),
		cmocka_unit_test(a_second_verdict_for_one_request_counts_once),
		cmocka_unit_test(a_forwarded_login_is_no_attempt),
		cmocka_unit_test(a_client_that_goes_away_leaves_an_unanswered_request),
		cmocka_unit_test(a_verdict_counts_though_the_peer_has_closed_meanwhile),
		cmocka_unit_test(an_id_that_is_used_again_leaves_an_unanswered_request),
		cmocka_unit_test(a_refused_send_counts_nothing),
		cmocka_unit_test(all_calls_in_all_splits_are_exact),
		cmocka_unit_test(sends_that_were_cut_short_are_exact),
		cmocka_unit_test(quick_answers_are_exact),
		cmocka_unit_test(endless_and_broken_lines_harm_nothing),
		cmocka_unit_test(after_bytes_that_were_lost_the_next_line_counts),
	};
	int failed;

	srand(20260701);
	failed = cmocka_run_group_tests_name("single hooks", tests, start, stop);

	replicate_hooks = true;
	return failed + cmocka_run_group_tests_name("replicas of hooks", tests, start, stop);
}
