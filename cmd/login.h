/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_LOGIN_H
#define PKTLINT_CMD_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the address of this host that the login runs over, as inet_ntop(3) does: the third word
 * of $SSH_CONNECTION, or, since sudo(8) takes that away, of a parent's.  False, and `text` empty,
 * without one.
 */
bool login_address(char *text, size_t size);

/* The same of one value of $SSH_CONNECTION, which may be anything. */
bool login_parse(const char *connection, char *text, size_t size);

#endif
