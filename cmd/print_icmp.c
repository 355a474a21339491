/* SPDX-License-Identifier: BSD-2-Clause */
/* What is an ICMP message called? IANA's registries of ICMP and ICMPv6 types and codes. */
#include <stddef.h>

#include "cmd/print.h"

#define ANY 256 /* whatever code */

struct message {
	uint8_t version, type;
	uint16_t code;
	const char *name;
};

static const struct message messages[] = {
	{ 4, 0, ANY, "echo reply" },
	{ 4, 3, 0, "network unreachable" },
	{ 4, 3, 1, "host unreachable" },
	{ 4, 3, 2, "protocol unreachable" },
	{ 4, 3, 3, "port unreachable" },
	{ 4, 3, 4, "fragmentation needed" },
	{ 4, 3, 5, "source route failed" },
	{ 4, 3, 6, "network unknown" },
	{ 4, 3, 7, "host unknown" },
	{ 4, 3, 9, "network prohibited" },
	{ 4, 3, 10, "host prohibited" },
	{ 4, 3, 11, "network unreachable for type of service" },
	{ 4, 3, 12, "host unreachable for type of service" },
	{ 4, 3, 13, "administratively prohibited" },
	{ 4, 3, ANY, "unreachable" },
	{ 4, 4, ANY, "source quench" },
	{ 4, 5, ANY, "redirect" },
	{ 4, 8, ANY, "echo request" },
	{ 4, 9, ANY, "router advertisement" },
	{ 4, 10, ANY, "router solicitation" },
	{ 4, 11, 0, "time to live exceeded" },
	{ 4, 11, 1, "reassembly time exceeded" },
	{ 4, 11, ANY, "time exceeded" },
	{ 4, 12, ANY, "parameter problem" },
	{ 4, 13, ANY, "timestamp request" },
	{ 4, 14, ANY, "timestamp reply" },
	{ 4, 17, ANY, "address mask request" },
	{ 4, 18, ANY, "address mask reply" },
	{ 4, 42, ANY, "extended echo request" },
	{ 4, 43, ANY, "extended echo reply" },
	{ 6, 1, 0, "no route to destination" },
	{ 6, 1, 1, "administratively prohibited" },
	{ 6, 1, 2, "beyond scope of source address" },
	{ 6, 1, 3, "address unreachable" },
	{ 6, 1, 4, "port unreachable" },
	{ 6, 1, 5, "source address failed policy" },
	{ 6, 1, 6, "route rejected" },
	{ 6, 1, ANY, "unreachable" },
	{ 6, 2, ANY, "packet too big" },
	{ 6, 3, 0, "hop limit exceeded" },
	{ 6, 3, 1, "reassembly time exceeded" },
	{ 6, 3, ANY, "time exceeded" },
	{ 6, 4, ANY, "parameter problem" },
	{ 6, 128, ANY, "echo request" },
	{ 6, 129, ANY, "echo reply" },
	{ 6, 130, ANY, "multicast listener query" },
	{ 6, 131, ANY, "multicast listener report" },
	{ 6, 132, ANY, "multicast listener done" },
	{ 6, 133, ANY, "router solicitation" },
	{ 6, 134, ANY, "router advertisement" },
	{ 6, 135, ANY, "neighbour solicitation" },
	{ 6, 136, ANY, "neighbour advertisement" },
	{ 6, 137, ANY, "redirect" },
	{ 6, 143, ANY, "multicast listener report v2" },
	{ 6, 160, ANY, "extended echo request" },
	{ 6, 161, ANY, "extended echo reply" },
};

const char *print_icmp_name(int ip_version, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct message *m = &messages[i];

		if (m->version == ip_version && m->type == type &&
			(m->code == ANY || m->code == code))
			return m->name;
	}
	return NULL;
}
