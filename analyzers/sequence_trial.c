/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first packets of conversations in which something may count: kept until there are enough to
 * decide, within a bound for all of them together.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/discover.h"
#include "analyzers/sequence_trial.h"
#include "base/memory.h"

#define TRIAL_ALL_BYTES (size_t)(16u << 20)

static void unlink_trial(struct sequences *sequences, struct trial *trial)
{
	if (trial->older)
		trial->older->newer = trial->newer;
	else
		sequences->oldest = trial->newer;
	if (trial->newer)
		trial->newer->older = trial->older;
	else
		sequences->newest = trial->older;
}

static void link_trial(struct sequences *sequences, struct trial *trial)
{
	trial->newer = NULL;
	trial->older = sequences->newest;
	if (sequences->newest)
		sequences->newest->newer = trial;
	else
		sequences->oldest = trial;
	sequences->newest = trial;
}

/* Nobody came to judge what was kept: it is told by kind, as the health of the capture does. */
static void count_kept(struct sequences *sequences, const struct trial *trial)
{
	for (uint32_t i = 0; i < trial->count; i++)
		if (is_unjudged(&trial->kept[i].packet))
			kinds_count(&sequences->unjudged, &trial->kept[i].packet);
}

void sequence_trials_free(struct sequences *sequences)
{
	for (struct trial *newer, *trial = sequences->oldest; trial; trial = newer) {
		newer = trial->newer;
		free(trial);
	}
}

void sequence_stop_watching(struct sequences *sequences, struct conversation *conversation)
{
	sequences->watching -= conversation->watches;
	conversation->watches = false;
}

void sequence_trial_end(struct sequences *sequences, struct trial *trial, bool judged)
{
	const struct sequence_source *source = trial->conversation->source;

	if (!judged)
		count_kept(sequences, trial);
	unlink_trial(sequences, trial);
	sequences->trial_bytes -= trial->capacity * sizeof(struct kept);
	trial->conversation->trial = NULL;
	trial->conversation->packets = 0;
	if (!source || !source->profile || !source->profile->shared)
		sequence_stop_watching(sequences, trial->conversation);
	free(trial);
}

/* Room for more packets; trials of conversations that fell silent give way. */
static void take_bytes(struct sequences *sequences, size_t bytes)
{
	while (sequences->trial_bytes + bytes > TRIAL_ALL_BYTES && sequences->oldest) {
		sequences->oldest->conversation->state = CONVERSATION_SILENT;
		sequences->trials_given_up++;
		sequence_trial_end(sequences, sequences->oldest, false);
	}
	sequences->trial_bytes += bytes;
}

struct trial *sequence_trial_begin(struct sequences *sequences, struct conversation *conversation)
{
	struct trial *trial;

	take_bytes(sequences, sizeof(struct kept));
	trial = memory_alloc(1, sizeof(*trial) + sizeof(struct kept));
	trial->capacity = 1;
	trial->conversation = conversation;
	conversation->trial = trial;
	conversation->state = CONVERSATION_TRIAL;
	conversation->trials++;
	link_trial(sequences, trial);
	return trial;
}

/* Twice the room in a trial that is in no list.  Returns where it is now. */
static struct trial *grow_trial(struct sequences *sequences, struct trial *trial)
{
	size_t bytes = trial->capacity * sizeof(struct kept);

	take_bytes(sequences, bytes);
	trial = memory_grow(trial, 1, sizeof(*trial) + 2 * bytes);
	trial->capacity *= 2;
	trial->conversation->trial = trial;
	return trial;
}

struct trial *sequence_trial_keep(
	struct sequences *sequences, struct trial *trial, struct packet *packet)
{
	uint32_t bytes = packet->caplen < TRIAL_BYTES ? packet->caplen : TRIAL_BYTES;
	struct kept *kept;

	unlink_trial(sequences, trial);
	if (trial->count == trial->capacity)
		trial = grow_trial(sequences, trial);
	link_trial(sequences, trial);
	kept = &trial->kept[trial->count++];
	kept->packet = *packet;
	kept->packet.caplen = bytes;
	memcpy(kept->bytes, packet->data, bytes);
	packet->flags |= PACKET_ON_TRIAL;
	return trial;
}
