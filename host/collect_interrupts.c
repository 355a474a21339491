/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interrupts do the interfaces' devices have, where do they land, and how often?  Those that
 * a device lists in sysfs, and those that bear an interface's name, as on boards without MSI.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/collect_parts.h"
#include "host/irq_name.h"

#define SYSFS "/sys/class/net/"
#define IRQS "/sys/kernel/irq"
#define TOTALS "/proc/interrupts"
#define MAX_TOTAL_BYTES (256u << 20) /* of the latter: 5,000 interrupts on 4,096 CPUs */

struct interrupts {
	uint8_t *wanted; /* a bit each */
	char **names;    /* of interfaces with a device, sorted; borrowed texts are not kept */
	size_t name_count;
};

static bool is_wanted(const struct interrupts *interrupts, unsigned long number)
{
	return number < IRQ_MAX && interrupts->wanted[number / 8] >> number % 8 & 1;
}

static void want(struct interrupts *interrupts, unsigned long number)
{
	if (number < IRQ_MAX)
		interrupts->wanted[number / 8] |= (uint8_t)(1u << number % 8);
}

/* Reads a decimal number; false if the text is none. */
static bool read_number(const char *text, unsigned long *number)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return isdigit((unsigned char)*text) && *end == '\0';
}

/* Takes from "/sys/class/net/IF/device" the name, from ".../msi_irqs/N" the number. */
static void take_path(struct interrupts *interrupts, const struct snapshot_value *value)
{
	const char *name = value->path + strlen(SYSFS), *rest = strchr(name, '/');
	const char *list = strstr(value->path, "/msi_irqs/");
	unsigned long number;

	if (value->state != VALUE_PRESENT || !rest)
		return;
	if (strcmp(rest, "/device") == 0) {
		interrupts->names = memory_append(
			interrupts->names, &interrupts->name_count, sizeof(*interrupts->names));
		interrupts->names[interrupts->name_count - 1] = strndup(
			name, (size_t)(rest - name));
	} else if (list && read_number(list + strlen("/msi_irqs/"), &number)) {
		want(interrupts, number);
	}
}

static bool bears_a_name(const struct interrupts *interrupts, const char *actions)
{
	struct irq_place place = { 0 };
	char text[IRQ_MAX_NAME];
	const char *name = text;

	while (interrupts->name_count && irq_next_name(actions, &place, text)) {
		if (bsearch(&name, interrupts->names, interrupts->name_count,
			    sizeof(*interrupts->names), collect_compare_names))
			return true;
	}
	return false;
}

static void collect_interrupt(
	struct snapshot *snapshot, struct interrupts *interrupts, const char *number_text)
{
	char path[COLLECT_PATH], actions[COLLECT_TEXT];
	unsigned long number;

	if (!read_number(number_text, &number))
		return;
	snprintf(path, sizeof(path), IRQS "/%lu/actions", number);
	if (collect_read(path, actions, sizeof(actions)) == VALUE_PRESENT &&
		bears_a_name(interrupts, actions))
		want(interrupts, number);
	if (!is_wanted(interrupts, number))
		return;
	collect_file(snapshot, "%s", path);
	collect_file(snapshot, "/proc/irq/%lu/effective_affinity_list", number);
	collect_file(snapshot, "/proc/irq/%lu/smp_affinity_list", number);
}

/* Adds the sum of a line's first `cpus` numbers: " 38:  0  4790  PCI-MSIX ...". */
static void add_total(struct snapshot *snapshot, const struct interrupts *interrupts,
	const char *line, unsigned cpus)
{
	uint64_t total = 0;
	char *end, text[32];
	unsigned long number = strtoul(line, &end, 10);

	if (end == line || *end != ':' || !is_wanted(interrupts, number))
		return;
	line = end + 1;
	for (unsigned i = 0; i < cpus; i++, line = end) {
		total += strtoull(line, &end, 10);
		if (end == line)
			return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, total);
	snapshot_setf(snapshot, text, TOTALS " %lu total", number);
}

/* The first line names the CPUs that have a column. */
static void collect_totals(struct snapshot *snapshot, const struct interrupts *interrupts)
{
	enum value_state state = VALUE_HIDDEN; /* empty: containers have it covered */
	FILE *in = collect_open(TOTALS, &state);
	size_t size = 0, read = 0;
	char *line = NULL;
	unsigned cpus = 0;

	if (in && getline(&line, &size, in) > 0) {
		for (const char *at = line; (at = strstr(at, "CPU")); at++)
			cpus++;
		while (read < MAX_TOTAL_BYTES && getline(&line, &size, in) > 0) {
			read += strlen(line);
			add_total(snapshot, interrupts, line, cpus);
		}
	}
	if (cpus == 0)
		snapshot_set_unknown(snapshot, TOTALS, state);
	free(line);
	if (in)
		fclose(in);
}

void collect_interrupts(struct snapshot *snapshot)
{
	struct interrupts interrupts = { .wanted = memory_alloc(IRQ_MAX / 8, 1) };
	const struct snapshot_value *value;
	size_t count;
	char **numbers;

	snapshot_seal(snapshot);
	for (count = snapshot_below(snapshot, SYSFS, &value); count > 0; count--, value++)
		take_path(&interrupts, value);
	if (interrupts.name_count)
		qsort(interrupts.names, interrupts.name_count, sizeof(*interrupts.names),
			collect_compare_names);
	numbers = collect_names(IRQS, "", &count);
	for (size_t i = 0; i < count; i++)
		collect_interrupt(snapshot, &interrupts, numbers[i]);
	collect_free_names(numbers, count);
	collect_totals(snapshot, &interrupts);
	collect_free_names(interrupts.names, interrupts.name_count);
	free(interrupts.wanted);
}
