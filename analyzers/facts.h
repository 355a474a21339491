/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_FACTS_H
#define PKTLINT_ANALYZERS_FACTS_H

#include <stdint.h>

#include "capture/packet.h"

/*
 * What the headers of a packet say that may decide which way it takes, and so whether it comes late
 * or not at all: queue by DSCP or priority, hash by ports, another path for fragments.
 */
#define FACTS(X) \
	X(DSCP, dscp, "DSCP") \
	X(PRIORITY, priority, "VLAN priority") \
	X(FRAGMENT, fragment, "fragment") \
	X(SIZE, size, "size") \
	X(TTL, ttl, "TTL") \
	X(SOURCE_PORT, source_port, "source port") \
	X(DESTINATION_PORT, destination_port, "destination port") \
	X(OUTER_PORT, outer_port, "outer source port") \
	X(VLAN, vlan, "VLAN") \
	X(HASH, hash, "receive hash") \
	X(CPU, cpu, "CPU") \
	X(QUEUE, queue, "queue tag") \
	X(DEVICE, device, "original device") \
	X(INTERFACE, interface, "interface")

enum fact {
#define X(id, name, text) FACT_##id,
	FACTS(X) FACT_COUNT,
#undef X
};

/* The facts of one packet. */
struct facts {
	uint32_t value[FACT_COUNT];
	uint16_t known; /* bits 1 << enum fact of those that the packet has */
};

/* "source_port" as in JSON; "source port" for people. */
const char *fact_name(enum fact fact);
const char *fact_text(enum fact fact);

void facts_read(struct facts *facts, const struct packet *packet);

#endif
