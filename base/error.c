/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way in which code below cmd/ says what went wrong: a sentence in the caller's struct. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return -1;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -1;
}
