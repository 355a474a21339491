/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a conversation: one direction of a flow, or the frames of one EtherType between
 * two stations?  A header may settle whose numbers it has; else its first packets are on trial,
 * and where nothing counts it is left alone for a while.
 */
#include <netinet/in.h>
#include <string.h>

#include "analyzers/discover.h"
#include "analyzers/sequence_trial.h"
#include "base/memory.h"

#define TRIALS 3   /* a conversation is given */
#define PAUSE 4096 /* packets from one trial to the next */
#define LINKTYPE_ETHERNET 1
#define STATION_BYTES 12 /* destination and source address */
#define STATION_WORDS 2  /* of the key: these, EtherType and VLAN */

/* Decisions are made at 8, 16, 32 and 64 packets. */
static bool is_time_to_decide(const struct trial *trial)
{
	return trial->count >= DISCOVER_LEAST && (trial->count & (trial->count - 1)) == 0;
}

/* Whether the packet's identification may be a counter. */
static bool is_identified(const struct packet *packet)
{
	return packet->ip_version == 4 && packet->protocol == IPPROTO_UDP && packet->ip_id;
}

/* Whose numbers may be those of all the sender's packets, not of this conversation's. */
static void watch_sender(
	struct sequences *sequences, struct conversation *conversation, const struct packet *packet)
{
	sequence_sender_watch(sequences->senders, packet);
	sequences->watching += !conversation->watches;
	conversation->watches = true;
}

static void hear_packet(struct sighting *sighting, struct conversation *conversation)
{
	struct sequences *sequences = sighting->sequences;
	struct trial *trial = conversation->trial;

	if (!trial)
		trial = sequence_trial_begin(sequences, conversation);
	/* Many conversations have one packet: their senders would crowd out the others. */
	if (trial->count == 1 && is_identified(sighting->packet))
		watch_sender(sequences, conversation, sighting->packet);
	trial = sequence_trial_keep(sequences, trial, sighting->packet);
	if (!is_time_to_decide(trial))
		return;
	sequence_decide(sequences, trial);
	if (conversation->trial && trial->count == DISCOVER_PACKETS) {
		conversation->state = CONVERSATION_SILENT;
		sequence_trial_end(sequences, trial, false);
	}
}

/* Whether a packet that the profile reads is of it for sure; no port of UDP says so. */
static bool settles(const struct profile *profile, const struct packet *packet)
{
	return profile->trust == TRUST_ITSELF ||
	       (profile->trust == TRUST_SELECTOR && packet->protocol != IPPROTO_UDP);
}

/* The profile that the packet settles, NULL if none does. */
static const struct profile *settled_profile(
	const struct sequences *sequences, const struct packet *packet)
{
	const struct profile *found[TRIAL_CANDIDATES];
	unsigned count = sequence_candidates(
		sequences, packet, packet->protocol == IPPROTO_UDP, found);

	for (unsigned i = 0; i < count; i++) {
		struct profile_number numbers[PROFILE_NUMBERS];
		struct profile_view view;

		if (settles(found[i], packet) && profile_view(found[i], packet, &view) &&
			found[i]->read(&view, numbers) >= 0)
			return found[i];
	}
	return NULL;
}

/* Whether anything may be found in packets like this one. */
static bool is_worth_a_trial(const struct sequences *sequences, const struct packet *packet)
{
	const struct profile *found[TRIAL_CANDIDATES];

	if (packet->protocol == IPPROTO_UDP || sequence_candidates(sequences, packet, true, found))
		return true;
	if (sequences->options.discover_none)
		return false;
	if (packet->layer == LAYER_NETWORK)
		return sequences->options.discover_all ||
		       (packet->ethertype && !decode_ethertype_is_known(packet->ethertype));
	return packet->layer == LAYER_PROTOCOL && sequences->options.discover_all;
}

static void begin_conversation(
	struct sequences *sequences, struct conversation *conversation, const struct packet *packet)
{
	const struct profile *profile = settled_profile(sequences, packet);

	conversation->state = CONVERSATION_SILENT;
	conversation->trials = TRIALS;
	if (profile)
		conversation->source = sequence_profile_source(sequences, profile);
	if (conversation->source) {
		conversation->state = CONVERSATION_SETTLED;
	} else if (is_worth_a_trial(sequences, packet)) {
		conversation->trials = 0;
		conversation->state = CONVERSATION_TRIAL;
	}
}

/* The conversation of frames without IP: by EtherType, VLAN and both stations. */
static struct conversation *conversation_of_stations(
	struct sequences *sequences, const struct packet *packet)
{
	uint16_t kind[] = { packet->ethertype, packet->vlan_id };
	struct keyed_key key;
	uint32_t record;
	bool made;

	key.words = STATION_WORDS;
	key.bytes = STATION_WORDS * sizeof(key.word[0]);
	key.word[0] = key.word[1] = 0;
	memcpy(key.word, kind, sizeof(kind));
	if (packet->linktype == LINKTYPE_ETHERNET)
		memcpy((char *)key.word + sizeof(kind), packet->data, STATION_BYTES);
	record = keyed_find(sequences->stations, &key, sequences->ticks, &made);
	if (!sequences->of_stations)
		sequences->of_stations = memory_alloc(
			SEQUENCE_STATIONS, sizeof(*sequences->of_stations));
	return &sequences->of_stations[record];
}

static void stay_silent(struct conversation *conversation)
{
	if (conversation->trials < TRIALS && ++conversation->packets >= PAUSE)
		conversation->state = CONVERSATION_TRIAL;
}

void sequence_converse(struct sighting *sighting)
{
	struct packet *packet = sighting->packet;
	struct conversation *conversation;

	if (packet->flow)
		conversation = &packet->flow->sequence.conversation[packet->side];
	else if (packet->layer == LAYER_NETWORK)
		conversation = conversation_of_stations(sighting->sequences, packet);
	else
		return;
	if (conversation->state == CONVERSATION_NEW)
		begin_conversation(sighting->sequences, conversation, packet);
	if (conversation->blind)
		conversation->blind->frames++;
	if (conversation->state == CONVERSATION_SETTLED)
		sequence_take(sighting, conversation->source, &conversation->memo);
	else if (conversation->state == CONVERSATION_TRIAL)
		hear_packet(sighting, conversation);
	else
		stay_silent(conversation);
}

/* How many packets are enough when no more will come. */
static uint32_t least_to_decide(const struct conversation *conversation)
{
	uint8_t protocol = conversation->trial->kept[0].packet.protocol;
	bool echo = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;

	return echo ? TRIAL_LEAST_CERTAIN : DISCOVER_LEAST;
}

void sequence_conversation_end(struct sequences *sequences, struct conversation *conversation)
{
	if (conversation->trial && conversation->trial->count >= least_to_decide(conversation))
		sequence_decide(sequences, conversation->trial);
	else if (conversation->trial && conversation->trial->count >= TRIAL_LEAST_BLIND)
		sequence_recognise_blind(sequences, conversation->trial);
	if (conversation->trial)
		sequence_trial_end(sequences, conversation->trial, false);
	sequence_stop_watching(sequences, conversation);
	*conversation = (struct conversation){ .state = CONVERSATION_NEW };
}
