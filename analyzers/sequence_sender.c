/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose packets count in the IPv4 identification of a stream?  A socket that is connected has a
 * counter of its own (Linux, net/ipv4: ip_select_ident_segs); else a host counts for all of its
 * packets, or for all to one destination, and skips numbers after a pause (ip_idents_reserve).  So
 * the latest identifications of each such host are remembered, and numbers that a stream lacks are
 * not called lost if packets of other streams bear them, or if the time says so.
 */
#include <stdlib.h>

#include "analyzers/sequence.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/memory.h"

#define PLACES 2048 /* of senders that are remembered */
#define WAYS 8
#define SENT 64  /* packets of each, a power of two */
#define SLACK 16 /* frames by which packets of a host may have changed places */
#define HALF_ROUND 0x8000
#define TICK_NS 1000000 /* the shortest a kernel has: CONFIG_HZ=1000 */
#define LEAST_FOREIGN 2 /* jumps that are no loss, after which all are in doubt */

struct sender {
	uint32_t address;
	uint32_t count;
	uint64_t watched; /* when last */
	bool shared;      /* a stream without DF was seen to share its counter */
	struct sent {
		uint64_t frame;
		uint64_t stream; /* flow and direction */
		uint16_t id;
	} sent[SENT];
};

/* A sender is in one of the WAYS places from that of its hash on: a look-up is made of packets. */
struct senders {
	struct sender *sender[PLACES + WAYS]; /* owned; NULL: free */
	uint64_t ticks;
};

struct senders *sequence_senders_new(void)
{
	return memory_alloc(1, sizeof(struct senders));
}

void sequence_senders_free(struct senders *senders)
{
	if (!senders)
		return;
	for (uint32_t i = 0; i < PLACES + WAYS; i++)
		free(senders->sender[i]);
	free(senders);
}

static bool has_identification(const struct packet *packet)
{
	return packet->flags & PACKET_IP && packet->ip_version == 4;
}

static struct sender **places_of(struct senders *senders, uint32_t address)
{
	return &senders->sender[hash_mix(address, UINT64_C(0x9e3779b97f4a7c15)) % PLACES];
}

/* The packet's sender if it is remembered, else NULL. */
static struct sender *find_sender(struct senders *senders, const struct packet *packet)
{
	uint32_t address = bytes_be32(packet_source(packet));
	struct sender **place = places_of(senders, address);

	for (uint32_t i = 0; i < WAYS && place[i]; i++)
		if (place[i]->address == address)
			return place[i];
	return NULL;
}

/* A place for a sender: a free one, else that of the one that was not watched for longest. */
static struct sender *take_place(struct sender **place)
{
	struct sender *oldest = place[0];

	for (uint32_t i = 0; i < WAYS; i++) {
		if (!place[i])
			return place[i] = memory_alloc(1, sizeof(*place[i]));
		if (place[i]->watched < oldest->watched)
			oldest = place[i];
	}
	return oldest;
}

void sequence_sender_watch(struct senders *senders, const struct packet *packet)
{
	struct sender *sender;

	if (!has_identification(packet))
		return;
	sender = find_sender(senders, packet);
	if (!sender) {
		sender = take_place(places_of(senders, bytes_be32(packet_source(packet))));
		sender->address = bytes_be32(packet_source(packet));
		sender->count = 0;
		sender->shared = false;
	}
	sender->watched = ++senders->ticks;
}

static uint64_t stream_of(const struct packet *packet)
{
	return packet->flow ? 2 * (uint64_t)packet->flow->number + packet->side + 1 : 0;
}

void sequence_sender_note(struct senders *senders, const struct packet *packet)
{
	struct sender *sender;

	if (!has_identification(packet) || !packet->ip_id)
		return;
	sender = find_sender(senders, packet);
	if (sender)
		sender->sent[sender->count++ % SENT] = (struct sent){ packet->frame,
			stream_of(packet), packet->ip_id };
}

/* Whether packets of other streams, sent since the frame `after`, bear one of the numbers. */
static bool is_used_by_others(const struct sender *sender, const struct packet *packet,
	uint16_t from, uint16_t count, uint64_t after)
{
	uint32_t known = sender->count < SENT ? sender->count : SENT;

	for (uint32_t i = 0; i < known; i++) {
		const struct sent *sent = &sender->sent[i];

		if (sent->frame + SLACK > after && sent->frame < packet->frame &&
			sent->stream != stream_of(packet) && (uint16_t)(sent->id - from) < count)
			return true;
	}
	return false;
}

/* The time from one packet to the next, 0 if clocks went back. */
static int64_t elapsed_ns(int64_t from_ns, int64_t to_ns)
{
	uint64_t ns = (uint64_t)to_ns - (uint64_t)from_ns;

	return to_ns <= from_ns ? 0 : (int64_t)(ns < INT64_MAX / 2 ? ns : INT64_MAX / 2);
}

/*
 * Whether something else than loss made the jump, for lost packets leave the time that they would
 * have taken.  In less, others were counted; in more, a counter may have skipped one each tick.
 */
static bool is_no_loss(
	const struct sequence_identification *stream, int64_t since_ns, uint16_t count)
{
	int64_t each_ns = since_ns / (count + 1);

	return each_ns < stream->usual_ns / 2 ||
	       (since_ns / TICK_NS > count && each_ns / 3 * 2 > stream->usual_ns);
}

/* Whether the numbers that the packet jumps over may be no packets of its stream. */
static bool is_jump_in_doubt(struct senders *senders, struct sequence_identification *stream,
	const struct packet *packet, uint16_t jump)
{
	struct sender *sender = find_sender(senders, packet);

	if (sender && is_used_by_others(sender, packet, stream->next, jump, stream->frame)) {
		stream->shared = true;
		sender->shared |= !(packet->flags & PACKET_DF);
	}
	if (packet->flags & PACKET_DF)
		return stream->shared;
	stream->shared |= sender && sender->shared;
	if (!is_no_loss(stream, elapsed_ns(stream->time_ns, packet->time_ns), jump))
		return stream->shared;
	stream->shared |= ++stream->foreign >= LEAST_FOREIGN;
	return true;
}

bool sequence_sender_doubts(struct senders *senders, struct sequence_identification *stream,
	const struct packet *packet)
{
	uint16_t jump = (uint16_t)(packet->ip_id - stream->next);
	bool doubt = false;

	stream->loose |= !(packet->flags & PACKET_DF);
	if (stream->frame && jump >= HALF_ROUND)
		return false;
	if (stream->frame && jump)
		doubt = is_jump_in_doubt(senders, stream, packet, jump);
	else if (stream->frame)
		stream->usual_ns += (elapsed_ns(stream->time_ns, packet->time_ns) -
					    stream->usual_ns) /
				    8;
	stream->next = (uint16_t)(packet->ip_id + (packet->segments ? packet->segments : 1));
	stream->frame = packet->frame;
	stream->time_ns = packet->time_ns;
	return doubt;
}
