/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_COUNTERS_H
#define PKTLINT_PROBE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Counters of an interface and of the machine that tell where packets vanished, read at the
 * beginning and again when all privileges are gone.
 */
enum probe_counter {
	COUNTER_TX_DROPPED, /* by the interface */
	COUNTER_TX_ERRORS,
	COUNTER_CARRIER_CHANGES,
	COUNTER_RX_DROPPED,
	COUNTER_RX_MISSED,
	COUNTER_SOFTNET, /* dropped by any CPU's backlog: /proc/net/softnet_stat */
	PROBE_COUNTERS,
};

struct probe_counters {
	int fds[PROBE_COUNTERS]; /* -1: there is no such counter, or it is not shown */
	uint64_t first[PROBE_COUNTERS];
};

/* Opens and reads them; `interface` "" or NULL: only those of the machine.  Never fails. */
void probe_counters_open(struct probe_counters *counters, const char *interface);

/* How much it rose since; 0 if it is not known, see probe_counters_known(). */
uint64_t probe_counters_rise(const struct probe_counters *counters, enum probe_counter counter);
bool probe_counters_known(const struct probe_counters *counters, enum probe_counter counter);

void probe_counters_close(struct probe_counters *counters);

#endif
