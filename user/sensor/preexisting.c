/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two walks: through the processes, for whose mailbox each has open and which sockets it holds,
 * and, once for each network name space, through its TCP connections.
 */
#include "sensor/preexisting.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "sensor/masters.h"
#include "sensor/names.h"
#include "sensor/watch_object.h"

#define LINE_BYTES 4352
#define SOCKETS_CAP 65536
#define PROCESS_SOCKETS 32

struct preexisting {
	uint32_t pid;
	ino_t network; /* name space */
	struct session session;
};

struct search {
	const struct kernel_maps *maps;
	const struct watch *watch;
	struct preexisting *items;
	size_t count;
	struct table *sockets; /* inode number -> item, plus one */
};

/* ---- Processes ---- */

/* Whom a Courier process serves stood in its environment when it was executed: not looked at here. Cyrus'
 * write it again with their next command, and only the first such line makes theirs a session of Cyrus. */
static bool is_followed(const struct object *object)
{
	return object->role == WATCH_SESSION_PROGRAM &&
	       object->protocol == SESSION_PROTOCOL_ANVIL;
}

static const struct object *preexisting_program(const struct watch *watch, uint32_t pid)
{
	struct stat executable;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	if (stat(path, &executable) < 0)
		return NULL;
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *object = &watch->objects[i];

		if (is_followed(object) && object->identity.inode_number &&
		    object->device == executable.st_dev && object->inode == executable.st_ino)
			return object;
	}
	return NULL;
}

/* The name at a depth of a path, "" when it is not so deep, or longer than the programs look at. */
static void preexisting_name_at(const char *path, unsigned int depth,
				char ret_name[COMPONENT_BYTES])
{
	int length;

	ret_name[0] = '\0';
	while (*path == '/')
		path++;
	for (; depth > 0 && *path; depth--) {
		path += strcspn(path, "/");
		path += strspn(path, "/");
	}
	length = (int)strcspn(path, "/");
	if (depth == 0 && length < COMPONENT_BYTES)
		snprintf(ret_name, COMPONENT_BYTES, "%.*s", length, path);
}

static bool preexisting_account(const struct watch *watch, const char *path,
				char ret_account[ACCOUNT_BYTES])
{
	for (size_t i = 0; i < watch->n_objects; i++) {
		const struct object *root = &watch->objects[i];
		size_t length = root->role == WATCH_MAIL_ROOT ? strlen(root->path) : 0;
		char domain[COMPONENT_BYTES] = "", name[COMPONENT_BYTES];

		if (!length || root->root.name == MAIL_ROOT_NO_NAME ||
		    strncmp(path, root->path, length) != 0 || path[length] != '/')
			continue;
		preexisting_name_at(path + length, root->root.name, name);
		if (root->root.domain != MAIL_ROOT_NO_NAME)
			preexisting_name_at(path + length, root->root.domain, domain);
		if (!name[0])
			continue;
		mail_root_account(domain, name, ret_account, ACCOUNT_BYTES);
		return true;
	}
	return false;
}

/* Whose mailbox it has open; nobody's when it is several people's. */
static bool preexisting_find_account(struct search *search, uint32_t pid,
				     char ret_account[ACCOUNT_BYTES])
{
	char folder[64], link[LINE_BYTES], account[ACCOUNT_BYTES];
	uint64_t sockets[PROCESS_SOCKETS];
	size_t n_sockets = 0, item = search->count + 1;
	bool is_one = true;
	struct dirent *entry;
	DIR *descriptors;

	ret_account[0] = '\0';
	snprintf(folder, sizeof(folder), "/proc/%u/fd", pid);
	descriptors = opendir(folder);
	while (descriptors && (entry = readdir(descriptors))) {
		ssize_t length =
			readlinkat(dirfd(descriptors), entry->d_name, link, sizeof(link) - 1);

		link[length > 0 ? length : 0] = '\0';
		if (n_sockets < PROCESS_SOCKETS)
			n_sockets += sscanf(link, "socket:[%lu]", &sockets[n_sockets]) == 1;
		if (!preexisting_account(search->watch, link, account))
			continue;
		is_one &= !ret_account[0] || strcmp(ret_account, account) == 0;
		memcpy(ret_account, account, ACCOUNT_BYTES);
	}
	if (descriptors)
		closedir(descriptors);
	if (!is_one || !ret_account[0])
		return false;
	while (n_sockets > 0)
		*(size_t *)table_touch(search->sockets, &sockets[--n_sockets], NULL) = item;
	return true;
}

/* What follows the prefix on the first line that has it; "" when none has. */
static void preexisting_read_line(uint32_t pid, const char *file, const char *prefix,
				  char ret_rest[LINE_BYTES])
{
	size_t length = strlen(prefix);
	char path[64], line[LINE_BYTES];
	FILE *lines;

	ret_rest[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%u/%s", pid, file);
	lines = fopen(path, "re");
	while (lines && !ret_rest[0] && fgets(line, sizeof(line), lines))
		if (strncmp(line, prefix, length) == 0)
			snprintf(ret_rest, LINE_BYTES, "%.*s", (int)strcspn(line + length, "\n"),
				 line + length);
	if (lines)
		fclose(lines);
}

static struct actor preexisting_actor(uint32_t pid, const struct object *program)
{
	struct actor actor = {.program = program->identity, .login_uid = UINT32_MAX};
	char rest[LINE_BYTES], directory[LINE_BYTES + 32];
	struct stat group = {};

	preexisting_read_line(pid, "status", "Uid:\t", rest);
	actor.uid = (uint32_t)strtoul(rest, NULL, 10);
	preexisting_read_line(pid, "loginuid", "", rest);
	if (rest[0])
		actor.login_uid = (uint32_t)strtoul(rest, NULL, 10);
	preexisting_read_line(pid, "cgroup", "0::", rest);
	snprintf(directory, sizeof(directory), "/sys/fs/cgroup%s", rest);
	/* a control group's number is that of its directory */
	if (rest[0] && stat(directory, &group) == 0)
		actor.cgroup = group.st_ino;
	return actor;
}

static ino_t preexisting_network(uint32_t pid)
{
	struct stat space = {};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	(void)stat(path, &space);
	return space.st_ino;
}

static void preexisting_look_at_process(struct search *search, uint32_t pid)
{
	const struct object *program = preexisting_program(search->watch, pid);
	struct preexisting *item;
	const char *name;

	if (!program || !masters_started(search->maps, pid))
		return;
	search->items = xreallocarray(search->items, search->count + 1, sizeof(*search->items));
	item = &search->items[search->count];
	*item = (struct preexisting){.pid = pid, .network = preexisting_network(pid)};
	if (!preexisting_find_account(search, pid, item->session.key.who.account))
		return;
	name = strrchr(program->path, '/');
	item->session.protocol = program->protocol;
	item->session.bound = 1;
	item->session.connected_boot_ns = kernel_boot_ns();
	item->session.key.kind = READ_KIND_SESSION;
	item->session.key.actor = preexisting_actor(pid, program);
	snprintf(item->session.key.who.service, SERVICE_BYTES, "%s",
		 name ? name + 1 : program->path);
	search->count++;
}

static int preexisting_look_at_processes(struct search *search)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	if (!processes)
		return -errno;
	while ((entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			preexisting_look_at_process(search,
						    (uint32_t)strtoul(entry->d_name, NULL, 10));
	closedir(processes);
	return 0;
}

/* ---- Connections ---- */

/* The kernel prints the words of an address as they lie in memory. */
static void preexisting_read_address(const char *hex, char ret_text[SOURCE_BYTES])
{
	uint32_t words[4] = {};

	if (strlen(hex) == 8) {
		words[2] = htonl(0xffff);
		words[3] = (uint32_t)strtoul(hex, NULL, 16);
	} else if (sscanf(hex, "%8x%8x%8x%8x", &words[0], &words[1], &words[2], &words[3]) != 4) {
		return;
	}
	names_address(words, ret_text);
}

static void preexisting_look_at_connections(struct search *search, uint32_t pid, const char *file)
{
	char path[64], line[512], remote[40];
	uint64_t inode;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, file);
	lines = fopen(path, "re");
	while (lines && fgets(line, sizeof(line), lines)) {
		const size_t *item;

		if (sscanf(line, "%*s %*s %39[0-9A-F]:%*x %*x %*s %*s %*s %*u %*d %lu", remote,
			   &inode) != 2)
			continue;
		item = table_find(search->sockets, &inode);
		if (item && *item <= search->count)
			preexisting_read_address(remote,
						 search->items[*item - 1].session.key.who.source);
	}
	if (lines)
		fclose(lines);
}

static bool preexisting_is_looked_at(const struct search *search, size_t item)
{
	for (size_t i = 0; i < item; i++)
		if (search->items[i].network == search->items[item].network)
			return true;
	return false;
}

static int preexisting_publish(const struct search *search, const struct kernel_maps *maps,
			       uint64_t *ret_left_out)
{
	int adopted = 0;

	for (size_t i = 0; i < search->count; i++) {
		/* one that has said it meanwhile knows better */
		int r = bpf_map_update_elem(maps->sessions, &search->items[i].pid,
					    &search->items[i].session, BPF_NOEXIST);

		adopted += r == 0;
		*ret_left_out += r < 0 && r != -EEXIST;
	}
	return adopted;
}

static void preexisting_add_programs(const struct watch *watch, struct programs *programs)
{
	for (size_t i = 0; i < watch->n_objects; i++)
		if (is_followed(&watch->objects[i]))
			programs_add(programs, &watch->objects[i].identity, watch->objects[i].path);
}

int preexisting_adopt(const struct kernel_maps *maps, const struct watch *watch,
		      struct programs *programs, uint64_t *ret_left_out)
{
	struct search search = {.maps = maps, .watch = watch};
	int r;

	search.sockets = table_new(sizeof(uint64_t), sizeof(size_t), SOCKETS_CAP, NULL, NULL);
	preexisting_add_programs(watch, programs);
	r = preexisting_look_at_processes(&search);
	for (size_t i = 0; i < search.count; i++) {
		if (preexisting_is_looked_at(&search, i))
			continue;
		preexisting_look_at_connections(&search, search.items[i].pid, "tcp");
		preexisting_look_at_connections(&search, search.items[i].pid, "tcp6");
	}
	*ret_left_out = 0;
	if (r == 0)
		r = preexisting_publish(&search, maps, ret_left_out);
	if (table_evicted(search.sockets))
		log_warning(
			"too many sockets to look at: %llu preexisting sessions have no address",
			(unsigned long long)table_evicted(search.sockets));
	table_free(search.sockets);
	free(search.items);
	return r;
}
