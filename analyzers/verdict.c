/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for what was decided: one table each, from the lists in verdict.h. */
#include "analyzers/verdict.h"

#include <string.h>

#define X(name, text) #text,
static const char *const label_names[] = { LABELS(X) };
static const char *const cause_names[] = { CAUSES(X) };
static const char *const evidence_names[] = { EVIDENCES(X) };
#undef X
static const char *const place_names[] = { "none", "upstream", "downstream", "unknown" };

const char *label_name(enum label label)
{
	return label_names[label];
}

const char *cause_name(enum cause cause)
{
	return cause_names[cause];
}

const char *evidence_name(enum evidence_bit bit)
{
	return evidence_names[bit];
}

const char *loss_place_name(enum loss_place place)
{
	return place_names[place];
}

int label_find(const char *name)
{
	for (int i = 0; i < LABEL_COUNT; i++)
		if (!strcmp(label_names[i], name))
			return i;
	return -1;
}
