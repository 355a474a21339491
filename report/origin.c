/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for where packets are overtaken: one table, for all outputs. */
#include "report/origin.h"

const char *origin_name(enum origin origin)
{
	static const char *const names[ORIGIN_COUNT] = {
#define X(id, name, text) #name,
		ORIGINS(X)
#undef X
	};

	return names[origin];
}

const char *origin_text(enum origin origin)
{
	static const char *const texts[ORIGIN_COUNT] = {
#define X(id, name, text) text,
		ORIGINS(X)
#undef X
	};

	return texts[origin];
}

bool origin_is_inside(enum origin origin)
{
	return origin >= ORIGIN_HOST_BACKLOG && origin <= ORIGIN_HOST;
}
