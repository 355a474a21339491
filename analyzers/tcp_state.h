/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_TCP_STATE_H
#define PKTLINT_ANALYZERS_TCP_STATE_H

#include <stdint.h>

/* Bits of tcp_side.flags. */
#define SIDE_STARTED (1u << 0)      /* next is meaningful: a segment of this side was seen */
#define SIDE_ACKED (1u << 1)        /* una is meaningful: the peer acknowledged something */
#define SIDE_SYN (1u << 2)          /* its SYN was seen: base is the initial sequence number */
#define SIDE_FIN (1u << 3)          /* its FIN was seen */
#define SIDE_RST (1u << 4)          /* it reset the connection */
#define SIDE_TIMESTAMPS (1u << 5)   /* tsval_max is meaningful */
#define SIDE_SACK (1u << 6)         /* its SYN permitted SACK, or it sent SACK blocks */
#define SIDE_WSCALE (1u << 7)       /* its window scale is known */
#define SIDE_RTT_PENDING (1u << 8)  /* rtt_end waits for its acknowledgement */
#define SIDE_ECHO_PENDING (1u << 9) /* echo_tsval waits to be echoed by the peer */
#define SIDE_ID (1u << 10)          /* id_max is meaningful */
#define SIDE_ZERO_WINDOW (1u << 11) /* it closed its receive window */
#define SIDE_SYN_DATA (1u << 12)    /* its SYN carried data (RFC 7413) */
#define SIDE_COALESCED (1u << 13)   /* super-frames were seen */
#define SIDE_SECOND (1u << 15)      /* it is side 1 of its flow */
#define SIDE_WINDOW (1u << 14)      /* window is meaningful */

/*
 * What one side of a connection has sent, as seen at the capture point: all that a clean flow
 * needs.  Offsets are sequence numbers unwrapped to 64 bits, starting above 2^32 so that earlier
 * bytes stay positive.  Times in units of 1,024 ns ("ticks") where 32 bits suffice.
 */
struct tcp_side {
	uint64_t next;       /* offset behind the highest byte seen */
	uint64_t una;        /* highest offset that the peer acknowledged */
	uint64_t start;      /* offset of the first byte seen */
	uint64_t wire_bytes; /* of its frames */
	uint64_t rtt_sum;    /* ticks */
	int64_t last_new_ns; /* when next last moved */
	uint32_t frames;
	uint32_t extra_segments;        /* wire segments beyond one a frame */
	uint32_t arrivals;              /* frames with data, SYN or FIN; copies excluded */
	uint32_t recent;                /* newest entry of the recent segments' chain, 0: none */
	uint32_t trouble;               /* index of its struct tcp_trouble, 0: none so far */
	uint32_t tsval_max;             /* highest TCP timestamp value sent */
	uint32_t echo_tsval, echo_tick; /* a timestamp value on its way, and when it passed */
	uint32_t rtt_end, rtt_tick;     /* low bits of an offset on its way, and when it passed */
	uint32_t rtt_count, rtt_min, rtt_max; /* capture point to peer and back; ticks */
	uint32_t srtt;                        /* smoothed as RFC 6298, ticks */
	uint32_t answer_min;   /* shortest time to an answer of the peer; ticks, 0: unknown */
	uint16_t flags;        /* SIDE_ bits */
	uint16_t id_max;       /* IPv4 identification latest in order of sending */
	uint16_t segment_size; /* payload and options of a full wire segment, 0: unknown */
	uint16_t window;       /* last advertised, unscaled */
	uint8_t id_steps;   /* last 8 steps of the identification: 1 = as a counter of this flow */
	uint8_t id_swapped; /* the same for the byte-swapped identification */
	uint8_t wscale : 4; /* 14 at most (RFC 7323 2.3) */
	uint8_t checksums : 3;    /* good ones seen, saturating: before, a bad one proves nothing */
	uint8_t unfinished : 1;   /* it left a checksum of a single segment to the card */
	uint8_t size_source : 3;  /* what segment_size rests on, enum offload_evidence */
	uint8_t size_seen : 2;    /* of a tentative one: how often */
	uint8_t stride_score : 2; /* steps in a row that agree with its struct offload_stride */
	uint8_t stride_varied : 1; /* they were of different length */
};

/* The segment size by the last step of a side's identification, and that step modulo 4. */
struct offload_stride {
	uint16_t bytes : 14, steps : 2;
};

/* Bits of flow.tcp_notes. */
#define TCP_NOTE_MPTCP 1u     /* a subflow of MPTCP */
#define TCP_NOTE_FRAGMENTS 2u /* segments were fragmented: bytes that nobody analysed were there */
#define TCP_NOTE_DOUBLED 4u   /* some of its packets were captured more than once */

/* Both sides, by the flow key's order. */
struct tcp_flow {
	struct tcp_side side[2];
};

#endif
