/* SPDX-License-Identifier: BSD-2-Clause */
/* How does a paragraph come about whose words are not known beforehand? It is drafted first. */
#include "report/draft.h"

#include <stdlib.h>

FILE *draft_open(struct draft *draft)
{
	draft->text = NULL;
	draft->stream = open_memstream(&draft->text, &draft->size);
	return draft->stream;
}

void draft_set(
	const struct layout *layout, struct draft *draft, const struct layout_paragraph *paragraph)
{
	struct layout_paragraph filled = *paragraph;

	fclose(draft->stream);
	filled.text = draft->text;
	if (draft->size > 0)
		layout_write(layout, &filled);
	free(draft->text);
}

const char *draft_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
