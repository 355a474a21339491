/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_LINK_H
#define PKTLINT_HOST_COLLECT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/netlink.h"
#include "host/snapshot.h"

#define LINK_NAME_BYTES 16 /* IFNAMSIZ */
#define LINK_KIND_BYTES 24

/* An address of IPv4 (4 bytes) or IPv6 (16). */
struct link_address {
	size_t length;
	uint8_t bytes[16];
};

/* What the rest of the collection needs to know of an interface. */
struct link {
	uint32_t ifindex;
	char name[LINK_NAME_BYTES];
	char kind[LINK_KIND_BYTES];
	uint32_t link;           /* 0: none */
	bool elsewhere;          /* the link is in the namespace of this number */
	uint32_t namespace_id;   /* by the numbers of our own namespace */
	struct link_address far; /* of a tunnel; length 0: none, or any */
};

#define LINKS_MAX 4096
#define LINKS_MAX_FAR 256

struct links {
	struct link *links;
	size_t count;
	struct link_address far[LINKS_MAX_FAR]; /* far ends of tunnels, each once */
	size_t far_count;
};

/* The name of an interface, or NULL. */
const char *links_name(const struct links *links, uint64_t ifindex);

/* Notes the far end of a tunnel: not zero, not multicast, not known yet, and if there is room. */
void links_add_far(struct links *links, const struct link_address *address);

/* Takes an address of 4 or 16 bytes; false for any other attribute. */
bool link_address_take(struct link_address *address, const struct netlink_attribute *attribute);
bool link_address_equal(const struct link_address *a, const struct link_address *b);

/*
 * Adds what the body of RTM_NEWLINK tells of an interface, which may be anything, and fills `link`.
 * Returns false if it tells of none that has a name.
 */
bool link_tell(struct snapshot *snapshot, const uint8_t *body, size_t length, struct link *link);

/* Adds what such a body, of the peer, tells of the veth called `name`. */
void link_peer_tell(
	struct snapshot *snapshot, const char *name, const uint8_t *body, size_t length);

/* Adds what kinds have of their own, and members of a bond or bridge; fills kind and far end. */
void link_kind_tell(struct snapshot *snapshot, const char *name,
	const struct netlink_attribute *info, struct link *link);

/*
 * Parts of collect_links(), after all links are known: addresses, routes, far ends.  Answers that
 * are refused as a whole are told.
 */
void collect_fdb(struct snapshot *snapshot, struct netlink *netlink, struct links *links);
void collect_addresses(
	struct snapshot *snapshot, struct netlink *netlink, const struct links *links);
void collect_routes(struct snapshot *snapshot, struct netlink *netlink, const struct links *links);

#endif
