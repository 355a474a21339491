/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_ERROR_H
#define PKTLINT_BASE_ERROR_H

/*
 * What went wrong, for a person: lower case, no full stop, the object in quotes, the remedy if
 * there is one.  Owned by the caller, always NUL-terminated once set, empty before.
 */
struct error {
	char text[512];
};

/*
 * Formats a message into `error` (which may be NULL: then nothing happens), cutting it to fit.
 * Returns -1 always, so that a function can end with `return error_set(...)`.
 */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
