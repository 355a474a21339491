/* SPDX-License-Identifier: BSD-2-Clause */
/* TEMPORARY: stands in for the table of profiles until that is there. */
#include <stddef.h>
#include <string.h>

#include "analyzers/profile.h"

static const struct profile rtp = {
	.name = "rtp",
	.summary = "RTP media, RFC 3550: 16 bits, by SSRC",
	.found_by = "heuristics, any UDP port",
};

static const struct profile quic = {
	.name = "quic",
	.summary = "QUIC, RFC 9000",
	.found_by = "UDP port 443",
	.blind = "packet numbers are encrypted; the spin bit tells round trips",
};

const struct profile *const profiles[] = { &rtp, &quic, NULL };

const struct profile *profile_find(const char *name)
{
	for (size_t i = 0; profiles[i]; i++)
		if (strcmp(profiles[i]->name, name) == 0)
			return profiles[i];
	return NULL;
}
