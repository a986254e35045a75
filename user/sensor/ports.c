/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which TCP ports are looked at: of auth servers, of credential stores, of mail. The programs are
 * told when they are loaded.
 */
#include "sensor/ports.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "waxseal.skel.h"

/* inet:HOST:PORT; the host does not matter, since both ends of what we see are here. */
static void choose_ports(struct waxseal *skeleton, const char *const *sockets)
{
	size_t n = 0;

	for (size_t i = 0; sockets && sockets[i] && n < AUTH_PORTS; i++) {
		const char *port = strrchr(sockets[i], ':');

		if (strncmp(sockets[i], "inet:", 5) == 0 && port)
			skeleton->rodata->auth_ports[n++] = strtoul(port + 1, NULL, 10);
	}
}

/* A host by name may have any address: then the port alone tells, and who asks. */
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

/* tcp_address() in bpf/tcp.bpf.h; inet:HOST:PORT was checked by the configuration. */
static void choose_store_ports(struct waxseal *skeleton, const char *const *stores)
{
	size_t n = 0;

	for (uint16_t i = 0; stores && stores[i] && n < STORE_PORTS; i++) {
		const char *host = stores[i] + 5, *port = strrchr(stores[i], ':');

		if (strncmp(stores[i], "inet:", 5) != 0 || port <= host)
			continue;
		skeleton->rodata->store_ports[n++] = (struct store_port){
			.address = address_of_host(host, (size_t)(port - host)),
			.port = strtoul(port + 1, NULL, 10),
			.store = i,
		};
	}
}

static void choose_mail_ports(struct waxseal *skeleton, const char *const *ports)
{
	size_t n = 0;

	for (size_t i = 0; ports && ports[i] && n < MAIL_PORTS; i++) {
		const char *port = strrchr(ports[i], ':');

		if (port)
			skeleton->rodata->mail_ports[n++] = strtoul(port + 1, NULL, 10);
	}
}

void ports_choose(struct waxseal *skeleton, const struct sensor_settings *settings)
{
	choose_ports(skeleton, settings->auth_sockets);
	choose_store_ports(skeleton, settings->stores);
	choose_mail_ports(skeleton, settings->mail_ports);
}
