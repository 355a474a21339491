/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_GOLDEN_H
#define PKTLINT_TESTS_GOLDEN_H

/*
 * Comparison with a file of tests/golden.  With UPDATE set in the environment the files are
 * written instead: to be read with "git diff" before they are believed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What `writer` makes of `report`; freed by the caller. */
static inline char *written(const struct writer *writer, const struct report *report,
	const struct writer_options *options)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(writer->write(out, report, options), 0);
	fclose(out);
	return text;
}

static void assert_golden(const char *name, const char *text)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096], *golden;
	size_t size = strlen(text) + 2;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/golden/%s", top ? top : ".", name);
	file = fopen(path, getenv("UPDATE") ? "w+" : "r");
	if (!file)
		fail_msg("cannot open '%s'", path);
	if (getenv("UPDATE")) {
		fputs(text, file);
		rewind(file);
	}
	golden = calloc(1, size);
	assert_non_null(golden);
	golden[fread(golden, 1, size - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, golden);
	free(golden);
}

#endif
