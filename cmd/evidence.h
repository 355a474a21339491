/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_EVIDENCE_H
#define PKTLINT_CMD_EVIDENCE_H

#include "base/error.h"
#include "capture/write.h"
#include "cmd/selection.h"
#include "cmd/source.h"
#include "report/report.h"

/*
 * Reads the sources again and writes to `file` the frames that `selection` chose or refers to and
 * those that the report's findings name.  Returns 0, or -1 with `error` filled.
 */
int evidence_write(const struct source_options *source, struct selection *selection,
	const struct report *report, struct capture_writer *file, struct error *error);

#endif
