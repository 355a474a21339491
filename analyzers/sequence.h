/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_SEQUENCE_H
#define PKTLINT_ANALYZERS_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/analyzer.h"
#include "analyzers/contrast.h"
#include "analyzers/conversation.h"
#include "analyzers/field.h"
#include "analyzers/flow.h"
#include "analyzers/keyed.h"
#include "analyzers/kinds.h"
#include "analyzers/media_clock.h"
#include "analyzers/outages.h"
#include "analyzers/profile.h"
#include "analyzers/track.h"

/* Shared by the parts of the sequence analyzer only: sequence.c and sequence_*.c. */

#define SEQUENCE_STREAMS 16384u  /* followed at a time */
#define SEQUENCE_STATIONS 4096u  /* conversations without IP, likewise */
#define SEQUENCE_SOURCES 1024u   /* profiles, fields and counters found */
#define SEQUENCE_LISTED 1000u    /* in the report, at most: each takes 50 kB */
#define SEQUENCE_FLOWS 8         /* five-tuples of a stream that are told apart */
#define SEQUENCE_FRAMES 4        /* kept as evidence of each kind, a stream */
#define SEQUENCE_REPEATS 8       /* remembered: a restart and a copy of each of its first packets */
#define SEQUENCE_PAIRED_AFTER 16 /* packets, after which it shows that all are captured twice */

/* What numbers are read by: a profile, or a field of the user's or one that was discovered. */
struct sequence_source {
	char name[32];
	const struct profile *profile; /* NULL: a field */
	struct field *field;           /* owned; NULL: a profile */
	uint32_t id;                   /* place among all sources */
	bool discovered;               /* nobody named it */
	uint8_t confidence;            /* enum confidence: that its numbers are sequence numbers */
	uint64_t frames;               /* recognised */
	uint64_t frame;                /* the first of them */
};

/* Frames kept as evidence. */
enum sequence_shows {
	SHOWS_LATE,
	SHOWS_BEHIND, /* late beyond the usual window */
	SHOWS_LOST,   /* the frames that jumped */
	SHOWS_DUPLICATE,
	SHOWS_CAPTURE_DUPLICATE,
	SHOWS_RESENT,
	SHOWS_RESTART,
	SHOWS_FIRST,
	SHOWS_COUNT,
};

/* What is known of the counter behind a stream of identifications (sequence_sender.c). */
struct sequence_identification {
	uint64_t frame;            /* of the highest number, 0: none so far */
	int64_t time_ns, usual_ns; /* its time; the usual one from packet to packet */
	uint16_t next;
	uint32_t foreign; /* jumps that were no loss */
	bool shared;      /* it counts other things as well */
	bool loose;       /* packets without DF, which often share one */
};

struct sequence_stream {
	uint32_t number; /* in order of first packet */
	uint32_t flow;   /* number of the first flow + 1, 0: none */
	uint32_t last_flow;
	uint32_t flows[SEQUENCE_FLOWS], flow_count;
	struct sequence_source *source;
	struct track *track; /* owned; NULL: not in use */
	struct media_clock clock;
	struct sequence_identification identification;
	struct contrast *contrast;        /* owned; NULL: nothing late so far */
	struct sequence_reports *reports; /* of its receiver; owned, NULL: none so far */
	struct facts before;              /* of some packet in order, for the contrast's baseline */
	uint32_t until_baseline;          /* packets until the next one is compared with it */
	uint64_t labels[LABEL_COUNT];     /* verdicts as they stand */
	uint64_t unlike;                  /* duplicates that differ from the first one */
	uint64_t behind_window;           /* late packets beyond the profile's window */
	uint64_t frames[SHOWS_COUNT][SEQUENCE_FRAMES];
	/* The last repeats and what they were called: the first ones of an epoch look like some. */
	struct sequence_repeat {
		uint64_t frame;
		uint8_t label;
		bool unlike;
	} repeats[SEQUENCE_REPEATS];
	uint8_t repeat_next;
	uint32_t single_bytes; /* of the longest frame that was one packet for sure, 0: as usual */
	uint32_t long_bytes;   /* of the last one, if it was longer and may be several */
	uint64_t long_next;    /* the number behind that one, if it was one */
	uint16_t vlan_id;
	uint8_t width;       /* of the field by which numbers were read last, 0: by none */
	uint8_t part_length; /* of what the numbers' header adds to the key, if it is that short */
	uint8_t part[PROFILE_KEY];
	char subject[160];
};

struct associations;
struct senders;

/* What a finding says of the stream that shows it most. */
struct sequence_worst {
	size_t row; /* of the stream's table, that it is about */
	uint64_t count, streams;
	uint64_t unlike; /* of duplicates: they differ from the first ones */
	enum confidence confidence;
	uint32_t flow, stream; /* numbers + 1 */
	uint32_t flows;        /* five-tuples that the stream spans */
	char subject[200], profile[32];
	uint64_t frames[SEQUENCE_FRAMES];
};

/* The analyzer's state of a run. */
struct sequences {
	struct analyzer_options options;
	struct batch *batch; /* the one at hand, for what a conversation's end decides */
	int32_t at;          /* packet of it, -1: none */
	struct outages outages;
	uint64_t input_dropped; /* by the capture, of the open input */
	uint64_t lost_ended;    /* numbers given up for lost in streams that have ended */
	uint64_t lost_before;   /* numbers given up for lost in the inputs before */
	uint64_t lost_in_doubt; /* given up before it was told that the capture dropped packets */
	struct sequence_source **sources;
	uint32_t source_count;
	struct sequence_source *tag, *authentication; /* profiles of headers that are passed over */

	struct keyed *streams_by_key;
	struct sequence_stream *streams; /* by record */
	uint32_t stream_capacity;
	uint32_t stream_total;
	uint64_t ticks;

	struct senders *senders;
	struct associations *associations;
	uint32_t watching; /* conversations that ask about them */

	struct keyed *stations;
	struct conversation *of_stations; /* by record; NULL: none so far */
	struct trial *oldest, *newest;    /* a list in order of last use */
	size_t trial_bytes;
	uint64_t trials_given_up;
	struct kinds unjudged; /* frames kept on trial that nobody came to judge */
	uint64_t judged_later; /* frames judged after their batch */

	struct track_pool pool; /* bounds what the streams take */
	union metric_value *totals;
	struct report *listed; /* holds the listed streams until the report takes them */
	size_t least_listed;   /* the one that makes room first, if there are as many as may be */
	struct sequence_worst *worst;
	struct contrast contrast;
	uint64_t unfit_packets;
	struct sequence_worst unfit;
};

/* A packet on its way through the analyzer: just come, or out of a trial. */
struct sighting {
	struct sequences *sequences;
	struct batch *batch;
	struct packet *packet;
	int32_t at;  /* packet of the batch that brings the decision, -1: the end of the run */
	bool replay; /* out of a trial: what is decided amends */
};

/* sequence.c: the source of a profile, or a copy of `field`; NULL when there are too many. */
struct sequence_source *sequence_profile_source(
	struct sequences *sequences, const struct profile *profile);
struct sequence_source *sequence_field_source(
	struct sequences *sequences, const struct field *field, bool discovered);

/*
 * sequence_stream.c: reads the packet's numbers by `source` and judges each.  Returns false if the
 * packet is none of the source's.  `memo`: stream of the packet before; updated.
 */
bool sequence_take(
	struct sighting *sighting, struct sequence_source *source, struct sequence_memo *memo);

/* sequence_feedback.c: what the receiver of `stream` says in the packet. */
void sequence_take_feedback(struct sighting *sighting, struct sequence_stream *stream,
	const struct profile_feedback *feedback);

/*
 * sequence_feedback.c: whether the receiver had said that it has the number; whether it said so
 * often that it is missing that the sender sends it again.
 */
bool sequence_was_acknowledged(const struct sequence_stream *stream, uint64_t number);
bool sequence_was_missed(const struct sequence_stream *stream, uint64_t number);

/* sequence_feedback.c: the frame was called a retransmission of the number. */
void sequence_remember_resent(struct sequence_stream *stream, uint64_t number, uint64_t frame);

/*
 * sequence_sender.c: the IPv4 senders whose identifications are remembered.  Watches the packet's
 * one from now on; remembers the packet if its sender is watched.
 */
struct senders *sequence_senders_new(void);
void sequence_senders_free(struct senders *senders);
void sequence_sender_watch(struct senders *senders, const struct packet *packet);
void sequence_sender_note(struct senders *senders, const struct packet *packet);

/*
 * sequence_sender.c: the next packet of a stream of identifications.  Returns whether the numbers
 * that it jumps over may be other packets of its sender, or none.
 */
bool sequence_sender_doubts(struct senders *senders, struct sequence_identification *stream,
	const struct packet *packet);

/*
 * sequence_association.c: freed with free(3); whether packets of the SCTP association belong to
 * other streams than the one with this number, too.
 */
struct associations *sequence_associations_new(void);
bool sequence_is_spread(
	struct associations *associations, const struct packet *packet, uint32_t stream);

/* sequence_stream.c: the stream ends: totals, list, findings; its record is free. */
void sequence_stream_end(struct sequences *sequences, struct sequence_stream *stream);

/* sequence_conversation.c: takes the packet's conversation further, by its source or on trial. */
void sequence_converse(struct sighting *sighting);

/*
 * sequence_conversation.c: no more packets of the conversation will come: decides if it is on
 * trial, and clears it.
 */
void sequence_conversation_end(struct sequences *sequences, struct conversation *conversation);

/* sequence_trial.c: frees the trials of a run that failed. */
void sequence_trials_free(struct sequences *sequences);

/* sequence_metrics.c */
extern const struct metric_set sequence_run_metrics, sequence_stream_metrics;
void sequence_total(struct sequences *sequences, const struct sequence_stream *stream);
void sequence_list(struct sequences *sequences, const struct sequence_stream *stream);
void sequence_report_totals(struct sequences *sequences, struct report *report);

/* sequence_metrics.c: the stream's counts into rows of sequence_stream_metrics. */
void sequence_put_counts(const struct sequence_stream *stream, union metric_value *values);

/* sequence_metrics.c: how sure it is that what the stream lacks is lost. */
enum confidence sequence_confidence_of_loss(const struct sequence_stream *stream);

/* sequence_metrics.c: whether the numbers behave like a sequence at all. */
bool sequence_is_fit(const struct sequence_stream *stream);

/* sequence_findings.c */
struct sequence_worst *sequence_worst_new(void);
void sequence_note(struct sequences *sequences, const struct sequence_stream *stream);
void sequence_add_findings(struct sequences *sequences, struct report *report);

#endif
