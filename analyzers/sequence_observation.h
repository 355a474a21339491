/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_SEQUENCE_OBSERVATION_H
#define PKTLINT_ANALYZERS_SEQUENCE_OBSERVATION_H

#include "analyzers/sequence.h"

/* Shared by the files that follow a number to its verdict: sequence_stream.c, _key.c, _verdict. */

/* One number on its way to its stream. */
struct observation {
	struct sighting *sighting;
	struct sequence_source *source;
	struct sequence_stream *stream;
	/* Apart, because they are too large to be cleared for each packet. */
	struct track_sample *sample;
	struct track_result *result;
	bool acknowledged; /* the receiver had said before that it has this number */
};

/* What the numbers' header itself says of the stream. */
struct stream_part {
	const uint8_t *bytes;
	unsigned length;
};

/*
 * sequence_key.c: the key of the packet's stream, or of the one that runs `against` it.
 */
void sequence_stream_key(struct keyed_key *key, const struct packet *packet,
	const struct sequence_source *source, const struct stream_part *part, bool against);

/*
 * sequence_key.c: the stream by its key, made if it is new; `*memo` will recall it.  `once`: the
 * number is never sent again.  Valid until the next call.
 */
struct sequence_stream *sequence_find_stream(struct sighting *sighting,
	struct sequence_source *source, const struct stream_part *part, bool once,
	struct sequence_memo *memo);

/* sequence_verdict.c: keeps `frame` as evidence of a kind, the first few of each. */
void sequence_show(struct sequence_stream *stream, enum sequence_shows kind, uint64_t frame);

/* sequence_verdict.c: puts what the number turned out to be into label, verdict and counts. */
void sequence_conclude(struct observation *observation);

/* sequence_verdict.c: copies are all the capture's, if that showed late. */
void sequence_settle_copies(struct sequence_stream *stream);

/* sequence_verdict.c: whether what was only likely to count has counted long enough. */
bool sequence_has_proved_itself(const struct sequence_stream *stream);

/* The packet's label is that of the worst of its numbers, unless another analyzer has spoken. */
static inline void sequence_set_label(struct sighting *sighting, enum label label, int32_t verdict)
{
	struct packet *packet = sighting->packet;
	bool other = packet->label == LABEL_OTHER || packet->label == LABEL_ICMP;

	if (packet->flags & PACKET_TCP)
		return;
	if (sighting->replay) {
		sighting->sequences->judged_later += other && label != LABEL_UNKNOWN;
		if (other || label > packet->label)
			packet->label = (uint8_t)label;
		return;
	}
	if (other || label > packet->label) {
		packet->label = (uint8_t)label;
		packet->verdict = verdict;
	}
}

#endif
