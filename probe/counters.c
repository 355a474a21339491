/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rose meanwhile?  Files of sysfs and procfs that stay open, since none can be opened once
 * privileges are gone; each pread(2) from the beginning has the kernel write it anew.
 */
#include "probe/counters.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES (256 * 1024) /* 1024 CPUs, a line each */
#define SOFTNET_DROPPED 1       /* column of hexadecimal numbers */

static const char *const names[PROBE_COUNTERS] = {
	[COUNTER_TX_DROPPED] = "statistics/tx_dropped",
	[COUNTER_TX_ERRORS] = "statistics/tx_errors",
	[COUNTER_CARRIER_CHANGES] = "carrier_changes",
	[COUNTER_RX_DROPPED] = "statistics/rx_dropped",
	[COUNTER_RX_MISSED] = "statistics/rx_missed_errors",
};

/* All that the file holds; freed by the caller, NULL if it cannot be read. */
static char *read_text(int fd)
{
	char *text = malloc(TEXT_BYTES);
	size_t length = 0;
	ssize_t got = 1;

	while (text && got > 0 && length < TEXT_BYTES - 1) {
		got = pread(fd, text + length, TEXT_BYTES - 1 - length, (off_t)length);
		length += got > 0 ? (size_t)got : 0;
	}
	if (text && length == 0) {
		free(text);
		return NULL;
	}
	if (text)
		text[length] = '\0';
	return text;
}

static uint64_t sum_column(char *text, unsigned column)
{
	uint64_t sum = 0;

	for (char *rest, *line = strtok_r(text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		char *word = line;

		for (unsigned i = 0; i < column && word; i++) {
			word = strchr(word, ' ');
			word = word ? word + 1 : NULL;
		}
		sum += word ? strtoull(word, NULL, 16) : 0;
	}
	return sum;
}

static bool read_counter(const struct probe_counters *counters, unsigned i, uint64_t *value)
{
	char *text = counters->fds[i] < 0 ? NULL : read_text(counters->fds[i]);

	if (!text)
		return false;
	*value = i == COUNTER_SOFTNET ? sum_column(text, SOFTNET_DROPPED)
				      : strtoull(text, NULL, 10);
	free(text);
	return true;
}

void probe_counters_open(struct probe_counters *counters, const char *interface)
{
	for (unsigned i = 0; i < PROBE_COUNTERS; i++) {
		char path[128] = "/proc/net/softnet_stat";

		if (i != COUNTER_SOFTNET)
			snprintf(path, sizeof(path), "/sys/class/net/%s/%s",
				interface ? interface : "", names[i]);
		counters->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (!read_counter(counters, i, &counters->first[i]) && counters->fds[i] >= 0) {
			close(counters->fds[i]);
			counters->fds[i] = -1;
		}
	}
}

bool probe_counters_known(const struct probe_counters *counters, enum probe_counter counter)
{
	return counters->fds[counter] >= 0;
}

uint64_t probe_counters_rise(const struct probe_counters *counters, enum probe_counter counter)
{
	uint64_t now;

	if (!read_counter(counters, counter, &now))
		return 0;
	return now > counters->first[counter] ? now - counters->first[counter] : 0;
}

void probe_counters_close(struct probe_counters *counters)
{
	for (unsigned i = 0; i < PROBE_COUNTERS; i++)
		if (counters->fds[i] >= 0)
			close(counters->fds[i]);
}
