/* SPDX-License-Identifier: BSD-2-Clause */
/* In which forms can a report be had? One line a format. */
#include "report/report.h"

const struct writer *const writers[] = {
	&writer_text,
	&writer_json,
	NULL,
};
