/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interfaces are there, and what runs over what? As rtnetlink told it, or a file that says
 * so: of one that stacks interfaces in a circle, no place in the circle is believed.
 */
#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/host_parts.h"

#define LINK "ip -d link show "

/* A word of the shell: as it is where nothing in it means anything, else in single quotes. */
static const char *quote(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-@+:";
	char *word, *end;

	if (*name && *name != '-' && strspn(name, plain) == strlen(name))
		return memory_copy_text(name);
	end = word = memory_alloc(1, 4 * strlen(name) + 3);
	*end++ = '\'';
	for (; *name; name++) {
		if (*name == '\'')
			end = stpcpy(end, "'\\'");
		*end++ = *name;
	}
	*end = '\'';
	return word;
}

/* Whether one of the words of `text`, separated by commas, is `flag`. */
static bool has_flag(const char *text, const char *flag)
{
	size_t length = strlen(flag);

	while (text && *text) {
		size_t word = strcspn(text, ",");

		if (word == length && strncasecmp(text, flag, length) == 0)
			return true;
		text += word + (text[word] == ',');
	}
	return false;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* A number of 32 bits, or 0. */
static uint32_t link_number(
	const struct host *host, const struct host_interface *interface, const char *what)
{
	uint64_t number;

	if (host_number(host, &number, LINK "%s %s", interface->name, what) && number <= UINT32_MAX)
		return (uint32_t)number;
	return 0;
}

static void read_link(const struct host *host, struct host_interface *interface)
{
	const char *name = interface->name, *flags = host_text(host, LINK "%s flags", name);
	const struct snapshot_value *mtu = host_value(host, HOST_SYSFS "%s/mtu", name);
	uint64_t number;

	interface->kind = text_or_empty(host_text(host, LINK "%s kind", name));
	interface->driver = text_or_empty(host_text(host, "ethtool -i %s driver", name));
	interface->loopback = has_flag(flags, "LOOPBACK");
	interface->up = has_flag(flags, "UP");
	interface->carrier = has_flag(flags, "LOWER_UP");
	interface->promiscuous = has_flag(flags, "PROMISC");
	interface->elsewhere = mtu && mtu->state == VALUE_HIDDEN;
	interface->physical = !*interface->kind && !interface->loopback &&
			      host_text(host, HOST_SYSFS "%s/device", name);
	interface->mtu = link_number(host, interface, "mtu");
	interface->transmit_queues = link_number(host, interface, "numtxqueues");
	interface->receive_queues = link_number(host, interface, "numrxqueues");
	interface->speed_mbps = -1;
	if ((host_number(host, &number, "ethtool %s speed", name) ||
		    host_number(host, &number, HOST_SYSFS "%s/speed", name)) &&
		number < INT32_MAX)
		interface->speed_mbps = (int32_t)number;
}

static int index_of(const struct host *host, uint32_t ifindex)
{
	const struct host_interface *found = ifindex ? host_interface_at(host, ifindex) : NULL;

	return found ? (int)(found - host->interfaces) : -1;
}

static void read_place(const struct host *host, struct host_interface *interface)
{
	interface->link_elsewhere = host_text(host, LINK "%s link-netnsid", interface->name);
	interface->link = interface->master = -1;
	if (!interface->link_elsewhere)
		interface->link = index_of(host, link_number(host, interface, "link"));
	interface->master = index_of(host, link_number(host, interface, "master"));
	interface->peer_mtu = link_number(host, interface, "peer mtu");
	if (!interface->peer_mtu && interface->link >= 0 && host_is_pair(interface))
		interface->peer_mtu = host->interfaces[interface->link].mtu;
}

/* Settles those of which all that they run over and all their members are; returns how many. */
static size_t settle(const struct host *host, bool *settled, unsigned *members)
{
	size_t count = 0;

	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *interface = &host->interfaces[i];
		const struct host_interface *lower = host_lower(host, interface);

		if (settled[i] || members[i] || (lower && !settled[lower - host->interfaces]))
			continue;
		settled[i] = true;
		count++;
		if (interface->master >= 0)
			members[interface->master]--;
	}
	return count;
}

/*
 * From the lowest up, a step for each level of the stack.  What remains stands in a circle, or on
 * one, which the kernel has not: it gets no place at all, so nobody who follows the stack runs on.
 */
static void break_circles(struct host *host)
{
	bool *settled = memory_alloc(host->interface_count, sizeof(*settled));
	unsigned *members = memory_alloc(host->interface_count, sizeof(*members));

	for (size_t i = 0; i < host->interface_count; i++) {
		if (host->interfaces[i].master >= 0)
			members[host->interfaces[i].master]++;
	}
	while (settle(host, settled, members) > 0)
		;
	for (size_t i = 0; i < host->interface_count; i++) {
		if (!settled[i])
			host->interfaces[i].link = host->interfaces[i].master = -1;
	}
	free(settled);
	free(members);
}

static int compare_interfaces(const void *left, const void *right)
{
	const struct host_interface *a = left, *b = right;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int compare_names(const void *left, const void *right, void *context)
{
	const size_t *a = left, *b = right;
	const struct host_interface *interfaces = context;

	return strcmp(interfaces[*a].name, interfaces[*b].name);
}

static void sort(struct host *host)
{
	size_t count = host->interface_count;

	host->by_name = memory_alloc(count, sizeof(*host->by_name));
	for (size_t i = 0; i < count; i++)
		host->by_name[i] = i;
	if (count < 2)
		return;
	qsort(host->interfaces, count, sizeof(*host->interfaces), compare_interfaces);
	qsort_r(host->by_name, count, sizeof(*host->by_name), compare_names, host->interfaces);
}

/*
 * Whether the kernel lets an interface have this name, see dev_valid_name() in net/core/dev.c: what
 * stands in paths of commands must not lead elsewhere.
 */
static bool is_name(const char *name)
{
	if (strlen(name) >= IF_NAMESIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	return true;
}

/* An interface is whatever has "ip -d link show NAME ifindex" and a name that can be one. */
static void list_interfaces(struct host *host)
{
	struct snapshot_walk walk;

	snapshot_walk(&walk, host->snapshot, " ifindex", LINK);
	while (host->interface_count < HOST_MAX_INTERFACES && snapshot_next(&walk)) {
		struct host_interface *interface;
		uint64_t ifindex;

		if (!is_name(walk.between) || !host_read_number(walk.value, &ifindex) ||
			ifindex == 0 || ifindex > INT32_MAX)
			continue;
		host->interfaces = memory_append(
			host->interfaces, &host->interface_count, sizeof(*host->interfaces));
		interface = &host->interfaces[host->interface_count - 1];
		interface->ifindex = (uint32_t)ifindex;
		interface->name = memory_copy_text(walk.between);
		interface->word = quote(interface->name);
	}
}

void host_read_interfaces(struct host *host)
{
	list_interfaces(host);
	sort(host);
	for (size_t i = 0; i < host->interface_count; i++)
		read_link(host, &host->interfaces[i]);
	for (size_t i = 0; i < host->interface_count; i++)
		read_place(host, &host->interfaces[i]);
	break_circles(host);
}
