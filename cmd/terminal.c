/* SPDX-License-Identifier: BSD-2-Clause */
/* What does the terminal stand? Colour by --color, NO_COLOR (no-color.org), TERM, in this order. */
#include "cmd/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const words[] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
};

int terminal_take_color(void *target, const char *word, struct error *error)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0) {
			*(enum color *)target = (enum color)i;
			return 0;
		}
	return error_set(error, "'%s' is not auto, always or never", word);
}

bool terminal_wants_color(enum color color, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return !(no_color && *no_color) && isatty(fileno(out)) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

unsigned terminal_columns(FILE *out, unsigned most)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_col > most)
		return most;
	return size.ws_col;
}
