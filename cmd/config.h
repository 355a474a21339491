/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_CONFIG_H
#define PKTLINT_CMD_CONFIG_H

#include "analyzers/field.h"
#include "base/error.h"
#include "cmd/values.h"

/* The sequences that the user describes, in pktlint.conf(5) and behind --sequence. */

#define CONFIG_FILE SYSCONFDIR "/pktlint.conf"

#define CONFIG_MAX_BYTES 65536
#define CONFIG_MAX_LINE 1000
#define CONFIG_MAX_SEQUENCES 64 /* each is tried on every packet */

/* Reader for struct option_row, target: const char *, the `path` of config_read(). */
int config_take_path(void *target, const char *word, struct error *error);

/*
 * Appends the sequences of a file to `list`: of CONFIG_FILE if `path` is NULL, which need not
 * exist; of none if `path` is "" or "none".  Returns 0, or -1 with `error` filled: it names the
 * file and the line.  Whoever owns `list` frees it in either case.
 */
int config_read(struct field_list *list, const char *path, struct error *error);

/*
 * Takes the words of --sequence, after config_read(): appends those that are specifications, and
 * checks that there is a sequence or a profile of each other one's name.  Returns 0, or -1 with
 * `error` filled.
 */
int config_add_words(struct field_list *list, const struct word_list *words, struct error *error);

#endif
