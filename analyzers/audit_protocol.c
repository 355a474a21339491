/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do settings of TCP take away what a diagnosis reads?  Each is a policy that somebody may want:
 * information, never more.  Documentation/networking/ip-sysctl.rst.
 */
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_parts.h"

#define IPV4 "/proc/sys/net/ipv4/"

static const struct evidence {
	const char *path, *lost;
} evidences[] = {
	{ IPV4 "tcp_sack",
		"which segments a receiver holds: loss and reordering look alike at a sender" },
	{ IPV4 "tcp_dsack", "which resends were needless" },
	{ IPV4 "tcp_timestamps",
		"the order in which segments were sent, and the round trip of resends" },
};

/* All that are off are one finding: they are one policy. */
static void judge_evidence(struct audit *audit)
{
	struct finding *finding = NULL;

	for (size_t i = 0; i < sizeof(evidences) / sizeof(evidences[0]); i++) {
		const char *path = evidences[i].path, *text = host_text(audit->host, "%s", path);
		size_t length;

		if (!text || strcmp(text, "0") != 0)
			continue;
		if (!finding)
			finding = audit_find(audit, FINDING_PL5701, NULL);
		finding->confidence = CONFIDENCE_PROVEN;
		length = strlen(finding->what);
		snprintf(finding->what + length, sizeof(finding->what) - length,
			"%s%s is off, so nothing tells %s", length ? "; " : "", path + strlen(IPV4),
			evidences[i].lost);
		audit_cite(audit, finding, "%s", path);
		audit_sysctl(audit, finding, path, 0, 1);
	}
	if (finding)
		snprintf(finding->lasting, sizeof(finding->lasting),
			"take what is off out of /etc/sysctl.conf and /etc/sysctl.d");
}

const struct audit_rule audit_protocol_rules[] = {
	{ .name = "tcp-evidence-off", .machine = judge_evidence },
	{ 0 },
};
