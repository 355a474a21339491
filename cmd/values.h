/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_VALUES_H
#define PKTLINT_CMD_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Strict readers of the words that options take: the whole word counts, nothing is guessed.  All
 * have the shape that struct option_row wants: they store into `target`, whose type is told below,
 * and return 0, or -1 with `error` filled with what is wrong with `word` and what would be right.
 */

/* bool: true.  `word` is not read. */
int value_flag(void *target, const char *word, struct error *error);

/* int: how many times the option was given.  `word` is not read. */
int value_repeat(void *target, const char *word, struct error *error);

/* Nothing is stored: for options that are accepted for habit's sake. */
int value_ignore(void *target, const char *word, struct error *error);

/* const char *: the word itself, not copied, not empty. */
int value_text(void *target, const char *word, struct error *error);

/* struct word_list: one more word. */
int value_list(void *target, const char *word, struct error *error);

/* uint64_t: a count above 0, plain or with k, M, G (thousands). */
int value_count(void *target, const char *word, struct error *error);

/* uint32_t: as value_count. */
int value_count32(void *target, const char *word, struct error *error);

/* uint32_t: a whole number, 0 allowed, plain or with k, M, G. */
int value_number32(void *target, const char *word, struct error *error);

/* uint32_t: bytes, plain or with kB, MB, KiB, MiB. */
int value_bytes32(void *target, const char *word, struct error *error);

/* uint64_t: bytes above 0, plain or with kB, MB, GB, KiB, MiB, GiB. */
int value_bytes(void *target, const char *word, struct error *error);

/* uint64_t: bytes above 0 with kB, MB, KiB, MiB; a plain number is KiB, as tcpdump -B has it. */
int value_buffer(void *target, const char *word, struct error *error);

/* int64_t: a duration above 0 in nanoseconds; the unit (ns us ms s min h) must be given. */
int value_duration(void *target, const char *word, struct error *error);

/* int64_t: as value_duration, or a plain number of seconds, 0 allowed. */
int value_seconds(void *target, const char *word, struct error *error);

/* enum severity: error, warning, info, or never, which is above all. */
int value_severity(void *target, const char *word, struct error *error);

/*
 * int64_t: a point in time in nanoseconds since 1970-01-01 UTC: RFC 3339 ("2026-01-31T12:00:00.5Z",
 * "...+01:00", also with a space for the T) or seconds with a fraction ("1769860800.5").
 */
int value_time(void *target, const char *word, struct error *error);

/* double: a share between 0 and 1, or in percent ("0.5%"). */
int value_ratio(void *target, const char *word, struct error *error);

/* A word that an option takes, and what it stands for (>= 0). */
struct value_word {
	const char *name;
	int value;
};

/* Returns what `word` stands for in a list that an entry without name ends, -1 if not in it. */
int value_find_word(const struct value_word *words, const char *word);

/*
 * Words collected by a repeatable option, in order; the words are not copied.  Freed by the owner
 * of `words`.
 */
struct word_list {
	const char **words;
	size_t count;
};

#endif
