/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_CPUS_H
#define PKTLINT_BASE_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS_LIST_BYTES 4096 /* more than the longest list takes */
#define CPUS_MAX 1024        /* CPUs from this number on are left out */

/* A set of CPUs; zeroed it is empty.  Plain value. */
struct cpus {
	uint64_t words[CPUS_MAX / 64];
};

/*
 * Read a mask as sysfs has it ("00000000,0000000f", bit 0 is CPU 0) or a list ("0-3,8"; "" is
 * empty).  False if the text is neither; then the set is empty.
 */
bool cpus_from_mask(struct cpus *cpus, const char *text);
bool cpus_from_list(struct cpus *cpus, const char *text);

bool cpus_has(const struct cpus *cpus, unsigned cpu);
void cpus_add(struct cpus *cpus, unsigned cpu);
unsigned cpus_count(const struct cpus *cpus);
bool cpus_equal(const struct cpus *a, const struct cpus *b);

/* What is in both; what is in `a` and not in `b`; what is in either. */
struct cpus cpus_and(const struct cpus *a, const struct cpus *b);
struct cpus cpus_without(const struct cpus *a, const struct cpus *b);
struct cpus cpus_or(const struct cpus *a, const struct cpus *b);

/* The lowest CPU not below `from`, or -1. */
int cpus_next(const struct cpus *cpus, unsigned from);

/*
 * Writes the set as a list, "0-3,8", or as a mask as sysfs takes it, "f"; cut to fit, which ".."
 * at its end tells, for it would be no less a set.  Returns `text`.
 */
char *cpus_list(const struct cpus *cpus, char *text, size_t size);
char *cpus_mask(const struct cpus *cpus, char *text, size_t size);

#endif
