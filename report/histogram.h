/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_HISTOGRAM_H
#define PKTLINT_REPORT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Fixed buckets "log2/8": values below 8 have a bucket each, above that every power of two is
 * split in 8, so a value is known within 12.5 %.  Fixed, so that histograms of threads, files and
 * hosts add up; percentiles are computed when written, never stored.
 */
#define HISTOGRAM_BUCKETS 496

struct histogram {
	uint64_t count, sum;
	uint64_t min, max; /* exact; meaningful if count > 0 */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* Adds `value` so many times. */
void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t times);

/* Adds all of `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* Smallest value that falls into bucket `index` (below HISTOGRAM_BUCKETS). */
uint64_t histogram_bucket_floor(unsigned index);

/*
 * The value below or at which `share` (0..1) of the values lie: the upper edge of its bucket, but
 * never beyond the exact extremes.  0 if the histogram is empty.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

/* Arithmetic mean of the exact values, 0 if the histogram is empty. */
double histogram_mean(const struct histogram *histogram);

#endif
