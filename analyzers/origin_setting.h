/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ORIGIN_SETTING_H
#define PKTLINT_ANALYZERS_ORIGIN_SETTING_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/analyzer.h"
#include "analyzers/origin.h"

/* What matters of the capturing machine to who reordered, and what became of it meanwhile. */
struct origin_settings;

/* Returns what is freed with origin_settings_free(); `options` is borrowed. */
struct origin_settings *origin_settings_new(const struct analyzer_options *options);
void origin_settings_free(struct origin_settings *settings); /* NULL is allowed */

/* Take what happened meanwhile; nothing is kept of the arguments. */
void origin_settings_drop(struct origin_settings *settings, const struct drop *drop);
void origin_settings_change(struct origin_settings *settings, const struct change *change);

/* Whether the clock was set back: then stamps may look as if they were out of order. */
bool origin_settings_clock_back(const struct origin_settings *settings);

/*
 * Fills `setting` for an interface by its run-wide index; report->sources are there.  Its texts
 * live as long as `settings`, the host, and the report.
 */
void origin_settings_fill(const struct origin_settings *settings, const struct report *report,
	uint32_t interface, struct origin_setting *setting);

#endif
