/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose packets count in the IPv4 identification of a stream?  A socket that is connected has a
 * counter of its own (Linux, net/ipv4: ip_select_ident_segs); else a host counts for all of its
 * packets, or for all to one destination, and skips numbers after a pause (ip_idents_reserve).  So
 * the latest identifications of each such host are remembered, and numbers that a stream lacks are
 * not called lost if packets of other streams bear them, or if the time says so.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/sequence.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/memory.h"

#define SENDERS 1024 /* remembered at a time */
#define SENT 64      /* packets of each, a power of two */
#define SLACK 16     /* frames by which packets of a host may have changed places */
#define FILTER_BITS 4096
#define ADDRESS_BYTES 4
#define HALF_ROUND 0x8000
#define TICK_NS 1000000 /* the shortest a kernel has: CONFIG_HZ=1000 */
#define LEAST_FOREIGN 2 /* jumps that are no loss, after which all are in doubt */

struct sender {
	struct sent {
		uint64_t frame;
		uint64_t stream; /* flow and direction */
		uint16_t id;
	} sent[SENT];
	uint32_t count;
	bool shared; /* a stream without DF was seen to share its counter */
};

struct senders {
	struct keyed *by_address;
	struct sender **sender; /* by record; owned */
	uint32_t capacity;
	uint64_t ticks;
	uint64_t filter[FILTER_BITS / 64]; /* of addresses that may be remembered */
};

static void forget(void *context, uint32_t record)
{
	struct senders *senders = context;

	senders->sender[record]->count = 0;
	senders->sender[record]->shared = false;
}

struct senders *sequence_senders_new(void)
{
	struct senders *senders = memory_alloc(1, sizeof(*senders));

	senders->by_address = keyed_new(SENDERS, forget, senders);
	return senders;
}

void sequence_senders_free(struct senders *senders)
{
	if (!senders)
		return;
	for (uint32_t i = 0; i < senders->capacity; i++)
		free(senders->sender[i]);
	free(senders->sender);
	keyed_free(senders->by_address);
	free(senders);
}

static bool has_identification(const struct packet *packet)
{
	return packet->flags & PACKET_IP && packet->ip_version == 4;
}

static uint32_t filter_bit(const struct packet *packet)
{
	return (uint32_t)hash_mix(bytes_be32(packet_source(packet)), UINT64_C(0x9e3779b97f4a7c15)) %
	       FILTER_BITS;
}

static void sender_key(struct keyed_key *key, const struct packet *packet)
{
	uint32_t length;

	keyed_key_clear(key, &length);
	keyed_key_add(key, &length, packet_source(packet), ADDRESS_BYTES);
}

/* The packet's sender if it is remembered, else NULL. */
static struct sender *find_sender(struct senders *senders, const struct packet *packet)
{
	uint32_t bit = filter_bit(packet), record;
	struct keyed_key key;

	if (!(senders->filter[bit / 64] >> bit % 64 & 1))
		return NULL;
	sender_key(&key, packet);
	record = keyed_look(senders->by_address, &key);
	if (record == KEYED_NONE)
		return NULL;
	keyed_touch(senders->by_address, record, ++senders->ticks);
	return senders->sender[record];
}

void sequence_sender_watch(struct senders *senders, const struct packet *packet)
{
	uint32_t bit, record;
	struct keyed_key key;
	bool made;

	if (!has_identification(packet))
		return;
	bit = filter_bit(packet);
	senders->filter[bit / 64] |= UINT64_C(1) << bit % 64;
	sender_key(&key, packet);
	record = keyed_find(senders->by_address, &key, ++senders->ticks, &made);
	if (record >= senders->capacity) {
		senders->sender = memory_grow(senders->sender, record + 1, sizeof(struct sender *));
		senders->sender[record] = memory_alloc(1, sizeof(struct sender));
		senders->capacity = record + 1;
	}
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
