/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What counts in a conversation?  The profiles that may fit, the IPv4 identification and (where
 * asked for, or the EtherType is unknown) every field are tried on the packets that were kept.
 * What proves itself judges these packets too, as amendments.
 */
#include <netinet/in.h>
#include <string.h>

#include "analyzers/discover.h"
#include "analyzers/sequence_trial.h"

#define BELIEVED 90 /* of 100, see discover.h */
#define PROVEN 99
#define FEW_WITHIN 8    /* from one number to the next, where there are few */
#define LEAST_BY_ID 16  /* packets before the identification is believed */
#define COPIES_WITHIN 8 /* packets behind the first one */

unsigned sequence_candidates(const struct sequences *sequences, const struct packet *packet,
	bool trial, const struct profile **found)
{
	unsigned count = profile_candidates(packet, trial, found, TRIAL_CANDIDATES), kept = 0;

	for (unsigned i = 0; i < count; i++)
		if (found[i] != sequences->tag->profile &&
			found[i] != sequences->authentication->profile)
			found[kept++] = found[i];
	return kept;
}

/* The packets that were kept, decoded, while one decision is made. */
struct jury {
	struct sequences *sequences;
	struct trial *trial;
	struct packet packets[DISCOVER_PACKETS];
	uint32_t count;
	const struct packet *heard[DISCOVER_PACKETS]; /* of them, without copies */
	uint32_t heard_count;
};

/* What comes behind the headers that a router or a mirror port may change. */
static uint32_t lasting_offset(const struct packet *packet)
{
	uint32_t offset = packet->flags & PACKET_IP ? packet->transport_offset
						    : packet->network_offset;

	return offset < packet->caplen ? offset : packet->caplen;
}

static bool is_copy(const struct packet *packet, const struct packet *of)
{
	uint32_t at = lasting_offset(packet), of_at = lasting_offset(of);

	return packet->ip_id == of->ip_id && packet->wirelen - at == of->wirelen - of_at &&
	       packet->caplen - at == of->caplen - of_at && packet->caplen > at &&
	       memcmp(packet->data + at, of->data + of_at, packet->caplen - at) == 0;
}

/*
 * A packet that is captured twice says the same twice, and would make each number come twice.  So
 * the same bytes, soon after the first ones, are passed over.
 */
static void leave_out_copies(struct jury *jury)
{
	for (uint32_t i = 0; i < jury->count; i++) {
		const struct packet *packet = &jury->packets[i];
		bool copy = false;

		for (uint32_t back = 1; back <= COPIES_WITHIN && back <= i && !copy; back++)
			copy = is_copy(packet, &jury->packets[i - back]);
		if (!copy)
			jury->heard[jury->heard_count++] = packet;
	}
}

/* The numbers of the stream that most packets of the trial belong to. */
struct testimony {
	struct profile_number number[DISCOVER_PACKETS];
	uint32_t count;
	uint32_t accepted; /* packets that are of the profile, numbered or not */
};

static bool same_stream(const struct profile_number *a, const struct profile_number *b)
{
	return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

static void hear(const struct jury *jury, const struct profile *profile, struct testimony *heard)
{
	*heard = (struct testimony){ 0 };
	for (uint32_t i = 0; i < jury->heard_count; i++) {
		struct profile_number numbers[PROFILE_NUMBERS];
		struct profile_view view;
		int count = -1;

		if (profile_view(profile, jury->heard[i], &view))
			count = profile->read(&view, numbers);
		heard->accepted += count >= 0;
		for (int n = 0; n < count && heard->count < DISCOVER_PACKETS; n++)
			heard->number[heard->count++] = numbers[n];
	}
}

/* Leaves the numbers of the most frequent key. */
static void keep_main_stream(struct testimony *heard)
{
	uint32_t best = 0, most = 0, kept = 0;
	struct profile_number key;

	for (uint32_t i = 0; i < heard->count; i++) {
		uint32_t same = 0;

		for (uint32_t j = 0; j < heard->count; j++)
			same += same_stream(&heard->number[i], &heard->number[j]);
		if (same > most) {
			most = same;
			best = i;
		}
	}
	key = heard->number[best];
	for (uint32_t i = 0; i < heard->count; i++)
		if (same_stream(&heard->number[i], &key))
			heard->number[kept++] = heard->number[i];
	heard->count = kept;
}

/*
 * Of the byte orders in which a few numbers may be read, that is right in which most go up by one,
 * and the others by little.
 */
static unsigned weigh_few(const struct testimony *heard, uint64_t modulus)
{
	uint32_t ones = 0;

	for (uint32_t i = 1; i < heard->count; i++) {
		uint64_t step = heard->number[i].number - heard->number[i - 1].number + modulus;

		step = (step + FEW_WITHIN) % modulus;
		if (step > 2 * FEW_WITHIN)
			return 0;
		ones += step == FEW_WITHIN + 1;
	}
	return heard->count >= TRIAL_LEAST_CERTAIN && ones * 2 >= heard->count - 1 ? BELIEVED : 0;
}

/* How well the profile fits what was kept, of 100. */
static unsigned weigh(const struct jury *jury, const struct profile *profile)
{
	struct testimony heard;
	uint64_t numbers[DISCOVER_PACKETS];

	hear(jury, profile, &heard);
	if (profile->blind || heard.accepted * 4 < jury->heard_count * 3)
		return 0;
	keep_main_stream(&heard);
	if (heard.count < DISCOVER_LEAST)
		return profile->certain ? weigh_few(&heard, profile->modulus) : 0;
	for (uint32_t i = 0; i < heard.count; i++)
		numbers[i] = heard.number[i].number;
	return discover_counts(numbers, heard.count, profile->modulus, 1);
}

static void believe(struct sequence_source *source, unsigned confidence)
{
	source->confidence = confidence >= PROVEN ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
}

/* The first profile that fits, NULL if none. */
static struct sequence_source *try_profiles(struct jury *jury)
{
	const struct profile *found[TRIAL_CANDIDATES];
	unsigned count = sequence_candidates(jury->sequences, &jury->packets[0], true, found);

	for (unsigned i = 0; i < count; i++) {
		unsigned confidence = weigh(jury, found[i]);

		if (confidence >= BELIEVED)
			return sequence_profile_source(jury->sequences, found[i]);
	}
	return NULL;
}

/* How many of the packets on trial are the profile's. */
static uint32_t count_recognised(const struct trial *trial, const struct profile *profile)
{
	struct profile_number numbers[PROFILE_NUMBERS];
	struct profile_view view;
	uint32_t count = 0;

	for (uint32_t i = 0; i < trial->count; i++) {
		struct packet packet = kept_packet(&trial->kept[i]);

		count += profile_view(profile, &packet, &view) &&
			 profile->read(&view, numbers) >= 0;
	}
	return count;
}

void sequence_recognise_blind(struct sequences *sequences, struct trial *trial)
{
	struct sequence_source *blind;
	const struct packet first = kept_packet(&trial->kept[0]);
	const struct profile *found[TRIAL_CANDIDATES];
	unsigned count = sequence_candidates(sequences, &first, true, found);

	for (unsigned i = 0; i < count; i++) {
		uint32_t recognised = found[i]->blind ? count_recognised(trial, found[i]) : 0;

		if (recognised < TRIAL_LEAST_BLIND ||
			(recognised * 4 < trial->count * 3 && !found[i]->selector.any_udp))
			continue;
		blind = sequence_profile_source(sequences, found[i]);
		if (!blind)
			return;
		if (!blind->frame)
			blind->frame = first.frame;
		blind->frames += trial->count;
		trial->conversation->blind = blind;
		return;
	}
}

static struct sequence_source *try_identification(struct jury *jury)
{
	uint64_t numbers[DISCOVER_PACKETS];

	if (jury->heard_count < LEAST_BY_ID || jury->packets[0].ip_version != 4 ||
		jury->packets[0].protocol != IPPROTO_UDP)
		return NULL;
	/* A header outside has a number for each packet already. */
	if (jury->packets[0].ah_offset || jury->packets[0].rtag_offset)
		return NULL;
	for (uint32_t i = 0; i < jury->heard_count; i++)
		numbers[i] = jury->heard[i]->ip_id;
	if (discover_counts(numbers, jury->heard_count, UINT64_C(1) << 16, 1) < BELIEVED)
		return NULL;
	return sequence_profile_source(jury->sequences, profile_find("ip-id"));
}

/* The bytes that discovery looks at: what nobody knows the meaning of. */
static void unknown_bytes(const struct packet *packet, struct discover_packet *bytes)
{
	uint32_t offset = packet->network_offset;

	if (packet->flags & PACKET_IP)
		offset = packet->transport_offset + packet->transport_header;
	if (offset > packet->caplen)
		offset = packet->caplen;
	bytes->data = packet->data + offset;
	bytes->length = (uint16_t)(packet->caplen - offset < DISCOVER_BYTES
					   ? packet->caplen - offset
					   : DISCOVER_BYTES);
}

/* The place of what was found, as the user would describe it. */
static void describe_field(
	struct field *field, const struct packet *packet, const struct discover_found *found)
{
	*field = (struct field)FIELD_DEFAULTS;
	field->offset = found->offset;
	field->width = found->width;
	field->little = found->little;
	field->increment = found->increment;
	if (packet->flags & PACKET_IP) {
		bool udp = packet->protocol == IPPROTO_UDP;

		field->protocol = packet->protocol;
		field->start = udp ? FIELD_PAYLOAD : FIELD_TRANSPORT;
		field->destination_port = udp ? packet->destination_port : -1;
		field->keys = 1u << FIELD_KEY_IP_SRC | 1u << FIELD_KEY_IP_DST;
		if (udp)
			field->keys |= 1u << FIELD_KEY_SOURCE_PORT |
				       1u << FIELD_KEY_DESTINATION_PORT;
	} else {
		field->ethertype = packet->ethertype;
		field->start = FIELD_NETWORK;
		field->keys = 1u << FIELD_KEY_ETH_SRC | 1u << FIELD_KEY_ETH_DST;
	}
	if (found->keyed)
		field->bytes[field->byte_count++] = found->key;
}

/* What carries packets: a number of theirs counts what somebody else sent, and not the tunnel. */
static const struct tunnel {
	uint16_t ethertype;
	uint8_t protocol;
	uint16_t port; /* of UDP, either end */
} tunnels[] = {
	{ .ethertype = 0x6558 },                          /* bridged Ethernet */
	{ .ethertype = 0x8847 },                          /* MPLS */
	{ .ethertype = 0x8848 }, { .ethertype = 0x8864 }, /* PPPoE session */
	{ .ethertype = 0x88e7 },                          /* 802.1ah */
	{ .ethertype = 0x22f3 },                          /* TRILL */
	{ .protocol = 4 },                                /* IPv4 */
	{ .protocol = 41 },                               /* IPv6 */
	{ .protocol = 47 },                               /* GRE */
	{ .protocol = 94 },                               /* IP in IP */
	{ .protocol = 97 },                               /* EtherIP */
	{ .protocol = 115 },                              /* L2TPv3 */
	{ .protocol = 137 },                              /* MPLS */
	{ .port = 1701 },                                 /* L2TP */
	{ .port = 2152 },                                 /* GTP-U */
	{ .port = 3544 },                                 /* Teredo */
	{ .port = 4341 },                                 /* LISP */
	{ .port = 4754 },                                 /* GRE (RFC 8086) */
	{ .port = 4789 },                                 /* VXLAN */
	{ .port = 4790 },                                 /* VXLAN-GPE */
	{ .port = 5247 },                                 /* CAPWAP */
	{ .port = 6080 },                                 /* GUE */
	{ .port = 6081 },                                 /* Geneve */
	{ .port = 6635 },                                 /* MPLS (RFC 7510) */
	{ .port = 8472 },                                 /* VXLAN, as Linux had it first */
};

static bool is_tunnel(const struct packet *packet)
{
	bool ip = packet->flags & PACKET_IP, udp = ip && packet->protocol == IPPROTO_UDP;

	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		const struct tunnel *tunnel = &tunnels[i];

		if ((!ip && tunnel->ethertype && tunnel->ethertype == packet->ethertype) ||
			(ip && tunnel->protocol && tunnel->protocol == packet->protocol) ||
			(udp && tunnel->port &&
				(tunnel->port == packet->source_port ||
					tunnel->port == packet->destination_port)))
			return true;
	}
	return false;
}

static bool may_discover(const struct jury *jury)
{
	const struct analyzer_options *options = &jury->sequences->options;

	if (options->discover_none || is_tunnel(&jury->packets[0]))
		return false;
	return options->discover_all || jury->packets[0].layer == LAYER_NETWORK;
}

static struct sequence_source *try_discovery(struct jury *jury)
{
	struct discover_packet bytes[DISCOVER_PACKETS];
	struct discover_found found;
	struct sequence_source *source;
	struct field field;

	if (!may_discover(jury))
		return NULL;
	/* It leaves out copies by itself. */
	for (uint32_t i = 0; i < jury->count; i++)
		unknown_bytes(&jury->packets[i], &bytes[i]);
	if (!discover_field(bytes, jury->count, &found))
		return NULL;
	describe_field(&field, &jury->packets[0], &found);
	source = sequence_field_source(jury->sequences, &field, true);
	if (source)
		believe(source, found.confidence);
	return source;
}

/* Judges what was kept. */
static void replay(struct jury *jury)
{
	struct conversation *conversation = jury->trial->conversation;
	struct sighting sighting = {
		.sequences = jury->sequences,
		.batch = jury->sequences->batch,
		.at = jury->sequences->at,
		.replay = true,
	};

	for (uint32_t i = 0; i < jury->count; i++) {
		sighting.packet = &jury->packets[i];
		if (!sequence_take(&sighting, conversation->source, &conversation->memo) &&
			is_unjudged(sighting.packet))
			kinds_count(&jury->sequences->unjudged, sighting.packet);
	}
}

void sequence_decide(struct sequences *sequences, struct trial *trial)
{
	static struct sequence_source *(*const tries[])(struct jury *) = {
		try_profiles,
		try_discovery,
		try_identification,
	};
	struct conversation *conversation = trial->conversation;
	struct jury jury = { .sequences = sequences, .trial = trial, .count = trial->count };
	struct sequence_source *source = NULL;

	for (uint32_t i = 0; i < jury.count; i++)
		jury.packets[i] = kept_packet(&trial->kept[i]);
	leave_out_copies(&jury);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]) && !source; i++)
		source = tries[i](&jury);
	if (!conversation->blind && (!source || source->profile == profile_find("ip-id")))
		sequence_recognise_blind(sequences, trial);
	if (!source)
		return;
	conversation->source = source;
	conversation->state = CONVERSATION_SETTLED;
	replay(&jury);
	sequence_trial_end(sequences, trial, true);
}
