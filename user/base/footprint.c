/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start parses configurations, fits programs to the kernel and lays out the ledger; an idle tick
 * needs little of that. Pages of code and constants, the BPF object among them, are read-only copies of
 * files, so they can be let go at any moment: what is needed comes back from the page cache by itself.
 */
#include "base/footprint.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int footprint_drop_copies(struct dl_phdr_info *object, size_t size, void *context)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)context;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + segment->p_vaddr;
		uintptr_t end = start + segment->p_memsz;

		/* Writable segments hold relocations and variables: never those. */
		if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
			continue;
		start &= ~(page - 1);
		end = (end + page - 1) & ~(page - 1);
		(void)madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void footprint_shrink(void)
{
	malloc_trim(0);
	dl_iterate_phdr(footprint_drop_copies, NULL);
}
