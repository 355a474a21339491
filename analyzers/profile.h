/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_PROFILE_H
#define PKTLINT_ANALYZERS_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet.h"

/*
 * Where a protocol keeps its sequence numbers: one constant descriptor a protocol, found by
 * EtherType, IP protocol or port, or by trying on the first packets of a conversation.
 */

#define PROFILE_KEY 24     /* bytes of a stream's key, at most */
#define PROFILE_NUMBERS 16 /* numbers of one packet, at most: chunks, records */

/* One number found in a packet. */
struct profile_number {
	uint64_t number;
	uint32_t span; /* numbers taken up; 0: 1 */
	uint32_t
		hidden; /* up to so many more may be taken up: how many, the packet does not tell */
	uint32_t bytes; /* of payload that belong to it */
	uint32_t media; /* RTP timestamp, with `clocked` */
	uint32_t rate_hz; /* of the media clock, 0: the packet does not tell */
	bool clocked;
	bool timed;
	bool once;       /* never sent again, whatever profile.resends says */
	int64_t sent_ns; /* by the sender's clock, with `timed` */
	/* What tells streams of one profile apart, beyond what struct profile.scope says. */
	uint8_t key[PROFILE_KEY];
	uint8_t key_length;
};

#define PROFILE_RANGES 32  /* of one report, at most */
#define PROFILE_REPEATS 32 /* of one report, at most */

/* What a receiver reports of the stream that runs against the packet. */
struct profile_feedback {
	/*
	 * As profile_number.key of the stream reported; its addresses and ports are those of the
	 * packet, source and destination swapped.
	 */
	uint8_t key[PROFILE_KEY];
	uint8_t key_length;
	bool cumulative; /* everything below `below` has arrived */
	uint64_t below;  /* below the modulus */
	/* Arrived, too: [from, to), both below the modulus, so `to` may be the smaller one. */
	struct profile_range {
		uint64_t from, to;
	} ranges[PROFILE_RANGES];
	uint32_t range_count;
	/* Arrived more than once. */
	uint64_t repeats[PROFILE_REPEATS];
	uint32_t repeat_count;
};

/* Which addresses are part of a stream's key; VLAN id and profile always are. */
enum profile_scope {
	SCOPE_TUPLE,       /* addresses, protocol and ports, from source to destination */
	SCOPE_ADDRESSES,   /* both IP addresses: the stream may span several five-tuples */
	SCOPE_DESTINATION, /* the destination's IP address: ESP, AH (RFC 4301 4.1) */
	SCOPE_STATIONS,    /* both MAC addresses */
	SCOPE_KEY,         /* nothing but profile_number.key */
};

/* How sure one may be that a packet which read() accepts is of the profile. */
enum profile_trust {
	TRUST_SELECTOR, /* the selector settles it: an EtherType, an IP protocol */
	TRUST_ITSELF,   /* a mark and a checksum within do, on UDP, too */
	TRUST_PROOF,    /* believed once the numbers of some packets were seen to count */
};

/* How a profile's packets are found; what does not apply is 0. */
struct profile_selector {
	uint16_t ethertype;
	uint8_t protocol;   /* of IP */
	uint16_t ports[4];  /* UDP, either end */
	bool any_ethertype; /* of those without a name */
	bool any_udp;       /* worth a try on UDP packets of any port */
};

/* What a profile reads from: the packet, and where the selector's payload lies. */
struct profile_view {
	const struct packet *packet;
	const uint8_t *data; /* of the payload: behind UDP header, EtherType or IP header */
	uint32_t present;    /* bytes of it that were captured */
	uint32_t length;     /* bytes of it on the wire, >= present */
};

struct profile {
	const char *name;     /* "rtp" */
	const char *summary;  /* "RTP media, RFC 3550: 16 bits, by SSRC" */
	const char *found_by; /* "heuristics, any UDP port" */
	const char *key_name; /* what the numbers' key is called, "SSRC"; NULL: "key" */
	bool key_ports;       /* the key is two ports, the sender's first */
	/* Why it cannot be measured and what is the next best signal; NULL: it can. */
	const char *blind;
	struct profile_selector selector;
	uint64_t modulus; /* 0: 2^64 */
	uint8_t first;    /* the lowest number as it is sent, to which read() says 0 */
	enum profile_scope scope;
	enum profile_trust trust;
	bool certain;    /* there is a number for sure, only its byte order has to be seen */
	bool resends;    /* lost packets are sent again under their old number */
	bool strict;     /* receivers drop whatever is late (GRE, RFC 2890) */
	bool spread;     /* may go on between other addresses, with SCTP's common header */
	bool shared;     /* other streams of the sender may count by the same counter */
	uint32_t window; /* usual anti-replay window of receivers in packets, 0: none */
	/*
	 * Returns how many numbers it found, 0 if the packet carries none (a control packet), or
	 * -1 if it is not of the profile: cut too short, or no such header.  Of a `blind` profile
	 * it is never more than 0.  Fills no more than PROFILE_NUMBERS.
	 */
	int (*read)(const struct profile_view *view, struct profile_number *numbers);
	/*
	 * Reads what the receiver of the opposite stream reports.  Returns 1 if there is a report,
	 * 0 if there is none, -1 as read().  NULL: the protocol has none that can be read.
	 */
	int (*feedback)(const struct profile_view *view, struct profile_feedback *feedback);
};

/* All that are built in; NULL-terminated, in the order in which they are tried. */
extern const struct profile *const profiles[];

/* Finds a profile by name; NULL if there is none. */
const struct profile *profile_find(const char *name);

/*
 * The profiles that may fit the packet, by selector, in order; `trial` adds behind them those worth
 * a try on any UDP port.  Fills at most `size` and returns how many.
 */
unsigned profile_candidates(
	const struct packet *packet, bool trial, const struct profile **found, unsigned size);

/*
 * Where the profile's payload lies in `packet`: behind the header that its selector names.
 * Returns false if the packet has no such header.
 */
bool profile_view(
	const struct profile *profile, const struct packet *packet, struct profile_view *view);

#endif
