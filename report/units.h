/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_UNITS_H
#define PKTLINT_REPORT_UNITS_H

#include <stdint.h>

#include "report/metric.h"

/* A short text returned by value, so that it can stand right in the arguments of printf(3). */
struct units {
	char text[48];
};

/* "1,234,567". */
struct units units_count(uint64_t number);

/* The same of the nearest whole number that has 64 bits. */
struct units units_round(double number);

/* "1,234 packets/s", to whole packets. */
struct units units_packet_rate(double per_second);

/* A duration with the unit that leaves 1 to 3 digits before the point: "340 ns", "1.26 ms". */
struct units units_duration(int64_t ns);

/* Bytes with decimal prefixes: "512 B", "1.5 kB", "3.21 GB". */
struct units units_bytes(double bytes);

/* A share of the whole: "4.0 %", "0.012 %", "35 ppm"; "-" if `whole` is 0. */
struct units units_share(uint64_t part, uint64_t whole);

/* A ratio 0..1 as units_share() writes it. */
struct units units_ratio(double ratio);

/* RFC 3339 in UTC with nanoseconds: "2026-01-31T12:00:00.000000001Z". */
struct units units_time(int64_t ns);

/* A number in the unit of a metric, as for people: counts with separators, times scaled. */
struct units units_value(enum metric_unit unit, double value);

#endif
