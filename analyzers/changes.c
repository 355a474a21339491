/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Was the capturing host the same all the time?  A clock that was set, a link that went down, an
 * interface that changed or vanished are not the traffic's doing, and the reader has to know.  The
 * first changes of each kind are told one by one, the others are counted.
 */
#include "analyzers/changes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/units.h"

#define HARMFUL_STEP_NS 10000000 /* shorter ones are below all that time alone decides */

/* Sums of what the events say must not overflow. */
static int64_t add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static int64_t difference(int64_t a, int64_t b)
{
	int64_t result;

	if (__builtin_sub_overflow(a, b, &result))
		return a < b ? INT64_MIN : INT64_MAX;
	return result;
}

/* The link of an interface is up again: so long it was down. */
static bool end_link_down(struct changes *changes, const struct change *up)
{
	bool ended = false;

	for (size_t i = 0; i < CHANGES_KEPT && i < changes->count[CHANGE_LINK_DOWN]; i++) {
		struct changes_entry *down = &changes->kept[CHANGE_LINK_DOWN][i];

		if (down->until_ns || down->change.interface != up->interface)
			continue;
		down->until_ns = up->time_ns;
		ended = true;
	}
	return ended;
}

void changes_note(struct changes *changes, const struct change *change)
{
	struct changes_entry *entry;

	if ((unsigned)change->kind >= CHANGE_KINDS)
		return;
	if (change->kind == CHANGE_CLOCK)
		changes->steps_ns = add(
			changes->steps_ns, difference(change->after, change->before));
	/* What ended a time without link is told with its beginning. */
	if (change->kind == CHANGE_LINK_UP && end_link_down(changes, change))
		return;
	if (changes->count[change->kind]++ >= CHANGES_KEPT)
		return;
	entry = &changes->kept[change->kind][changes->count[change->kind] - 1];
	entry->change = *change;
	entry->change.what = NULL;
	entry->steps_ns = changes->steps_ns;
	if (change->what)
		snprintf(entry->what, sizeof(entry->what), "%s", change->what);
}

static void name_interface(const struct report *report, uint32_t interface, char *name, size_t size)
{
	snprintf(
		name, size, interface == CHANGE_OF_HOST ? "host" : "interface %" PRIu32, interface);
	for (size_t i = 0; interface != CHANGE_OF_HOST && i < report->source_count; i++) {
		const struct report_source *source = &report->sources[i];

		if (interface - source->first_interface < source->interfaces)
			snprintf(name, size, "%s", source->name);
	}
}

/* "2.5 s after the first frame"; steps of the clock since then are left out. */
static void tell_when(
	const struct report *report, const struct changes_entry *entry, char *text, size_t size)
{
	int64_t after = difference(
		difference(entry->change.time_ns, entry->steps_ns), report->first_ns);

	if (!report->frames) {
		snprintf(text, size, "before any frame");
		return;
	}
	snprintf(text, size, "%s %s the first frame",
		units_duration(after < 0 ? difference(0, after) : after).text,
		after < 0 ? "before" : "after");
}

static void describe_clock(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	int64_t step = difference(entry->change.after, entry->change.before);
	int64_t size = step < 0 ? difference(0, step) : step;

	if (size < HARMFUL_STEP_NS)
		finding->severity = SEVERITY_INFO;
	finding_number(finding, "step_ns", (double)step);
	snprintf(finding->what, sizeof(finding->what), "the clock was set %s by %s, %s",
		step < 0 ? "back" : "forward", units_duration(size).text, when);
	snprintf(finding->is_not, sizeof(finding->is_not),
		"the traffic's doing: durations across that moment are wrong by the step");
}

static void describe_down(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	int64_t down = difference(entry->until_ns, entry->change.time_ns);

	snprintf(finding->is_not, sizeof(finding->is_not),
		"loss on the path: without a link nothing can arrive");
	if (!entry->until_ns) {
		snprintf(finding->what, sizeof(finding->what),
			"the link went down %s and did not come up again", when);
		return;
	}
	if (down < 0)
		down = 0;
	finding_number(finding, "down_ns", (double)down);
	snprintf(finding->what, sizeof(finding->what), "the link was down for %s, from %s",
		units_duration(down).text, when);
}

static void describe_up(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	(void)entry;
	snprintf(finding->what, sizeof(finding->what), "the link came up %s", when);
}

static void add_values(
	const struct changes_entry *entry, struct finding *finding, const char *names[2])
{
	finding_number(finding, names[0], (double)entry->change.before);
	finding_number(finding, names[1], (double)entry->change.after);
}

static void describe_mtu(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	add_values(entry, finding, (const char *[]){ "before_bytes", "after_bytes" });
	snprintf(finding->what, sizeof(finding->what),
		"the MTU was changed from %" PRId64 " to %" PRId64 " bytes, %s",
		entry->change.before, entry->change.after, when);
}

static void describe_features(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	if (!*entry->what) {
		snprintf(finding->what, sizeof(finding->what),
			"some offload was switched, which one is not known, %s", when);
		return;
	}
	add_values(entry, finding, (const char *[]){ "before", "after" });
	snprintf(finding->what, sizeof(finding->what), "the offload '%s' was switched %s, %s",
		entry->what, entry->change.after ? "on" : "off", when);
}

static void describe_setting(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	add_values(entry, finding, (const char *[]){ "before", "after" });
	snprintf(finding->what, sizeof(finding->what),
		"'%s' was changed from %" PRId64 " to %" PRId64 ", %s",
		*entry->what ? entry->what : "a setting", entry->change.before, entry->change.after,
		when);
}

static void describe_gone(
	const struct changes_entry *entry, const char *when, struct finding *finding)
{
	(void)entry;
	snprintf(finding->what, sizeof(finding->what),
		"the interface vanished %s; what followed is unknown", when);
}

/* What there is to say of each kind. */
static const struct {
	enum finding_id id;
	const char *rest; /* what further ones are, behind their number */
	void (*describe)(
		const struct changes_entry *entry, const char *when, struct finding *finding);
} kinds[] = {
	[CHANGE_CLOCK] = { FINDING_PL9010, "steps of the clock", describe_clock },
	[CHANGE_LINK_DOWN] = { FINDING_PL9012, "times without a link", describe_down },
	[CHANGE_LINK_UP] = { FINDING_PL9011, "times a link came up", describe_up },
	[CHANGE_MTU] = { FINDING_PL9011, "changes of an MTU", describe_mtu },
	[CHANGE_FEATURES] = { FINDING_PL9011, "changes of offloads", describe_features },
	[CHANGE_SETTING] = { FINDING_PL9011, "changes of settings", describe_setting },
	[CHANGE_GONE] = { FINDING_PL9013, "interfaces that vanished", describe_gone },
};

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == CHANGE_KINDS, "a kind without its row");

static struct finding *start_finding(struct report *report, int kind)
{
	struct finding *finding = report_add_finding(report, kinds[kind].id);

	finding->confidence = CONFIDENCE_PROVEN;
	return finding;
}

static void add_entry(struct report *report, int kind, const struct changes_entry *entry)
{
	struct finding *finding = start_finding(report, kind);
	char when[96];

	name_interface(report, entry->change.interface, finding->subject, sizeof(finding->subject));
	tell_when(report, entry, when, sizeof(when));
	kinds[kind].describe(entry, when, finding);
	if (report->frames)
		finding_number(finding, "after_first_frame_ns",
			(double)difference(difference(entry->change.time_ns, entry->steps_ns),
				report->first_ns));
	finding->time_ns = entry->change.time_ns;
}

static void add_rest(struct report *report, int kind, uint64_t count)
{
	struct finding *finding = start_finding(report, kind);

	snprintf(finding->subject, sizeof(finding->subject), "run");
	snprintf(finding->what, sizeof(finding->what), "%s more %s, not told one by one",
		units_count(count).text, kinds[kind].rest);
	finding_number(finding, "changes", (double)count);
}

static void add_gone(const struct changes *changes, struct report *report)
{
	char name[160], reason[256];

	if (!changes->count[CHANGE_GONE])
		return;
	name_interface(report, changes->kept[CHANGE_GONE][0].change.interface, name, sizeof(name));
	snprintf(reason, sizeof(reason), "'%s' vanished during the capture", name);
	report_add_undecided(report, reason);
}

void changes_report(const struct changes *changes, struct report *report)
{
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		uint64_t count = changes->count[kind];

		for (size_t i = 0; i < CHANGES_KEPT && i < count; i++)
			add_entry(report, kind, &changes->kept[kind][i]);
		if (count > CHANGES_KEPT)
			add_rest(report, kind, count - CHANGES_KEPT);
	}
	add_gone(changes, report);
}
