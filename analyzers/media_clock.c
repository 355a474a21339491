/* SPDX-License-Identifier: BSD-2-Clause */
/* When was a media packet sent, by its sender's clock? */
#include "analyzers/media_clock.h"

#include <math.h>
#include <stddef.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define LEARN_PACKETS 50
#define LEARN_NS NS_PER_SECOND
#define TOLERANCE 0.04 /* of a rate: jitter of the second that it is learned from */

/* Clock rates of the payload formats in use (RFC 3551 6, RFC 7587 4.1). */
static const uint32_t rates[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000,
	90000, 96000 };

static void learn(struct media_clock *clock, int64_t elapsed_ns)
{
	double measured = (double)clock->units * NS_PER_SECOND / (double)elapsed_ns;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (fabs(measured - rates[i]) < TOLERANCE * rates[i])
			clock->rate_hz = rates[i];
}

bool media_clock_read(struct media_clock *clock, uint32_t stamp, uint32_t rate_hz, int64_t time_ns,
	int64_t *sent_ns)
{
	int64_t elapsed_ns;

	if (!clock->started)
		*clock = (struct media_clock){
			.last = stamp, .first_ns = time_ns, .started = true
		};
	clock->units += (int32_t)(stamp - clock->last);
	clock->last = stamp;
	clock->packets++;
	elapsed_ns = time_ns - clock->first_ns;
	if (rate_hz)
		clock->rate_hz = rate_hz;
	else if (!clock->rate_hz && clock->packets >= LEARN_PACKETS && elapsed_ns >= LEARN_NS)
		learn(clock, elapsed_ns);
	if (!clock->rate_hz)
		return false;
	*sent_ns = clock->units / clock->rate_hz * NS_PER_SECOND +
		   clock->units % clock->rate_hz * NS_PER_SECOND / clock->rate_hz;
	return true;
}
