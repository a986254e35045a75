/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which TCP ports are looked at: of auth servers, of credential stores, of mail. The programs are
 * given them when they are loaded.
 */
#include "sensor/ports.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "waxseal.skel.h"

/* inet:HOST:PORT; the host does not matter, since both ends of what we see are here. */
static void choose_auth_ports(struct waxseal *skeleton, const struct watch_entries *sockets)
{
	size_t n = 0;

	for (size_t i = 0; i < sockets->count && n < AUTH_PORTS; i++) {
		const char *name = sockets->items[i].name, *port = strrchr(name, ':');

		if (strncmp(name, "inet:", 5) == 0 && port)
			skeleton->rodata->auth_ports[n++] = strtoul(port + 1, NULL, 10);
	}
}

/* A host by name may have any address: then only the port is compared, and who asks. */
static uint64_t address_of_host(const char *host, size_t len)
{
	char text[INET6_ADDRSTRLEN + 2];
	uint32_t word[4];

	snprintf(text, sizeof(text), "%.*s", (int)len, host);
	if (inet_pton(AF_INET, text, word) == 1)
		return word[0];
	text[strcspn(text, "]")] = '\0';
	if (inet_pton(AF_INET6, text + (text[0] == '['), word) != 1)
		return 0;
	if (word[0] == 0 && word[1] == 0 && word[2] == htonl(0xffff))
		return word[3];
	return ((uint64_t)word[0] << 32 | word[1]) ^
	       ((uint64_t)word[2] << 32 | word[3]) * FNV64_PRIME;
}

/* tcp_address() in bpf/lib/tcp.bpf.h; inet:HOST:PORT was checked by the configuration. */
static void choose_store_ports(struct waxseal *skeleton, const struct watch_entries *stores)
{
	size_t n = 0;

	for (uint16_t i = 0; i < stores->count && n < STORE_PORTS; i++) {
		const char *name = stores->items[i].name;
		const char *host = name + 5, *port = strrchr(name, ':');

		if (strncmp(name, "inet:", 5) != 0 || port <= host)
			continue;
		skeleton->rodata->store_ports[n++] = (struct store_port){
			.address = address_of_host(host, (size_t)(port - host)),
			.port = strtoul(port + 1, NULL, 10),
			.store = i,
		};
	}
}

static void choose_mail_ports(struct waxseal *skeleton, const struct watch_entries *ports)
{
	size_t n = 0;

	for (size_t i = 0; i < ports->count && n < MAIL_PORTS; i++) {
		const char *port = strrchr(ports->items[i].name, ':');

		if (port)
			skeleton->rodata->mail_ports[n++] = strtoul(port + 1, NULL, 10);
	}
}

void ports_choose(struct waxseal *skeleton, const struct sensor_settings *settings)
{
	choose_auth_ports(skeleton, &settings->watch->of[WATCH_AUTH_SOCKET]);
	choose_store_ports(skeleton, &settings->watch->of[WATCH_STORE]);
	choose_mail_ports(skeleton, &settings->watch->of[WATCH_MAIL_PORT]);
}
