/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How are the values spread? Buckets of fixed edges, eight for every power of two, found by
 * counting leading zeros: adding is O(1), and two histograms add up bucket by bucket.
 */
#include "report/histogram.h"

#define STEPS 8 /* buckets of one power of two, and the values that have a bucket of their own */

static unsigned bucket_index(uint64_t value)
{
	unsigned exponent;

	if (value < STEPS)
		return (unsigned)value;
	exponent = 63 - (unsigned)__builtin_clzll(value);
	return (exponent - 2) * STEPS + (unsigned)(value >> (exponent - 3)) % STEPS;
}

uint64_t histogram_bucket_floor(unsigned index)
{
	if (index < 2 * STEPS)
		return index;
	return (uint64_t)(STEPS + index % STEPS) << (index / STEPS - 1);
}

static uint64_t bucket_ceiling(unsigned index)
{
	return index + 1 < HISTOGRAM_BUCKETS ? histogram_bucket_floor(index + 1) - 1 : UINT64_MAX;
}

/* Stamps of damaged files can be centuries apart: the sum sticks rather than wraps. */
static uint64_t add_sticking(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t multiply_sticking(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram_add_many(histogram, value, 1);
}

void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t times)
{
	if (times == 0)
		return;
	if (histogram->count == 0 || value < histogram->min)
		histogram->min = value;
	if (histogram->count == 0 || value > histogram->max)
		histogram->max = value;
	histogram->count += times;
	histogram->sum = add_sticking(histogram->sum, multiply_sticking(value, times));
	histogram->buckets[bucket_index(value)] += times;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	if (from->count == 0)
		return;
	if (into->count == 0 || from->min < into->min)
		into->min = from->min;
	if (into->count == 0 || from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum = add_sticking(into->sum, from->sum);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
	double exact = share * (double)histogram->count;
	uint64_t rank = (uint64_t)exact, below = 0, edge;
	unsigned i = 0;

	if (histogram->count == 0)
		return 0;
	if ((double)rank < exact)
		rank++;
	if (rank > histogram->count)
		rank = histogram->count;
	if (rank == 0)
		return histogram->min;
	while (i < HISTOGRAM_BUCKETS - 1 && below + histogram->buckets[i] < rank)
		below += histogram->buckets[i++];
	edge = bucket_ceiling(i);
	return edge < histogram->max ? edge : histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
	return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}
