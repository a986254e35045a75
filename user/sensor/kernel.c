/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading maps in batches, iterators to their end, and the clocks. */
#include "sensor/kernel.h"

#include <errno.h>
#include <time.h>

#include "base/mem.h"

/* A bucket must fit into one batch or the call is refused; 16,384 entries in as many buckets make
 * one of 256 impossible in practice, and a refusal is retried with more. */
#define BATCH_ENTRIES 256
#define BATCH_ENTRIES_LIMIT (1 << 20)

struct batch {
	int map;
	size_t key_bytes, value_bytes;
	bool remove;
	unsigned int room;
	char *keys, *values;
};

static void batch_done(struct batch *batch)
{
	free(batch->keys);
	free(batch->values);
}

static void batch_grow(struct batch *batch, unsigned int room)
{
	batch->room = room;
	batch->keys = xreallocarray(batch->keys, room, batch->key_bytes);
	batch->values = xreallocarray(batch->values, room, batch->value_bytes);
}

static int batch_read(struct batch *batch, uint32_t *position, bool is_first, uint32_t *ret_count)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, options);
	void *from = is_first ? NULL : position;
	uint32_t next = 0, count;
	int r;

	do {
		count = batch->room;
		if (batch->remove)
			r = bpf_map_lookup_and_delete_batch(batch->map, from, &next, batch->keys,
							    batch->values, &count, &options);
		else
			r = bpf_map_lookup_batch(batch->map, from, &next, batch->keys,
						 batch->values, &count, &options);
		if (r == -ENOSPC && batch->room < BATCH_ENTRIES_LIMIT)
			batch_grow(batch, batch->room * 4);
		else
			break;
	} while (true);
	*position = next;
	*ret_count = r == 0 || r == -ENOENT ? count : 0;
	return r;
}

long kernel_each_entry(int map, size_t key_bytes, size_t value_bytes, bool remove, kernel_each each,
		       void *context)
{
	_cleanup_(batch_done) struct batch batch = {
		.map = map, .key_bytes = key_bytes, .value_bytes = value_bytes, .remove = remove};
	uint32_t position = 0, count = 0;
	long total = 0;
	int r = 0;

	batch_grow(&batch, BATCH_ENTRIES);
	for (bool is_first = true; r == 0; is_first = false) {
		r = batch_read(&batch, &position, is_first, &count);
		for (uint32_t i = 0; i < count; i++)
			each(context, batch.keys + i * key_bytes, batch.values + i * value_bytes);
		total += count;
	}
	return r == -ENOENT ? total : r; /* -ENOENT: the end was reached */
}

/* An iterator that goes on for longer than this is not ours to believe. */
#define ITERATOR_BYTES_LIMIT (256UL << 20)

static int read_to_end(int fd, void **ret_bytes, size_t *ret_size)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0, room = 0;
	ssize_t n = 1;

	while (n > 0) {
		if (room - size < 8192) {
			room = room ? room * 2 : 16384;
			bytes = xrealloc(bytes, room);
		}
		n = read(fd, bytes + size, room - size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return -errno;
		else
			size += n;
		if (size > ITERATOR_BYTES_LIMIT)
			return -EFBIG;
	}
	*ret_bytes = take_ptr(bytes);
	*ret_size = size;
	return 0;
}

static void link_destroy(struct bpf_link **link)
{
	bpf_link__destroy(*link);
}

int kernel_iterate(struct bpf_program *program, uint32_t pid, void **ret_bytes, size_t *ret_size)
{
	union bpf_iter_link_info info = {.task.pid = pid};
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
			    .link_info_len = sizeof(info));
	_cleanup_(link_destroy) struct bpf_link *link = NULL;
	_cleanup_close_ int fd = -1;

	link = bpf_program__attach_iter(program, pid ? &options : NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return -errno;
	return read_to_end(fd, ret_bytes, ret_size);
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

uint64_t kernel_boot_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int64_t kernel_boot_offset_us(void)
{
	return clock_us(CLOCK_REALTIME) - clock_us(CLOCK_BOOTTIME);
}
