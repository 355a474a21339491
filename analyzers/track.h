/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_TRACK_H
#define PKTLINT_ANALYZERS_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/density.h"
#include "analyzers/drops.h"
#include "analyzers/facts.h"
#include "capture/packet.h"
#include "report/histogram.h"

/*
 * One numbered stream, whatever its protocol: which of its packets are late, missing, or here for
 * the second time, and all that RFC 4737, RFC 5236 and RFC 3550 measure of that.  Numbers of any
 * width are unwrapped to 64-bit positions; a restart of the sender's counter begins a new epoch.
 */

struct track;

#define TRACK_FEW_HOLES 64     /* open at a time, that any stream may have */
#define TRACK_OWN_SIZES 2048u  /* streams with distributions of their own, 43 kB each */
#define TRACK_OWN_DELAYS 4096u /* streams with a distribution of delay of their own, 4 kB each */
#define TRACK_POOL_HOLES (256u << 10) /* of all streams beyond the few, 136 bytes each */

/*
 * What bounds the memory of all streams that share it: streams beyond put their values into the
 * shared distributions, which so add up to the whole, and have no more than the few holes.
 */
struct track_pool {
	uint32_t sizes_taken, delays_taken;
	uint32_t holes_taken;
	struct track_sizes *sizes; /* shared; owned, NULL: nothing so far */
	struct histogram *delay_ns;
};

/* How the numbers of a stream run. */
struct track_rules {
	uint64_t modulus;   /* the counter wraps there; 0: 2^64 */
	uint32_t increment; /* from one packet to the next; 0 is taken as 1 */
	bool resends;       /* the protocol sends lost packets again under their old number */
	const struct drops *drops; /* when the capture itself lost packets; borrowed, may be NULL */
	struct track_pool *pool;   /* borrowed; NULL: no bounds beyond the stream's own */
};

/* One packet of the stream. */
struct track_sample {
	uint64_t number; /* as it was sent, below the modulus */
	uint32_t span;   /* packets' numbers that it takes up, 0 is taken as 1 */
	uint32_t hidden; /* up to so many more may be inside a super-frame, unseen */
	int64_t time_ns;
	uint64_t frame;
	uint32_t bytes; /* of payload, for RFC 4737 4.4 */
	uint32_t print; /* digest of what a copy has the same and another packet rarely, 0: none */
	uint8_t path;   /* digest of where it was captured and over which last hop */
	bool has_id;    /* `id` may count the sender's transmissions (IPv4 identification) */
	uint16_t id;
	bool resend_known; /* with rules.resends: the caller knows whether it was sent `resend` */
	bool resend;
	bool jump_doubted; /* numbers that it jumps over may never have been this stream's */
	bool timed;        /* `sent_ns` is meaningful */
	int64_t sent_ns;   /* by the sender's own clock, from any origin: for jitter */
	const struct packet *packet; /* for its facts, if it overtakes; borrowed, NULL: none */
};

enum track_verdict {
	TRACK_IN_ORDER,
	TRACK_LATE,   /* RFC 4737 3.3: a packet with a higher number came before it */
	TRACK_REPEAT, /* this number was here before */
	TRACK_RESENT, /* fills a hole, but was sent after those that jumped it (rules.resends) */
	/*
	 * Late or a repeat: so far back that nobody remembers.  Or so far ahead that it is believed
	 * only when the next one follows: then it is among that one's `amended`.
	 */
	TRACK_UNKNOWN,
	TRACK_MISFIT, /* no multiple of the increment, or above the modulus */
};

#define TRACK_AMENDED 8

/*
 * What one packet turned out to be.  Everything is 0 where it does not apply, but for the last two
 * members: they are left alone then.
 */
struct track_result {
	enum track_verdict verdict;
	bool sure;       /* by the numbers (and identifications); false: by time or by guess */
	bool same_print; /* TRACK_REPEAT: the first copy had the same print */
	bool other_path; /* TRACK_REPEAT: the first copy was captured elsewhere */
	bool restarted;  /* the sender's counter began anew; with this packet, or with the first of
			      `amended` */
	/*
	 * RFC 4737 4.2.1, in places of arrival: copies made by the network have one too, as
	 * everywhere in this program; the RFC leaves them out.
	 */
	uint32_t extent;
	int64_t late_ns;       /* RFC 4737 4.3 */
	uint64_t late_bytes;   /* RFC 4737 4.4 */
	uint64_t late_packets; /* that came before it and belong behind it: what a buffer holds */
	uint64_t lag;       /* highest number seen minus this one, in packets: what an anti-replay
				  window has to span is one more (RFC 4303 3.4.3) */
	uint32_t n;         /* RFC 4737 5: the packet is n-reordered for this n and less */
	uint64_t jump;      /* RFC 4737 3.4: numbers jumped over by this packet, or by the first
				  of `amended` */
	int64_t since_ns;   /* TRACK_REPEAT: since the first copy */
	uint64_t reference; /* frame of the opener of the hole, or of the first copy; 0 unknown */
	/*
	 * Packets called repeats, unknown or misfits that turned out to be in order: the beginning
	 * of a new epoch if `restarted`, else the end of an outage.
	 */
	uint32_t amended_count;
	struct track_amended {
		uint64_t frame, number;
		enum track_verdict verdict; /* what it was called */
	} amended[TRACK_AMENDED];
	struct facts opener; /* TRACK_LATE, TRACK_RESENT: of the packet that overtook it */
};

#define TRACK_BUFFER DENSITY_BUFFER /* RFC 5236's threshold BT of the reorder buffer density */

#define TRACK_FRAMES 4

/* What a stream comes to.  Everything adds up over streams but what says otherwise. */
struct track_counts {
	uint64_t packets; /* that bore a number, all of them; a span counts as one */
	/* In order, late or resent.  L of RFC 4737 is that without the resent: they are no part of
	 * the order in which packets were first sent, so nothing of the RFC counts them. */
	uint64_t received;
	uint64_t in_order, reordered, repeats, resent, unknown, misfits;
	uint64_t copies;   /* of repeats: captured elsewhere, so copies made by the capture */
	uint64_t lost;     /* numbers in holes that were given up or never filled */
	uint64_t withheld; /* as lost: the capture may have dropped them, or nobody sent them */
	uint64_t missing;  /* numbers in holes still open; 0 after track_end() */
	uint64_t capture_missed; /* numbers never seen, which the receiver has all the same */
	uint64_t loss_bursts;    /* runs of lost numbers */
	uint64_t restarts;
	uint64_t forgotten_holes;              /* holes given up because too many were open */
	uint64_t discontinuities;              /* RFC 4737 3.4 */
	uint64_t runs;                         /* RFC 4737 4.6 x */
	uint64_t run_packets;                  /* 4.6 a */
	uint64_t run_squares;                  /* 4.6 q */
	uint64_t reordered_by_3;               /* n-reordered for n = 3 (RFC 4737 5) */
	int64_t first_ns, last_ns;             /* of the first and last packet; do not add */
	uint64_t first_number, highest_number; /* as sent; of the last epoch; do not add */
	/* Those that jumped over the first runs of `lost`, else 0; do not add */
	uint64_t lost_frames[TRACK_FRAMES];
	/* RFC 5236 3.2: how often so many packets were buffered; [TRACK_BUFFER]: the last */
	uint64_t buffered[TRACK_BUFFER + 1];
	/* RFC 3550 6.4.1, estimate at the end and its greatest; do not add; meaningful if timed */
	bool timed;
	int64_t jitter_ns, jitter_max_ns;
	int64_t jitter_in_order_ns, jitter_in_order_max_ns; /* late packets left out */
};

/* Distributions, made when there is first something to put in; each adds up. */
struct track_sizes {
	struct histogram extent, late_ns, late_bytes, late_packets, lag;
	struct histogram n;           /* RFC 4737 5, of reordered packets */
	struct histogram gap, gap_ns; /* RFC 4737 4.5 */
	struct histogram run;         /* RFC 4737 4.6: lengths of the free runs that ended */
	struct histogram loss_burst, loss_gap; /* numbers lost in a row; received between two */
};

/* Returns a stream without packets, freed with track_free(). `rules` is copied. */
struct track *track_new(const struct track_rules *rules);
void track_free(struct track *track);

/*
 * Takes a packet into account and says what it is.  O(1) in order, O(open holes) if late.  At most
 * 1,024 holes are open; where more come the lowest is given up.
 */
void track_observe(
	struct track *track, const struct track_sample *sample, struct track_result *result);

/*
 * The receiver says that it has everything below `to` (`cumulative`) or has [from, to): a hole
 * there was not lost on its way, but by the capture.  Positions nearest to the highest are meant;
 * what is above the highest is left out.
 */
void track_acknowledge(struct track *track, uint64_t from, uint64_t to, bool cumulative);

/* The number's field turned out to be so narrow: it wraps at `modulus`, below the one so far. */
void track_narrow(struct track *track, uint64_t modulus);

/* The drops told so far are all of their input, and the next ones say nothing of open holes. */
void track_input_end(struct track *track);
/* The open input ends: what is missing from here to the next packet may have passed in between. */
void track_seam(struct track *track);
/* What is missing, was or will be, may never have been sent: none of it is lost. */
void track_withhold(struct track *track);

/* No more will come: open holes become lost (or withheld).  Call once. */
void track_end(struct track *track);

/* Valid until track_free(); what they hold changes with every call above. */
const struct track_counts *track_counts(const struct track *track);
/* NULL: nothing so far, or in the pool's. */
const struct track_sizes *track_sizes(const struct track *track);
/* Of all timed packets: transit beyond the fastest so far, so early ones are too low.  As above. */
const struct histogram *track_delay(const struct track *track);
/* Whether some of the stream's distributions are in the pool's. */
bool track_shares(const struct track *track);

/* Frees what the pool owns. */
void track_pool_free(struct track_pool *pool);

#endif
