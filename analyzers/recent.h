/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_RECENT_H
#define PKTLINT_ANALYZERS_RECENT_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The segments seen most recently, of all flows together: one ring of fixed size, chained per
 * direction.  It is searched only on an anomaly; an entry that was overwritten is simply not
 * found, and its verdict rests on headers alone.
 */
#define RECENT_SEGMENTS (1u << 17)

/* One data-bearing segment (or SYN, FIN) as it passed. */
struct recent_segment {
	uint64_t offset; /* of its first byte */
	int64_t time_ns;
	uint32_t frame;    /* lower half of its place in the input, see recent_frame() */
	uint32_t previous; /* handle of the direction's segment before it, 0: none */
	uint32_t length;   /* in sequence space */
	uint32_t tsval;
	uint32_t arrival; /* arrival index (RFC 4737) at that time */
	uint16_t ip_id, checksum;
	uint16_t segments; /* wire segments it stands for */
	uint8_t label;     /* enum label as judged at that time, or since */
	uint8_t ttl;
	uint8_t path;  /* digest of MAC addresses and interface */
	uint8_t flags; /* RECENT_ bits */
};

#define RECENT_TIMESTAMP 1u /* tsval is meaningful */
#define RECENT_IP_ID 2u     /* ip_id is meaningful (IPv4) */
#define RECENT_ACK 4u       /* it carried an acknowledgement */
#define RECENT_HIGHEST 8u   /* when it came, nothing above its offset had been seen */

/* The ring; entries are found by their handles only, which count up. */
struct recent {
	struct recent_segment *ring;
	uint32_t next; /* handle of the next entry; never 0 */
};

/* Returns an empty ring, freed with recent_free(); `now`: its memory is taken at once. */
struct recent *recent_new(bool now);
void recent_free(struct recent *recent);

/*
 * Appends a segment to the chain whose newest handle is `*chain`, which becomes the new one's.
 * Returns the entry for the caller to fill all but previous.
 */
static inline struct recent_segment *recent_add(struct recent *recent, uint32_t *chain)
{
	struct recent_segment *entry = &recent->ring[recent->next & (RECENT_SEGMENTS - 1)];

	entry->previous = *chain;
	*chain = recent->next++;
	if (!recent->next)
		recent->next = 1;
	return entry;
}

/* The entry of `handle`, or NULL if it is 0 or was overwritten. */
static inline struct recent_segment *recent_get(struct recent *recent, uint32_t handle)
{
	uint32_t age = recent->next - handle;

	if (!handle || age == 0 || age > RECENT_SEGMENTS)
		return NULL;
	return &recent->ring[handle & (RECENT_SEGMENTS - 1)];
}

/* The place in the input of an entry, seen from the later frame `now`. */
static inline uint64_t recent_frame(const struct recent_segment *entry, uint64_t now)
{
	return now - (uint32_t)((uint32_t)now - entry->frame);
}

#endif
