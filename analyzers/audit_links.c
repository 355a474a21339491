/* SPDX-License-Identifier: BSD-2-Clause */
/* Which interfaces belong together: peers, members of bridges and bonds, what forwards? */
#include "analyzers/audit_links.h"

#include <string.h>

bool link_is(const struct host_interface *interface, const char *kind)
{
	return strcmp(interface->kind, kind) == 0;
}

bool link_judged(const struct audit *audit, const struct host_interface *interface)
{
	for (size_t i = 0; i < audit->interface_count; i++) {
		if (audit->interfaces[i] == interface)
			return true;
	}
	return false;
}

const struct host_interface *link_peer(
	const struct host *host, const struct host_interface *interface)
{
	if (!link_is(interface, "veth") || interface->link < 0)
		return NULL;
	return &host->interfaces[interface->link];
}

const struct host_interface *link_group(
	const struct audit *audit, const struct host_interface *interface, const char *kind)
{
	const struct host_interface *master = host_master(audit->host, interface);

	if (link_is(interface, kind))
		return interface;
	if (!master || !link_is(master, kind) || link_judged(audit, master))
		return NULL;
	for (size_t i = 0; i < audit->interface_count; i++) {
		if (host_master(audit->host, audit->interfaces[i]) == master)
			return audit->interfaces[i] == interface ? master : NULL;
	}
	return NULL;
}

const struct host_interface *link_member(const struct host *host,
	const struct host_interface *master, const struct host_interface *member)
{
	size_t next = member ? (size_t)(member - host->interfaces) + 1 : 0;

	for (; next < host->interface_count; next++) {
		if (host_master(host, &host->interfaces[next]) == master)
			return &host->interfaces[next];
	}
	return NULL;
}

static bool routes(const struct host *host, const char *family, const char *name)
{
	uint64_t number;

	return host_number(host, &number, "/proc/sys/net/%s/conf/%s/forwarding", family, name) &&
	       number != 0;
}

bool link_forwards(const struct host *host, const struct host_interface *interface)
{
	const struct host_interface *master = host_master(host, interface);

	return (master && link_is(master, "bridge")) || routes(host, "ipv4", interface->name) ||
	       routes(host, "ipv6", interface->name);
}
