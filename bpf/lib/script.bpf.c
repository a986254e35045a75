/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which script an interpreter runs: its first argument that is no option. The kernel puts it there
 * when it executes a file that begins with #!. Arguments are what whoever started the process says,
 * so only root's processes are asked.
 *
 * What follows -c is a command and may have a secret in it: of that, and of anything that is no
 * absolute path or has a blank or an equals sign in it, nothing is kept. An argument that does not
 * begin with / is in no map, not even while it is looked at.
 */
#include "lib/script.bpf.h"

#include "lib/program.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct script);
} scripts SEC(".maps");

#define WORDS (SCRIPT_BYTES / 8)
#define EACH_BYTE(byte) (0x0101010101010101ULL * (byte))

union script_words {
	struct script script;
	__u64 word[WORDS];
};

/* The argument that a thread is looking at: too much for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64); /* thread */
	__type(value, union script_words);
} script_arguments SEC(".maps");

static const union script_words no_argument;

static __always_inline bool script_word_has(__u64 word, __u8 byte)
{
	__u64 other = word ^ EACH_BYTE(byte);

	return (other - EACH_BYTE(1)) & ~other & EACH_BYTE(0x80);
}

/* FNV-1a by words; 0 for what may be no path. */
static __always_inline __u64 script_hash(const union script_words *words)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	for (int i = 0; i < WORDS; i++) {
		if (script_word_has(words->word[i], ' ') || script_word_has(words->word[i], '='))
			return 0;
		hash = (hash ^ words->word[i]) * 0x100000001b3ULL;
		hash ^= hash >> 32;
	}
	return hash | 1;
}

/* The highest bit of each byte that is zero; of those above the first one it may be wrong. */
static __always_inline __u64 script_word_ends(__u64 word)
{
	return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* 1 in the first byte that is zero; ends: of script_word_ends(), not 0. */
static __always_inline __u64 script_first_end(__u64 ends)
{
	return (ends & -ends) >> 7;
}

/*
 * The length of the argument at address, with the NUL; 0 when it is longer than SCRIPT_BYTES or not in
 * memory. By words: behind the last string of a process lie eight bytes more (create_elf_tables()
 * begins below them).
 */
static __always_inline __u64 script_argument_bytes(__u64 address)
{
	for (int i = 0; i < WORDS; i++) {
		__u64 word = 0, ends;

		if (bpf_probe_read_user(&word, sizeof(word), (void *)(address + 8 * i)))
			return 0;
		ends = script_word_ends(word);
		if (ends)
			return 8 * i +
			       ((script_first_end(ends) * 0x0001020304050607ULL) >> 56) + 1;
	}
	return 0;
}

/* The path at address into words, which are zero; false when there is none. */
static __always_inline bool script_read_path(union script_words *words, __u64 address)
{
	for (int i = 0; i < WORDS; i++) {
		__u64 word = 0, ends;

		if (bpf_probe_read_user(&word, sizeof(word), (void *)(address + 8 * i)))
			return false;
		if (i == 0 && (word & 0xff) != '/')
			return false;
		ends = script_word_ends(word);
		words->word[i] = ends ? word & (script_first_end(ends) - 1) : word;
		if (ends)
			return true;
	}
	return false;
}

/* The same number, of which the verifier knows nothing: it would follow each one to the end. */
static __always_inline void script_blur(__u64 *number)
{
	bpf_probe_read_kernel(number, sizeof(*number), number);
}

static __always_inline char script_byte(__u64 address)
{
	char byte = 0;

	(void)bpf_probe_read_user(&byte, sizeof(byte), (void *)address);
	return byte;
}

static __always_inline __u64 script_keep(union script_words *words, __u64 address)
{
	__u64 hash = script_read_path(words, address) ? script_hash(words) : 0;

	if (hash && !bpf_map_lookup_elem(&scripts, &hash) &&
	    bpf_map_update_elem(&scripts, &hash, &words->script, BPF_ANY))
		count_loss(LOST_PROGRAMS_FULL, 1);
	return hash;
}

static __noinline __u64 script_find(union script_words *words)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address = BPF_CORE_READ(task, mm, arg_start), end = BPF_CORE_READ(task, mm, arg_end);

	if (!words)
		return 0;
	for (int i = 0; i < SCRIPT_ARGUMENTS && address < end; i++) {
		__u64 bytes;

		if (i > 0 && script_byte(address) != '-')
			return script_keep(words, address);
		bytes = script_argument_bytes(address);
		script_blur(&bytes);
		if (bytes <= 1)
			return 0;
		address += bytes;
		script_blur(&address);
		/* -c, -lc: what follows is a command */
		if (i > 0 && script_byte(address - 2) == 'c')
			return 0;
	}
	return 0;
}

__hidden __u64 script_of_current(const struct file_identity *program)
{
	__u64 thread = bpf_get_current_pid_tgid(), hash;

	if (!bpf_map_lookup_elem(&interpreters, program))
		return 0;
	if (bpf_map_update_elem(&script_arguments, &thread, &no_argument, BPF_ANY)) {
		count_loss(LOST_PROGRAMS_FULL, 1);
		return 0;
	}
	hash = script_find(bpf_map_lookup_elem(&script_arguments, &thread));
	bpf_map_delete_elem(&script_arguments, &thread);
	return hash;
}
