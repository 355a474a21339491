/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is it one of our own probes (probe/packet.h), and which one?  Its magic and its CRC say so; the
 * numbers count by run and stream, whatever CPU or port sent them.  One that was changed on the
 * way, and one that says how many there were, carry no number.
 */
#include "analyzers/profile_parts.h"
#include "probe/packet.h"

static int probe_profile_read(const struct profile_view *view, struct profile_number *numbers)
{
	struct probe probe;
	enum probe_state state = probe_read(view->data, view->present, view->length, &probe);

	if (state == PROBE_NONE)
		return -1;
	if (state == PROBE_CORRUPT || probe.end)
		return 0;
	profile_one(numbers, probe.number, probe.length, view->data + PROBE_KEY_AT, PROBE_KEY);
	numbers->timed = true;
	numbers->sent_ns = probe.sent_ns;
	return 1;
}

const struct profile profile_probe = {
	.name = "probe",
	.key_name = "run",
	.summary = "pktlint's own probes, pktlint-probe(8): 64 bits, by run and stream",
	.found_by = "their magic, in EtherTypes without a name and on any UDP port",
	.selector = { .any_ethertype = true, .any_udp = true },
	.scope = SCOPE_KEY,
	.trust = TRUST_ITSELF,
	.read = probe_profile_read,
};
