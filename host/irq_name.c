/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interface is an interrupt named after? Drivers put its name anywhere among other words, so
 * each part that could be one is offered, and the caller knows which there are.
 */
#include "host/irq_name.h"

#include <ctype.h>
#include <string.h>

bool irq_next_name(const char *actions, struct irq_place *place, char name[IRQ_MAX_NAME])
{
	size_t size = strnlen(actions, IRQ_MAX_TEXT), end;

	for (; place->start < size; place->start++, place->length = 0) {
		if (!isalnum((unsigned char)actions[place->start]) ||
			(place->start && isalnum((unsigned char)actions[place->start - 1])))
			continue;
		while (++place->length < IRQ_MAX_NAME) {
			end = place->start + place->length;
			if (end > size)
				break;
			if (isalnum((unsigned char)actions[end]))
				continue;
			memcpy(name, actions + place->start, place->length);
			name[place->length] = '\0';
			return true;
		}
	}
	return false;
}
