/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access paths by other programs, other calls and other processes' descriptors. */
#ifndef WAX_TESTS_ROADS_STRANGE_H
#define WAX_TESTS_ROADS_STRANGE_H

#include "taken.h"

#include <elf.h>
#include <sys/fanotify.h>
#include <sys/sendfile.h>

/* ---- Programs ---- */

#define READER "/bin/cat"

static void copy_reader(int to)
{
	int from = open(READER, O_RDONLY | O_CLOEXEC);
	struct stat size;

	need(from >= 0 && fstat(from, &size) == 0 &&
		     sendfile(to, from, NULL, size.st_size) == size.st_size && fchmod(to, 0755) == 0,
	     READER);
	close(from);
}

static void run(const char *program, const char *name, const struct target *to)
{
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nothing, STDOUT_FILENO);
	execl(program, name, to->path, NULL);
	need(false, "execl");
}

static void by_renamed_program(const struct target *to)
{
	char program[96];
	int fd;

	snprintf(program, sizeof(program), "%s/imap", top);
	fd = open(program, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	if (fd >= 0) {
		copy_reader(fd);
		close(fd);
	}
	run(program, "dovecot/imap", to);
}

static void by_program_without_a_file(const struct target *to)
{
	char program[32];
	int fd = memfd_create("reader", MFD_CLOEXEC);

	need(fd >= 0, "memfd_create");
	copy_reader(fd);
	snprintf(program, sizeof(program), "/proc/self/fd/%d", fd);
	run(program, "cat", to);
}

static void by_deleted_program(const struct target *to)
{
	char name[96], program[32];
	int fd;

	snprintf(name, sizeof(name), "%s/gone", top);
	fd = open(name, O_CREAT | O_RDWR, 0755);
	need(fd >= 0, name);
	copy_reader(fd);
	close(fd);
	fd = open(name, O_PATH | O_CLOEXEC);
	unlink(name);
	snprintf(program, sizeof(program), "/proc/self/fd/%d", fd);
	run(program, "cat", to);
}

/* A whole 32-bit program: open(path, O_RDONLY), and exit(whether it failed). */
static void write_32_bit_program(int fd, const char *path)
{
	enum { BASE = 0x8048000, CODE = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr), PATH = CODE + 64 };
	static const unsigned char code[] = {
		0xb8, 5, 0, 0, 0,			      /* mov $5, %eax */
		0xbb, PATH & 0xff, 0x80 + (PATH >> 8), 4, 8,  /* mov $path, %ebx */
		0x31, 0xc9, 0x31, 0xd2, 0xcd, 0x80,	      /* no flags, no mode, int $0x80 */
		0xc1, 0xe8, 31, 0x89, 0xc3,		      /* the sign of the result */
		0xb8, 1, 0, 0, 0, 0xcd, 0x80,		      /* exit */
	};
	struct {
		Elf32_Ehdr head;
		Elf32_Phdr part;
		unsigned char code[64];
		char path[256];
	} file = {
		.head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
			 .e_entry = BASE + CODE, .e_phoff = sizeof(Elf32_Ehdr),
			 .e_ehsize = sizeof(Elf32_Ehdr), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1},
		.part = {.p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = sizeof(file),
			 .p_memsz = sizeof(file), .p_flags = PF_R | PF_X, .p_align = 4096},
	};

	memcpy(file.code, code, sizeof(code));
	snprintf(file.path, sizeof(file.path), "%s", path);
	need(write(fd, &file, sizeof(file)) == sizeof(file), "write");
}

/* It needs no libraries, so it runs where there are none. Its access path begins at the tree. */
static void leave_program_in(const struct target *to)
{
	char name[112];
	int fd;

	snprintf(name, sizeof(name), "%s/narrow", to->tree);
	fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	need(fd >= 0, name);
	write_32_bit_program(fd, to->path + strlen(to->tree));
	close(fd);
}

static void by_program_of_a_chroot(const struct target *to)
{
	leave_program_in(to);
	need(chroot(to->tree) == 0 && chdir("/") == 0, "chroot");
	execl("/narrow", "/usr/lib/dovecot/imap", NULL);
	need(false, "execl");
}

static void by_program_of_a_container(const struct target *to)
{
	leave_program_in(to);
	enter_container(to);
	execl("/narrow", "/usr/lib/dovecot/imap", NULL);
	need(false, "execl");
}

static void by_32_bit_program(const struct target *to)
{
	char program[32];
	int fd = memfd_create("narrow", MFD_CLOEXEC);

	need(fd >= 0, "memfd_create");
	write_32_bit_program(fd, to->path);
	snprintf(program, sizeof(program), "/proc/self/fd/%d", fd);
	run(program, "narrow", to);
}

/* ---- Calls ---- */

static void by_32_bit_call(const struct target *to)
{
#if defined(__x86_64__)
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
			 -1, 0);
	long fd;

	need(low != MAP_FAILED, "mmap");
	strcpy(low, to->path);
	asm volatile("int $0x80"
		     : "=a"(fd)
		     : "a"(5L), "b"(low), "c"((long)O_RDONLY), "d"(0L)
		     : "memory", "r8", "r9", "r10", "r11");
	need(fd >= 0, "32-bit open");
#else
	(void)to;
	impossible("another architecture");
#endif
}

struct ring {
	int fd;
	struct io_uring_params made;
	char *queue;
	struct io_uring_sqe *entries;
};

static void ring_open(struct ring *ring)
{
	size_t bytes;

	ring->fd = syscall(SYS_io_uring_setup, 1, &ring->made);
	need(ring->fd >= 0, "io_uring_setup");
	bytes = ring->made.cq_off.cqes + ring->made.cq_entries * sizeof(struct io_uring_cqe);
	ring->queue = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, ring->made.sq_entries * sizeof(struct io_uring_sqe),
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	need(ring->queue != MAP_FAILED && ring->entries != MAP_FAILED, "io_uring mmap");
}

static void by_io_uring(const struct target *to)
{
	struct ring ring = {};
	struct io_uring_cqe *done;

	ring_open(&ring);
	ring.entries[0] = (struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
						.fd = AT_FDCWD,
						.addr = (uintptr_t)to->path,
						.open_flags = O_RDONLY};
	((unsigned int *)(ring.queue + ring.made.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned int *)(ring.queue + ring.made.sq_off.tail), 1, __ATOMIC_RELEASE);
	need(syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1,
	     "io_uring_enter");
	done = (struct io_uring_cqe *)(ring.queue + ring.made.cq_off.cqes);
	need(done->res >= 0, "io_uring openat");
}

/* Whoever listens is handed every file that others open, already open. */
static void by_listening(const struct target *to)
{
	struct fanotify_event_metadata event;
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

	need(fd >= 0 && fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, to->path) == 0, "fanotify");
	if (fork() == 0) {
		(void)open(to->path, O_WRONLY | O_CLOEXEC);
		_exit(0);
	}
	wait(NULL);
	need(read(fd, &event, sizeof(event)) == sizeof(event) && event.fd >= 0, "fanotify read");
}

/* ---- Descriptors of others ---- */

static char one_byte(int fd)
{
	char byte = 0;

	return pread(fd, &byte, 1, 0) == 1 ? byte : 0;
}

static void by_descriptor_from_before(const struct target *to)
{
	need(one_byte(to->early) == 'x', "pread");
}

static int receive_descriptor(int socket)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(socket, &message, 0) == 1)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void send_descriptor(int socket, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS}};
	struct iovec part = {"", 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	need(sendmsg(socket, &message, 0) == 1, "sendmsg");
}

static void by_descriptor_over_a_socket(const struct target *to)
{
	int ends[2];

	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	if (fork() == 0)
		_exit(one_byte(receive_descriptor(ends[1])) != 'x');
	send_descriptor(ends[0], open_it(to->path));
	wait(NULL);
}

static void by_descriptor_of_another(const struct target *to)
{
	int ready[2], fd;
	char number[16] = "";
	pid_t child;

	need(pipe(ready) == 0, "pipe");
	child = fork();
	if (child == 0) {
		snprintf(number, sizeof(number), "%d", open(to->path, O_RDONLY));
		(void)!write(ready[1], number, sizeof(number));
		pause();
	}
	need(read(ready[0], number, sizeof(number)) == sizeof(number), "read");
	fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), atoi(number), 0);
	kill(child, SIGKILL);
	wait(NULL);
	need(fd >= 0 && one_byte(fd) == 'x', "pidfd_getfd");
}

/* Another program finds the file open as its standard input. */
static void by_descriptor_over_exec(const struct target *to)
{
	dup2(open_it(to->path), STDIN_FILENO);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	execl(READER, "cat", NULL);
	need(false, "execl");
}

#endif
