/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does the audit tell to type on machines with many CPUs? Whole commands: one that is cut
 * names other CPUs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit.h"

#define LINK "ip -d link show eth0 "
#define MASK "/sys/class/net/eth0/queues/rx-0/rps_cpus"
#define AFFINITY "/proc/irq/62/smp_affinity_list"
#define TOTAL "/proc/interrupts 62 total"

static struct snapshot *machine(const char *online, const char *isolated)
{
	struct snapshot *snapshot = snapshot_new();

	snapshot_set(snapshot, LINK "ifindex", "2");
	snapshot_set(snapshot, LINK "flags", "UP,LOWER_UP");
	snapshot_set(snapshot, "/sys/class/net/eth0/device", "0000:03:00.0");
	snapshot_set(snapshot, "/sys/devices/system/cpu/online", online);
	snapshot_set(snapshot, "/sys/devices/system/cpu/isolated", isolated);
	return snapshot;
}

/* The commands of PL5104 in `told`. */
static size_t judge(
	struct snapshot *snapshot, struct snapshot *before, struct finding_command *told)
{
	struct report *report = report_new("audit");
	struct audit_options options = { .role = ROLE_NONE };
	struct error error;
	struct host *host;
	size_t count = 0;

	snapshot_set_taken(before, 1);
	snapshot_set_taken(snapshot, INT64_C(1000000001));
	snapshot_seal(snapshot);
	snapshot_seal(before);
	options.host = host = host_new(snapshot, before);
	assert_int_equal(audit_run(&options, report, &error), 0);
	assert_int_equal(report->finding_count, 1);
	assert_int_equal(report->findings[0].id, FINDING_PL5104);
	count = report->findings[0].command_count;
	memcpy(told, report->findings[0].commands, count * sizeof(*told));
	report_free(report);
	host_free(host);
	snapshot_free(snapshot);
	snapshot_free(before);
	return count;
}

/* A mask of `words` words of 32 CPUs, all set. */
static const char *wide_mask(char *text, size_t words)
{
	*text = '\0';
	while (words--)
		strcat(text, words ? "ffffffff," : "ffffffff");
	return text;
}

static void masks_are_whole(void **state)
{
	struct finding_command told[FINDING_MAX_COMMANDS];
	char mask[512], expected[600];
	struct snapshot *snapshot = machine("0-382", "");

	snapshot_set(snapshot, MASK, wide_mask(mask, 12));
	assert_int_equal(judge(snapshot, snapshot_new(), told), 1);
	snprintf(expected, sizeof(expected), "echo 7%s > " MASK, mask + 1);
	assert_string_equal(told[0].line, expected);
	snprintf(expected, sizeof(expected), "echo %s > " MASK, mask);
	assert_string_equal(told[0].undo, expected);
}

static void masks_that_do_not_fit(void **state)
{
	struct finding_command told[FINDING_MAX_COMMANDS];
	char mask[512];
	struct snapshot *snapshot = machine("0-3", "");

	snapshot_set(snapshot, MASK, wide_mask(mask, 24));
	assert_int_equal(judge(snapshot, snapshot_new(), told), 1);
	assert_string_equal(told[0].line, "echo f > " MASK);
	assert_string_equal(told[0].undo, "");
	snapshot = machine("0-766", "");
	snapshot_set(snapshot, MASK, mask);
	assert_int_equal(judge(snapshot, snapshot_new(), told), 0);
}

/* Every other CPU up to `end`, from `from` on. */
static const char *comb(char *text, int from, int end)
{
	size_t used = 0;

	for (int cpu = from; cpu < end; cpu += 2)
		used += (size_t)sprintf(text + used, "%s%d", used ? "," : "", cpu);
	return text;
}

/* Moves an interrupt that may go to `allowed`, and lands on CPU 1. */
static size_t judge_interrupt(
	struct snapshot *snapshot, const char *allowed, struct finding_command *told)
{
	struct snapshot *before = snapshot_new();

	snapshot_set(before, TOTAL, "0");
	snapshot_set(snapshot, TOTAL, "1000");
	snapshot_set(snapshot, "/sys/kernel/irq/62/actions", "eth0-TxRx-0");
	snapshot_set(snapshot, "/proc/irq/62/effective_affinity_list", "1");
	if (allowed)
		snapshot_set(snapshot, AFFINITY, allowed);
	return judge(snapshot, before, told);
}

static void lists_are_whole(void **state)
{
	struct finding_command told[FINDING_MAX_COMMANDS];
	char isolated[CPUS_LIST_BYTES], usable[CPUS_LIST_BYTES], expected[CPUS_LIST_BYTES + 64];

	assert_int_equal(
		judge_interrupt(machine("0-99", comb(isolated, 1, 100)), isolated, told), 1);
	snprintf(expected, sizeof(expected), "echo %s > " AFFINITY, comb(usable, 0, 100));
	assert_string_equal(told[0].line, expected);
	snprintf(expected, sizeof(expected), "echo %s > " AFFINITY, isolated);
	assert_string_equal(told[0].undo, expected);
	assert_int_equal(
		judge_interrupt(machine("0-999", comb(isolated, 1, 1000)), isolated, told), 0);
	assert_int_equal(judge_interrupt(machine("0-3", "1"), isolated, told), 1);
	assert_string_equal(told[0].line, "echo 0,2-3 > " AFFINITY);
	assert_string_equal(told[0].undo, "");
	assert_int_equal(judge_interrupt(machine("0-3", "1"), NULL, told), 1);
	assert_string_equal(told[0].undo, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_are_whole),
		cmocka_unit_test(masks_that_do_not_fit),
		cmocka_unit_test(lists_are_whole),
	};

	return cmocka_run_group_tests_name("audit_commands", tests, NULL, NULL);
}
