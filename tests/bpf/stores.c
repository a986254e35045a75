/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read from credential stores, on this kernel: every access path to a byte, taken by a child, and
 * stores that are replaced between two looks of the daemon.
 */
#include "store.h"

#include <linux/aio_abi.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static char file[96], folder[96], inside[128], other[96];

static int start(void **state)
{
	const char *const stores[] = {file, folder, NULL}, *const nobody[] = {NULL};

	(void)state;
	make_top("stores");
	snprintf(file, sizeof(file), "%s/passwd", top);
	snprintf(other, sizeof(other), "%s/other", top);
	snprintf(folder, sizeof(folder), "%s/users.d", top);
	(void)mkdir(folder, 0755);
	snprintf(inside, sizeof(inside), "%s/isp1", folder);
	(void)mkdir(inside, 0755);
	snprintf(inside, sizeof(inside), "%s/isp1/alice", folder);
	make_file(file, BYTES);
	make_file(inside, BYTES);
	make_file(other, BYTES);
	watch_stores(stores, nobody);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return remove_top();
}

static struct sum after(void (*access_path)(void), const char *store)
{
	(void)sum_of(store);
	assert_true(child_takes(access_path, store));
	return sum_of(store);
}

static int open_store(void)
{
	int fd = open(file, O_RDONLY);

	must(fd >= 0);
	return fd;
}

/* ---- Access paths, and how many bytes each takes ---- */

static void by_read(void)
{
	int fd = open_store();

	must(read(fd, buffer, 4000) == 4000);
	must(read(fd, buffer, sizeof(buffer)) == BYTES - 4000);
	must(read(fd, buffer, sizeof(buffer)) == 0);
}

static void by_pread(void)
{
	must(pread(open_store(), buffer, 1234, 17) == 1234);
}

static struct iovec two[] = {{buffer, 100}, {buffer + 100, 900}};

static void by_readv(void)
{
	must(readv(open_store(), two, 2) == 1000);
}

static void by_preadv(void)
{
	must(preadv(open_store(), two, 2, 5) == 1000);
}

static void by_preadv2(void)
{
	must(preadv2(open_store(), two, 2, 5, 0) == 1000);
}

static void by_sendfile(void)
{
	int pipes[2];

	must(pipe(pipes) == 0 && sendfile(pipes[1], open_store(), NULL, 3000) == 3000);
}

static void by_splice(void)
{
	int pipes[2];

	must(pipe(pipes) == 0 && splice(open_store(), NULL, pipes[1], NULL, 3000, 0) == 3000);
}

static void by_copy_file_range(void)
{
	int copy = open(top, O_TMPFILE | O_RDWR, 0600);

	if (copy < 0)
		_exit(ACCESS_PATH_REFUSED);
	must(copy_file_range(open_store(), NULL, copy, NULL, 2000, 0) == 2000);
}

static void by_mmap(void)
{
	must(mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE, open_store(), 0) != MAP_FAILED);
}

static void by_a_mapping_that_grows(void)
{
	char *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open_store(), 4096);

	must(at != MAP_FAILED);
	at = mremap(at, 4096, 2 * 4096, MREMAP_MAYMOVE);
	must(at != MAP_FAILED);
	must(mremap(at, 2 * 4096, 4096, 0) != MAP_FAILED);
}

static void submit(struct iocb *calls[], long count, long wanted)
{
	struct io_event done[4];
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, count, &context) < 0)
		_exit(ACCESS_PATH_REFUSED);
	must(syscall(SYS_io_submit, context, count, calls) == count);
	must(syscall(SYS_io_getevents, context, count, count, done, NULL) == count);
	for (long i = 0; i < count; i++)
		wanted -= done[i].res;
	must(wanted == 0);
}

static void by_io_submit(void)
{
	int fd = open_store();
	struct iocb part = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd,
			    .aio_buf = (uintptr_t)buffer, .aio_nbytes = 300, .aio_offset = 7};
	struct iocb to_the_end = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd,
				  .aio_buf = (uintptr_t)buffer, .aio_nbytes = 4096,
				  .aio_offset = BYTES - 500};
	struct iocb segments = {.aio_lio_opcode = IOCB_CMD_PREADV, .aio_fildes = fd,
				.aio_buf = (uintptr_t)two, .aio_nbytes = 2};

	submit((struct iocb *[]){&part, &to_the_end, &segments}, 3, 300 + 500 + 1000);
}

static char aligned[4 * 4096] __attribute__((aligned(4096)));

static int open_directly(void)
{
	int fd = open(file, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		_exit(ACCESS_PATH_REFUSED);
	return fd;
}

static void by_direct_read(void)
{
	int fd = open_directly();

	must(read(fd, aligned, 4096) == 4096);
	must(read(fd, aligned, sizeof(aligned)) == BYTES - 4096);
}

static void by_a_duplicate(void)
{
	int fd = fcntl(dup(open_store()), F_DUPFD, 100);

	must(fd >= 100 && read(fd, buffer, 500) == 500);
}

static void by_a_grandchild(void)
{
	int fd = open_store(), status;
	pid_t child = fork();

	if (child == 0)
		_exit(read(fd, buffer, 700) != 700);
	must(waitpid(child, &status, 0) == child && status == 0);
}

static void by_32_bit_calls(void)
{
	char *low = child_low_page();

	must(child_call_32_bit(3, open_store(), (long)low, 800) == 800);
}

/* lseek has the number of readv there. */
static void by_a_32_bit_call_that_reads_nothing(void)
{
	must(child_call_32_bit(19, open_store(), 700, SEEK_SET) == 700);
}

static const struct {
	const char *name;
	void (*take)(void);
	uint64_t bytes;
} access_paths[] = {
	{"read", by_read, BYTES},
	{"pread", by_pread, 1234},
	{"readv", by_readv, 1000},
	{"preadv", by_preadv, 1000},
	{"preadv2", by_preadv2, 1000},
	{"sendfile", by_sendfile, 3000},
	{"splice", by_splice, 3000},
	{"copy_file_range", by_copy_file_range, 2000},
	{"mmap", by_mmap, BYTES}, /* more than the file has is not there to be read */
	{"a mapping that grows", by_a_mapping_that_grows, BYTES - 4096},
	{"io_submit", by_io_submit, 1800},
	{"O_DIRECT", by_direct_read, BYTES},
	{"a duplicate", by_a_duplicate, 500},
	{"a grandchild", by_a_grandchild, 700},
	{"32-bit calls", by_32_bit_calls, 800},
	{"a 32-bit call that reads nothing", by_a_32_bit_call_that_reads_nothing, 0},
};

static void bytes_are_exact_on_every_access_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(access_paths) / sizeof(*access_paths); i++) {
		struct sum sum;

		(void)sum_of(file);
		if (!child_takes(access_paths[i].take, access_paths[i].name))
			continue;
		sum = sum_of(file);
		if (sum.bytes != access_paths[i].bytes || sum.opens != 1)
			fail_msg("%s: %llu opens, %llu bytes instead of %llu", access_paths[i].name,
				 (unsigned long long)sum.opens, (unsigned long long)sum.bytes,
				 (unsigned long long)access_paths[i].bytes);
	}
}

static void submit_directly(void)
{
	struct iocb call = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = open_directly(),
			    .aio_buf = (uintptr_t)aligned, .aio_nbytes = sizeof(aligned)};

	submit((struct iocb *[]){&call}, 1, BYTES);
}

/* By function it ends in whatever task runs then. */
static void what_nobody_waits_for_is_counted_or_flagged(void **state)
{
	uint64_t before;
	struct sum sum;

	(void)state;
	(void)sum_of(file);
	before = wire_lost(sensors, "reads_unseen");
	if (!child_takes(submit_directly, "O_DIRECT by io_submit"))
		skip();
	sum = sum_of(file);
	if (sum.bytes != BYTES)
		assert_int_equal(wire_lost(sensors, "reads_unseen"), before + 1);
}

static void read_inside(void)
{
	int fd = open(inside, O_RDONLY);

	must(read(fd, buffer, sizeof(buffer)) == BYTES);
}

static void a_folder_of_stores_counts_what_lies_below(void **state)
{
	struct sum sum = after(read_inside, folder);

	(void)state;
	assert_int_equal(sum.opens, 1);
	assert_int_equal(sum.bytes, BYTES);
	assert_int_equal(sum.events, 1);
}

static void read_other(void)
{
	int fd = open(other, O_RDONLY);

	must(read(fd, buffer, sizeof(buffer)) == BYTES);
}

static void what_lies_beside_a_store_is_none(void **state)
{
	struct sum sum;

	(void)state;
	(void)sum_of(folder);
	assert_true(child_takes(read_other, other));
	sum = sum_of(file);
	assert_int_equal(sum.opens + sum.bytes + sum.events + sum.read_events, 0);
}

static int inherited = -1;

static void read_inherited(void)
{
	must(read(inherited, buffer, 10) == 10);
	must(read(inherited, buffer, 10) == 10);
}

static void who_reads_what_another_opened_is_told_once(void **state)
{
	struct sum sum;

	(void)state;
	inherited = open(file, O_RDONLY | O_CLOEXEC); /* by us, whom the sensor does not count */
	assert_true(inherited >= 0);
	sum = after(read_inherited, file);
	assert_int_equal(sum.bytes, 20);
	assert_int_equal(sum.opens, 0);
	assert_int_equal(sum.events, 0);
	assert_int_equal(sum.read_events, 1);
	close(inherited);
}

static void replace(void)
{
	char fresh[128];

	snprintf(fresh, sizeof(fresh), "%s.new", file);
	make_file(fresh, BYTES);
	assert_int_equal(rename(fresh, file), 0);
}

/* No refresh in between: what the kernel knows by itself. */
static void a_replaced_store_is_known_at_its_first_open(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct sum sum;

		replace();
		sum = after(by_read, file);
		assert_int_equal(sum.opens, 1);
		assert_int_equal(sum.events, 1);
		assert_int_equal(sum.bytes, BYTES);
	}
}

static void a_store_that_was_gone_is_known_at_its_first_open(void **state)
{
	struct sum sum;

	(void)state;
	assert_int_equal(unlink(file), 0);
	sensors_refresh(sensors);
	make_file(file, BYTES);
	sum = after(by_read, file);
	assert_int_equal(sum.opens, 1);
	assert_int_equal(sum.events, 1);
	assert_int_equal(sum.bytes, BYTES);
}

static void who_has_the_old_file_open_goes_on_reading_the_store(void **state)
{
	struct sum sum;

	(void)state;
	inherited = open(file, O_RDONLY | O_CLOEXEC);
	replace();
	(void)after(by_read, file);
	sensors_refresh(sensors);
	sum = after(read_inherited, file);
	assert_int_equal(sum.bytes, 20);
	close(inherited);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_exact_on_every_access_path),
		cmocka_unit_test(what_nobody_waits_for_is_counted_or_flagged),
		cmocka_unit_test(a_folder_of_stores_counts_what_lies_below),
		cmocka_unit_test(what_lies_beside_a_store_is_none),
		cmocka_unit_test(who_reads_what_another_opened_is_told_once),
		cmocka_unit_test(a_replaced_store_is_known_at_its_first_open),
		cmocka_unit_test(a_store_that_was_gone_is_known_at_its_first_open),
		cmocka_unit_test(who_has_the_old_file_open_goes_on_reading_the_store),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
