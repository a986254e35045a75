/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The auth sensor and 32-bit system calls, whose numbers mean other calls. */
#include "wire.h"

#include "child.h"

static struct sensors *sensors;

static int start(void **state)
{
	(void)state;
	sensors = wire_watch(0, /* replicate_hooks= */ false);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return 0;
}

/* getpid() by its 32-bit number, 20, with the registers of a writev() that is 20 in the 64-bit
 * table: ebx, ecx and edx are other registers than rdi, rsi and rdx. */
static void forge(int fd, const struct iovec *segments, int n)
{
#if defined(__x86_64__)
	long result;

	(void)signal(SIGSEGV, child_is_refused);
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(20), "D"((long)fd), "S"(segments), "d"((long)n), "b"(0L), "c"(0L)
		     : "memory", "r8", "r9", "r10", "r11");
	_exit(result > 0 ? 0 : ACCESS_PATH_REFUSED);
#else
	(void)fd, (void)segments, (void)n;
	_exit(ACCESS_PATH_REFUSED);
#endif
}

static void a_32_bit_call_forges_nothing(void **state)
{
	static char line[] = "OK\t1\tuser=forged@wire.test\n";
	/* getpid's result would be the length of what was "sent" */
	static struct iovec segments[1] = {{.iov_base = line, .iov_len = sizeof(line) - 1}};
	uint64_t count[OUTCOME_MAX];
	struct wire wire;
	pid_t child;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	child = child_fork();
	if (child == 0)
		forge(wire.server, segments, 1);
	if (!child_took_access_path(child, "a 32-bit call")) {
		wire_close(&wire);
		skip();
	}
	wire_count(sensors, "forged@wire.test", count);
	for (int i = 0; i < OUTCOME_MAX; i++)
		assert_int_equal(count[i], 0);
	wire_close(&wire);
}

/* Says line by write(2), writev(2) and send(2) of the 32-bit table, on fd. */
static void say_32_bit(int fd, const char *line)
{
	struct {
		uint32_t segment[2], arguments[4];
		char line[64];
	} *low = child_low_page();
	uint32_t bytes = strlen(line), address = (uint32_t)(uintptr_t)low->line;

	strcpy(low->line, line);
	memcpy(low->segment, (uint32_t[]){address, bytes}, sizeof(low->segment));
	memcpy(low->arguments, (uint32_t[]){fd, address, bytes, 0}, sizeof(low->arguments));
	if (child_call_32_bit(4, fd, address, bytes) != bytes ||
	    child_call_32_bit(146, fd, (long)low->segment, 1) != bytes ||
	    child_call_32_bit(102, 9, (long)low->arguments, 0) != bytes)
		_exit(1);
	_exit(0);
}

static void sends_of_a_32_bit_program_are_counted_or_lost(void **state)
{
	uint64_t before = wire_lost(sensors, "compat_send");
	struct wire wire;
	pid_t child;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	child = child_fork();
	if (child == 0)
		say_32_bit(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	if (!child_took_access_path(child, "32-bit sends")) {
		wire_close(&wire);
		skip();
	}
	wire_say(wire.server, "OK\t1\tuser=narrow@wire.test\n");
	wire_count(sensors, "narrow@wire.test", (uint64_t[OUTCOME_MAX]){});
	if (strcmp(sensors_status(sensors, SENSOR_AUTH)->mechanism, "syscall") == 0)
		assert_int_equal(wire_lost(sensors, "compat_send"), before + 3);
	else
		assert_int_equal(wire_lost(sensors, "compat_send"), before);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_32_bit_call_forges_nothing),
		cmocka_unit_test(sends_of_a_32_bit_program_are_counted_or_lost),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
