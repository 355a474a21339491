/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers for people, the same in every locale. */
#include "base/number.h"

#include <string.h>

char *number_grouped(uint64_t value, char text[static NUMBER_GROUPED_BYTES])
{
	char reversed[NUMBER_GROUPED_BYTES];
	size_t length = 0;

	for (unsigned digits = 0; value || !digits; digits++) {
		if (digits && digits % 3 == 0)
			reversed[length++] = ',';
		reversed[length++] = (char)('0' + value % 10);
		value /= 10;
	}
	for (size_t i = 0; i < length; i++)
		text[i] = reversed[length - 1 - i];
	text[length] = '\0';
	return text;
}
