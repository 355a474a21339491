/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_HELP_H
#define PKTLINT_CMD_HELP_H

#include "cmd/options.h"

/* What `pktlint --help` says, and the options before the command. */
extern const struct usage program_usage;

#endif
