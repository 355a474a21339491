/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has this machine counted? The files of /proc/net that hold many numbers, each number under
 * its name: pairs of lines (net/ipv4/proc.c), a name a line (net/ipv6/proc.c), and a line a CPU
 * without any name (softnet_seq_show() of net/core/net-procfs.c).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/collect_parts.h"
#include "base/cpus.h"

#define SOFTNET "/proc/net/softnet_stat"
#define BLANKS " \t\n"
#define MAX_LINES 65536

/* Reads the next line of at most MAX_LINES; false at the end. */
static bool next_line(FILE *in, char **line, size_t *size, unsigned *lines)
{
	return (*lines)++ < MAX_LINES && getline(line, size, in) > 0;
}

/* Adds what two lines tell: "Tcp: InSegs OutSegs" and "Tcp: 5 3". */
static void add_pair(struct snapshot *snapshot, const char *path, char *names, char *numbers)
{
	char *name, *number, *name_rest, *number_rest;
	const char *group = strtok_r(names, ":", &name_rest);

	if (!group || !strtok_r(numbers, ":", &number_rest) || strcmp(group, numbers) != 0)
		return;
	while ((name = strtok_r(NULL, BLANKS, &name_rest)) &&
		(number = strtok_r(NULL, BLANKS, &number_rest)))
		snapshot_setf(snapshot, number, "%s %s.%s", path, group, name);
}

static void collect_pairs(struct snapshot *snapshot, const char *path, FILE *in)
{
	char *names = NULL, *numbers = NULL;
	size_t names_size = 0, numbers_size = 0;
	unsigned lines = 0;

	while (next_line(in, &names, &names_size, &lines) &&
		next_line(in, &numbers, &numbers_size, &lines))
		add_pair(snapshot, path, names, numbers);
	free(names);
	free(numbers);
}

static void collect_list(struct snapshot *snapshot, const char *path, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	unsigned lines = 0;

	while (next_line(in, &line, &size, &lines)) {
		char *rest, *name = strtok_r(line, BLANKS, &rest);
		const char *number = name ? strtok_r(NULL, BLANKS, &rest) : NULL;

		if (number)
			snapshot_setf(snapshot, number, "%s %s", path, name);
	}
	free(line);
}

/* Columns of softnet_stat, from 0; the last ones came with Linux 5.10. */
enum { SOFTNET_BACKLOG = 11, SOFTNET_CPU = 12, SOFTNET_COLUMNS = 13 };

static const struct {
	const char *name;
	int column;
} softnet_columns[] = {
	{ "processed", 0 },
	{ "dropped", 1 },
	{ "time_squeeze", 2 },
	{ "received_rps", 9 },
	{ "flow_limit", 10 },
	{ "backlog", SOFTNET_BACKLOG },
};

/* Returns how many hexadecimal numbers the line starts with. */
static int read_columns(const char *line, uint64_t columns[SOFTNET_COLUMNS])
{
	int count = 0;

	for (char *end; count < SOFTNET_COLUMNS; count++, line = end) {
		columns[count] = strtoull(line, &end, 16);
		if (end == line)
			break;
	}
	return count;
}

/* Only CPUs that are online have a line; older kernels do not say which it is. */
static void collect_softnet(struct snapshot *snapshot, const char *path, FILE *in)
{
	char *line = NULL, text[COLLECT_TEXT];
	uint64_t columns[SOFTNET_COLUMNS];
	size_t size = 0;
	unsigned lines = 0;
	struct cpus online;
	int cpu = -1;

	collect_read("/sys/devices/system/cpu/online", text, sizeof(text));
	if (!cpus_from_list(&online, text))
		online = (struct cpus){ { 0 } };
	while (next_line(in, &line, &size, &lines)) {
		int count = read_columns(line, columns),
		    next = cpus_next(&online, (unsigned)cpu + 1);

		cpu = count > SOFTNET_CPU ? (int)columns[SOFTNET_CPU] : next < 0 ? cpu + 1 : next;
		for (size_t i = 0; i < sizeof(softnet_columns) / sizeof(*softnet_columns); i++) {
			if (softnet_columns[i].column >= count)
				continue;
			snprintf(
				text, sizeof(text), "%" PRIu64, columns[softnet_columns[i].column]);
			snapshot_setf(
				snapshot, text, "%s cpu%d %s", path, cpu, softnet_columns[i].name);
		}
	}
	free(line);
}

static const struct {
	const char *path;
	void (*collect)(struct snapshot *snapshot, const char *path, FILE *in);
} counter_files[] = {
	{ "/proc/net/netstat", collect_pairs },
	{ "/proc/net/sctp/snmp", collect_list },
	{ "/proc/net/snmp", collect_pairs },
	{ "/proc/net/snmp6", collect_list },
	{ SOFTNET, collect_softnet },
	{ "/proc/net/xfrm_stat", collect_list },
};

void collect_counters(struct snapshot *snapshot)
{
	for (size_t i = 0; i < sizeof(counter_files) / sizeof(*counter_files); i++) {
		enum value_state state;
		FILE *in = collect_open(counter_files[i].path, &state);

		if (!in) {
			snapshot_set_unknown(snapshot, counter_files[i].path, state);
			continue;
		}
		counter_files[i].collect(snapshot, counter_files[i].path, in);
		fclose(in);
	}
}
