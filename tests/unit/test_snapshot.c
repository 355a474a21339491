/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots: what is added is found, what is written is read again, what is none is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/compare.h"
#include "host/snapshot.h"
#include "tests/unit/expect_told.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000000)

static void test_values(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	const struct snapshot_value *first;
	char path[600];

	snapshot_set(snapshot, "b", "1");
	snapshot_set(snapshot, "a", "2");
	snapshot_set_unknown(snapshot, "b", VALUE_DENIED);
	snapshot_setf(snapshot, "3", "a%d", 1);
	snapshot_set(snapshot, "b", "4");
	snapshot_set_unknownf(snapshot, VALUE_HIDDEN, "a%d", 2);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	snapshot_setf(snapshot, "5", "%s", path);
	snapshot_seal(snapshot);
	expect_text(snapshot, "a", "2");
	expect_text(snapshot, "a1", "3");
	expect_text(snapshot, "b", "4");
	expect_state(snapshot, "a2", VALUE_HIDDEN);
	path[511] = '\0';
	expect_text(snapshot, path, "5");
	assert_null(snapshot_find(snapshot, ""));
	assert_null(snapshot_find(snapshot, "c"));
	assert_int_equal(snapshot_below(snapshot, "a", &first), 3);
	assert_string_equal(first->path, "a");
	assert_int_equal(snapshot_below(snapshot, "", &first), 5);
	assert_int_equal(snapshot_below(snapshot, "zz", &first), 0);
	snapshot_set(snapshot, "0", "6");
	snapshot_seal(snapshot);
	expect_text(snapshot, "0", "6");
	snapshot_free(snapshot);
}

/* Only what is present, begins and ends so, and has something in between that is not too long. */
static void test_walk(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_walk walk;
	char path[600];

	snapshot_set(snapshot, "tc eth0 kind", "nothing in between");
	snapshot_set(snapshot, "tc eth0 root kind", "mq");
	snapshot_set(snapshot, "tc eth0 root kind too", "ends otherwise");
	snapshot_set(snapshot, "tc eth0 parent 1:a kind", "netem");
	snapshot_set_unknown(snapshot, "tc eth0 ingress kind", VALUE_DENIED);
	snapshot_set(snapshot, "tc eth00 root kind", "another's");
	snapshot_setf(snapshot, "longest", "tc eth0 %047d kind", 0);
	snapshot_setf(snapshot, "too long", "tc eth0 %048d kind", 0);
	snapshot_seal(snapshot);
	snapshot_walk(&walk, snapshot, " kind", "tc %s ", "eth0");
	assert_true(snapshot_next(&walk));
	assert_string_equal(walk.value->text, "longest");
	assert_true(snapshot_next(&walk));
	assert_string_equal(walk.between, "parent 1:a");
	assert_string_equal(walk.value->text, "netem");
	assert_true(snapshot_next(&walk));
	assert_string_equal(walk.between, "root");
	assert_false(snapshot_next(&walk));
	assert_false(snapshot_next(&walk));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	snapshot_setf(snapshot, "", "%s kind", path);
	snapshot_seal(snapshot);
	snapshot_walk(&walk, snapshot, "", "%s", path);
	assert_false(snapshot_next(&walk));
	snapshot_free(snapshot);
}

static void test_nothing(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	const struct snapshot_value *first;

	snapshot_seal(snapshot);
	assert_null(snapshot_find(snapshot, "a"));
	assert_int_equal(snapshot_below(snapshot, "", &first), 0);
	snapshot_free(snapshot);
	snapshot_free(NULL);
}

/* Paths and texts longer than may be, and more values than may be. */
static void test_bounds(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	const struct snapshot_value *first;
	char *text = malloc(2 * SNAPSHOT_MAX_TEXT);

	assert_non_null(text);
	memset(text, 'y', 2 * SNAPSHOT_MAX_TEXT - 1);
	text[2 * SNAPSHOT_MAX_TEXT - 1] = '\0';
	snapshot_set(snapshot, "long", text);
	snapshot_set(snapshot, text, "x");
	snapshot_seal(snapshot);
	text[SNAPSHOT_MAX_TEXT - 1] = '\0';
	expect_text(snapshot, "long", text);
	expect_text(snapshot, text, "x");
	for (int i = 0; i < SNAPSHOT_MAX_VALUES; i++)
		snapshot_setf(snapshot, "", "%d", i);
	assert_int_equal(snapshot_dropped(snapshot), 2);
	snapshot_seal(snapshot);
	assert_int_equal(snapshot_below(snapshot, "", &first), SNAPSHOT_MAX_VALUES);
	snapshot_free(snapshot);
	free(text);
}

struct file {
	struct snapshot *snapshot, *before;
	uint64_t odd;
	struct error error;
	int status;
};

static void read_bytes(struct file *file, const char *bytes, size_t length)
{
	FILE *in = tmpfile();

	assert_non_null(in);
	assert_int_equal(fwrite(bytes, 1, length, in), length);
	rewind(in);
	*file = (struct file){ .odd = 99 };
	file->status = snapshot_read(in, &file->snapshot, &file->before, &file->odd, &file->error);
	fclose(in);
}

static void free_file(struct file *file)
{
	snapshot_free(file->snapshot);
	snapshot_free(file->before);
}

/* Writes both readings and reads them again. */
static void write_and_read(
	struct file *file, const struct snapshot *snapshot, const struct snapshot *before)
{
	char *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);

	assert_non_null(out);
	assert_int_equal(snapshot_write(out, snapshot, before), 0);
	fclose(out);
	read_bytes(file, bytes, length);
	assert_int_equal(file->status, 0);
	assert_int_equal(file->odd, 0);
	free(bytes);
}

static void expect_same(const struct snapshot *a, const struct snapshot *b)
{
	struct comparison *comparison = compare_snapshots(a, b);

	assert_int_equal(comparison->count, 0);
	compare_free(comparison);
	assert_int_equal(snapshot_taken_ns(a), snapshot_taken_ns(b));
}

static void test_written(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct file file;

	for (int unknown = VALUE_PRESENT + 1; unknown < VALUE_STATES; unknown++)
		snapshot_set_unknownf(snapshot, (enum value_state)unknown, "unknown %d", unknown);
	snapshot_set(snapshot, "quoted \"\\/", "tab\t, newline\n, \x7f, \x1b[31m");
	snapshot_set(snapshot, "UTF-8 \xc3\xbc \xe2\x82\xac \xf0\x9f\x90\xa7", "\xc3\xbc");
	snapshot_set(snapshot, "", "");
	snapshot_set_taken(snapshot, 1800000000 * SECOND + 1);
	snapshot_seal(snapshot);
	write_and_read(&file, snapshot, NULL);
	assert_null(file.before);
	expect_same(snapshot, file.snapshot);
	free_file(&file);
	snapshot_free(snapshot);
}

/* Other bytes become some text: never a document that cannot be read. */
static void test_bytes(void **state)
{
	static const char *const texts[] = { "\xff", "\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
		"\xe0\x80\xaf", "\xf4\x90\x80\x80", "\xf0\x80\x80\xaf", "\xc3\"" };
	struct snapshot *snapshot = snapshot_new();
	struct file file;

	for (size_t i = 0; i < LENGTH(texts); i++)
		snapshot_setf(snapshot, texts[i], "%zu", i);
	snapshot_seal(snapshot);
	write_and_read(&file, snapshot, NULL);
	expect_text(file.snapshot, "0", "\xc3\xbf");
	expect_text(file.snapshot, "8", "\xc3\x83\"");
	free_file(&file);
	snapshot_free(snapshot);
}

/* Of the earlier reading only what differs is written, and all of it is read. */
static void test_before(void **state)
{
	struct snapshot *before = snapshot_new(), *after = snapshot_new();
	struct file file;

	snapshot_set(before, "same", "1");
	snapshot_set(before, "changed", "1");
	snapshot_set(before, "gone", "1");
	snapshot_set_unknown(before, "denied first", VALUE_DENIED);
	snapshot_set_taken(before, 1800000000 * SECOND);
	snapshot_seal(before);
	snapshot_set(after, "same", "1");
	snapshot_set(after, "changed", "2");
	snapshot_set(after, "new", "1");
	snapshot_set(after, "denied first", "");
	snapshot_set_taken(after, 1800000001 * SECOND);
	snapshot_seal(after);
	write_and_read(&file, after, before);
	expect_same(after, file.snapshot);
	expect_text(file.before, "same", "1");
	expect_text(file.before, "changed", "1");
	expect_text(file.before, "gone", "1");
	expect_state(file.before, "denied first", VALUE_DENIED);
	expect_state(file.before, "new", VALUE_ABSENT);
	assert_int_equal(snapshot_taken_ns(file.before), 1800000000 * SECOND);
	free_file(&file);
	snapshot_free(before);
	snapshot_free(after);
}

#define START "{\"schema\": \"pktlint.host/1\", "

/* What is no snapshot, and what is said of it. */
static const struct {
	const char *text, *error;
} wrong[] = {
	{ "", "it is not JSON: it is empty" },
	{ " ", "it is not JSON: it ends too early" },
	{ "{", "it is not JSON: it ends too early" },
	{ "null ", "it is not JSON: it is null" },
	{ "pcap", "it is not JSON: " },
	{ "\x7f"
	  "ELF",
		"it is not JSON: " },
	{ "{'schema': 'pktlint.host/1'}", "it is not JSON: " },
	{ "[]", "it is no snapshot: it has no \"schema\": \"pktlint.host/1\"" },
	{ "\"pktlint.host/1\"", "it is no snapshot: it has no \"schema\"" },
	{ "{}", "it is no snapshot: it has no \"schema\"" },
	{ "{\"schema\": 1}", "it is no snapshot: it has no \"schema\"" },
	{ "{\"schema\": null}", "it is no snapshot: it has no \"schema\"" },
	{ "{\"schema\": \"pktlint.host/2\", \"values\": {}}", "format 'pktlint.host/2'" },
	{ "{\"schema\": \"pktlint.report/1\", \"values\": {}}", "format 'pktlint.report/1'" },
	{ START "\"taken\": null}", "it is no snapshot: it has no \"values\"" },
	{ START "\"values\": []}", "it is no snapshot: it has no \"values\"" },
	{ START "\"values\": null}", "it is no snapshot: it has no \"values\"" },
	{ START "\"values\": {}} {}", "it is not JSON: " },
	{ START "\"values\": {}}\x01", "it is not JSON: " },
	{ START "\"values\": {},}", "it is not JSON: " },
	{ START "\"values\": {}, \"a\": [[[[[[[[[]]]]]]]]]}", "it is not JSON: nesting too deep" },
};

static void test_wrong(void **state)
{
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		struct file file;

		read_bytes(&file, wrong[i].text, strlen(wrong[i].text));
		assert_int_equal(file.status, -1);
		assert_null(file.snapshot);
		assert_null(file.before);
		if (!strstr(file.error.text, wrong[i].error))
			fail_msg("'%s': %s", wrong[i].text, file.error.text);
	}
}

/* A NUL ends a text of C, not a document. */
static void test_nul(void **state)
{
	static const char after[] = START "\"values\": {}}\0{",
			  within[] = START "\"val\0ues\": {}}";
	struct file file;

	read_bytes(&file, after, sizeof(after) - 1);
	assert_int_equal(file.status, -1);
	assert_non_null(strstr(file.error.text, "it goes on after its end"));
	read_bytes(&file, within, sizeof(within) - 1);
	assert_int_equal(file.status, -1);
}

static void test_large(void **state)
{
	FILE *in = fopen("/dev/zero", "r");
	struct file file;

	assert_non_null(in);
	assert_int_equal(
		snapshot_read(in, &file.snapshot, &file.before, &file.odd, &file.error), -1);
	assert_string_equal(file.error.text, "it is larger than 64 MiB");
	fclose(in);
}

/* What is a snapshot in spite of what is in it; how many of its members are none. */
static const struct {
	const char *text;
	uint64_t odd;
	size_t values;
} strange[] = {
	{ "\"values\": {}} \r\n\t", 0, 0 },
	{ "\"values\": {\"a\": \"1\", \"a\": \"2\"}}", 0, 1 },
	{ "\"values\": {\"a\": \"1\"}, \"values\": {\"b\": \"1\", \"c\": \"\"}}", 0, 2 },
	{ "\"values\": {\"a\": 1, \"b\": null, \"c\": true, \"d\": [], \"e\": 1.5}}", 5, 0 },
	{ "\"values\": {\"a\": \"x\\u0000y\", \"b\": \"\"}}", 1, 1 },
	{ "\"values\": {\"a\": {}, \"b\": {\"unknown\": 1}, \"c\": {\"unknown\": null}}}", 3, 0 },
	{ "\"values\": {\"a\": {\"unknown\": \"present\"}, \"b\": {\"unknown\": \"\"}}}", 2, 0 },
	{ "\"values\": {\"a\": {\"unknown\": \"denied\", \"why\": [1]}}}", 0, 1 },
	{ "\"values\": {}, \"before\": null}", 0, 0 },
	{ "\"values\": {}, \"before\": 7}", 1, 0 },
	{ "\"values\": {}, \"before\": {\"taken\": null}}", 1, 0 },
	{ "\"values\": {\"\\ud800\": \"\\udc00\"}, \"more\": {\"a\": [1]}}", 0, 1 },
};

static void test_strange(void **state)
{
	for (size_t i = 0; i < LENGTH(strange); i++) {
		const struct snapshot_value *first;
		char text[512];
		struct file file;

		snprintf(text, sizeof(text), START "%s", strange[i].text);
		read_bytes(&file, text, strlen(text));
		assert_int_equal(file.status, 0);
		assert_null(file.before);
		assert_int_equal(file.odd, strange[i].odd);
		assert_int_equal(snapshot_below(file.snapshot, "", &first), strange[i].values);
		free_file(&file);
	}
}

static const struct {
	const char *text;
	int64_t ns;
} times[] = {
	{ "\"1970-01-01T00:00:01Z\"", SECOND },
	{ "\"2026-11-26T10:59:11.415080909Z\"", 1795690751 * SECOND + 415080909 },
	{ "\"2026-11-26T10:59:11.4150809099999Z\"", 1795690751 * SECOND + 415080909 },
	{ "\"1969-12-31T23:59:59Z\"", 0 },
	{ "\"9999-12-31T23:59:59Z\"", 0 },
	{ "\"-5\"", 0 },
	{ "\"2026-11-26T10:59:11\"", 0 },
	{ "\"2026-11-26T10:59:11+01:00\"", 0 },
	{ "\"2026-13-26T10:59:11Z\"", 0 },
	{ "\"\"", 0 },
	{ "12", 0 },
	{ "null", 0 },
	{ "{}", 0 },
};

static void test_times(void **state)
{
	for (size_t i = 0; i < LENGTH(times); i++) {
		char text[128];
		struct file file;

		snprintf(text, sizeof(text), START "\"values\": {}, \"taken\": %s}", times[i].text);
		read_bytes(&file, text, strlen(text));
		assert_int_equal(file.status, 0);
		assert_int_equal(snapshot_taken_ns(file.snapshot), times[i].ns);
		free_file(&file);
	}
}

static void test_compare(void **state)
{
	static const char counter[] = "/sys/class/net/a/statistics/rx_packets";
	struct snapshot *before = snapshot_new(), *after = snapshot_new();
	const struct difference *difference;
	struct comparison *comparison;

	snapshot_set(before, "gone", "1");
	snapshot_set(before, "same", "1");
	snapshot_set(before, counter, "5");
	snapshot_set_unknown(before, "told", VALUE_DENIED);
	snapshot_seal(before);
	snapshot_set(after, "new", "");
	snapshot_set(after, "same", "1");
	snapshot_set(after, counter, "18446744073709551615");
	snapshot_set(after, "told", "1");
	snapshot_seal(after);
	comparison = compare_snapshots(before, after);
	assert_int_equal(comparison->count, 4);
	assert_int_equal(comparison->settings, 3);
	assert_int_equal(comparison->counters, 1);
	difference = comparison->differences;
	assert_string_equal(difference[0].path, counter);
	assert_true(difference[0].counter && difference[0].has_rise);
	assert_int_equal(difference[0].rise, UINT64_MAX - 5);
	assert_string_equal(difference[1].path, "gone");
	assert_true(difference[1].before && !difference[1].after);
	assert_string_equal(difference[2].path, "new");
	assert_true(!difference[2].before && difference[2].after);
	assert_string_equal(difference[3].path, "told");
	assert_false(difference[3].counter || difference[3].has_rise);
	compare_free(comparison);
	compare_free(NULL);
	snapshot_free(before);
	snapshot_free(after);
}

static const struct {
	const char *path;
	bool counter;
} paths[] = {
	{ "/proc/net/netstat TcpExt.TCPSACKReorder", true },
	{ "/proc/net/softnet_stat cpu0 dropped", true },
	{ "/proc/interrupts 38 total", true },
	{ "/proc/uptime", true },
	{ "/sys/class/net/a/statistics/rx_dropped", true },
	{ "/sys/class/net/a/carrier_changes", true },
	{ "/sys/class/infiniband/x/ports/1/hw_counters/out_of_sequence", true },
	{ "tc -s qdisc show dev a root dropped", true },
	{ "ethtool -S a rx_missed_errors", true },
	{ "/sys/class/net/a/queues/rx-0/rps_cpus", false },
	{ "/proc/sys/net/core/netdev_max_backlog", false },
	{ "/proc/irq/38/smp_affinity_list", false },
	{ "tc -s qdisc show dev a root kind", false },
	{ "ethtool -k a generic-receive-offload", false },
	{ "ip -d link show a mtu", false },
	{ "", false },
};

static void test_counters(void **state)
{
	for (size_t i = 0; i < LENGTH(paths); i++)
		assert_int_equal(compare_is_counter(paths[i].path), paths[i].counter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
