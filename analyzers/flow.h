/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_FLOW_H
#define PKTLINT_ANALYZERS_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/conversation.h"
#include "analyzers/tcp_state.h"
#include "capture/packet.h"

/* What makes two packets belong together; the end with the lower address and port comes first. */
struct flow_key {
	uint8_t address[2][16]; /* IPv4 in the first 4 bytes, rest 0 */
	uint16_t port[2];       /* ICMP: type and code, or an echo's identifier in both */
	uint16_t vlan_id;
	uint8_t protocol, ip_version;
	uint32_t vni;
	uint32_t outer_pair;
} __attribute__((aligned(8)));

/*
 * One conversation: key, bookkeeping and the small state that a clean flow needs.  What only
 * trouble needs is allocated when trouble starts.
 */
struct flow {
	struct flow_key key;
	int64_t last_ns;
	uint32_t number; /* in order of first packet, from 0 */
	uint32_t epoch;  /* of the table when it was last used; internal */
	/* So far what every look-up needs: one cache line. */
	int64_t first_ns;
	uint8_t opener;                  /* end of the key that sent the first packet seen */
	uint8_t icmp_type, icmp_code;    /* of the first packet, if it is ICMP */
	uint8_t tcp_notes;               /* TCP_NOTE_ bits */
	struct offload_stride stride[2]; /* of TCP, by side */
	union {
		struct tcp_flow tcp; /* if key.protocol is TCP */
		struct {
			struct conversation conversation[2]; /* by side, of the sender */
		} sequence;                                  /* of all others */
	};
};

_Static_assert(sizeof(struct flow) % 64 == 0, "a record shares no cache line with another");

/* All flows, bounded; the one unused for longest (to within 1,024 packets) makes room. */
struct flow_table;

/* Called with a flow that is about to be forgotten. */
typedef void flow_end_function(void *context, struct flow *flow);

/*
 * Returns an empty table for at most `max_flows` flows (2,048 if less); `end` is called on
 * eviction.
 */
struct flow_table *flow_table_new(uint32_t max_flows, flow_end_function *end, void *context);
void flow_table_free(struct flow_table *table);

/*
 * Finds the flows of `count` packets, BATCH_PACKETS at most, making new ones: fills hash, flow and
 * side of each (flow NULL where the packet belongs to none).  A flow pointer stays valid until
 * flow_table_free(), but an evicted flow's memory is used again: therefore eviction never takes a
 * flow of this batch.
 */
void flow_table_lookup(struct flow_table *table, struct packet *packets, int count);

/*
 * Finds the flow of the packet that an ICMP error returns, without making one; `vlan_id` is that of
 * the error.  Returns NULL if there is none; `*side` tells who sent the returned packet.
 */
struct flow *flow_table_find_quoted(struct flow_table *table, const struct packet_quote *quote,
	uint16_t vlan_id, uint8_t *side);

/* Calls `visit` for every flow, in order of number. */
void flow_table_visit(struct flow_table *table, flow_end_function *visit, void *context);

/* Counters: flows ever seen, and of these evicted. */
uint64_t flow_table_seen(const struct flow_table *table);
uint64_t flow_table_evicted(const struct flow_table *table);

/* "10.0.0.1:443" or "[2001:db8::1]:443" of end `end` of the key; no port where there is none. */
const char *flow_endpoint(const struct flow_key *key, unsigned end, char *text, size_t size);

#endif
