/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting of text: where lines break, what stands at their ends, commands that can be copied. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "report/layout.h"

/* A layout of 60 columns that writes into memory. */
struct sheet {
	struct layout layout;
	char *text;
	size_t size;
};

static void open_sheet(struct sheet *sheet)
{
	FILE *out = open_memstream(&sheet->text, &sheet->size);

	assert_non_null(out);
	sheet->layout = layout_make(out, 1, false);
}

static void close_sheet(struct sheet *sheet, const char *expected)
{
	fclose(sheet->layout.out);
	assert_string_equal(sheet->text, expected);
	free(sheet->text);
}

static void words_hang_below_the_first(void **state)
{
	struct sheet sheet;

	open_sheet(&sheet);
	layout_text(&sheet.layout, "what", 7,
		"one two three four five six seven eight nine ten eleven twelve");
	close_sheet(&sheet, "what   one two three four five six seven eight nine ten\n"
			    "       eleven twelve\n");
}

static void long_head_goes_on(void **state)
{
	struct sheet sheet;

	open_sheet(&sheet);
	layout_text(&sheet.layout, "longer head", 7, "text");
	layout_text(&sheet.layout, "head   ", 7, "text");
	layout_text(&sheet.layout, "", 0, "");
	close_sheet(&sheet, "longer head text\nhead   text\n\n");
}

static void tail_is_at_the_right_or_below(void **state)
{
	struct layout_paragraph paragraph = { .head = "WARN", .indent = 7, .tail = "proven" };
	struct sheet sheet;

	open_sheet(&sheet);
	paragraph.text = "123456789 123456789 123456789 123456789 12345";
	layout_write(&sheet.layout, &paragraph);
	paragraph.text = "123456789 123456789 123456789 123456789 123456";
	layout_write(&sheet.layout, &paragraph);
	close_sheet(&sheet, "WARN   123456789 123456789 123456789 123456789 12345  proven\n"
			    "WARN   123456789 123456789 123456789 123456789 123456\n"
			    "                                                      proven\n");
}

static void a_word_too_long_is_cut_between_characters(void **state)
{
	struct sheet sheet;

	open_sheet(&sheet);
	layout_text(&sheet.layout, "", 54, "abcde\xc3\xbcghij");
	close_sheet(&sheet, "                                                      abcde\xc3\xbc\n"
			    "                                                      ghij\n");
}

static void steering_text_is_spelled_out(void **state)
{
	struct sheet sheet;

	open_sheet(&sheet);
	layout_text(&sheet.layout, "", 0, "a\033[2J\nb");
	close_sheet(&sheet, "a\\x1b[2J\\x0ab\n");
}

static void commands_can_be_copied(void **state)
{
	struct sheet sheet;

	open_sheet(&sheet);
	layout_command(&sheet.layout, 2,
		"pktlint dump -r 'a name with blanks in it.pcap' --flow 3 --only reordered");
	layout_command(&sheet.layout, 2,
		"cat 'a single word that is longer than any line of this sheet could ever be'");
	layout_command(
		&sheet.layout, 2, "echo of a line that is so full, and that to its end # [hot]");
	close_sheet(&sheet,
		"  $ pktlint dump -r 'a name with blanks in it.pcap' --flow \\\n"
		"      3 --only reordered\n"
		"  $ cat \\\n"
		"      'a single word that is longer than any line of this sheet could ever be'\n"
		"  $ echo of a line that is so full, and that to its end \\\n"
		"      # [hot]\n");
}

static void pages_have_paragraphs_and_commands(void **state)
{
	struct sheet sheet;

	open_sheet(&sheet);
	layout_page(&sheet.layout, "fix", 5, "First.\n$ do this\nThen.");
	close_sheet(&sheet, "fix  First.\n     $ do this\n     Then.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_hang_below_the_first),
		cmocka_unit_test(long_head_goes_on),
		cmocka_unit_test(tail_is_at_the_right_or_below),
		cmocka_unit_test(a_word_too_long_is_cut_between_characters),
		cmocka_unit_test(steering_text_is_spelled_out),
		cmocka_unit_test(commands_can_be_copied),
		cmocka_unit_test(pages_have_paragraphs_and_commands),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
