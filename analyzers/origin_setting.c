/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How is an interface set that captured, from its rings up to the tap, and was it so all the time?
 * As the snapshot at the start tells and the changes since; drops are the capture's own, for what
 * the interface lost before it was overtaken by nothing.
 */
#include "analyzers/origin_setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/polled.h"
#include "analyzers/unseen.h"
#include "base/memory.h"

#define INTERFACES 64 /* captured at once, at most; those of files beyond share the last place */
#define DEPTH 8       /* devices on top of each other that are looked at */

struct origin_settings {
	const struct analyzer_options *options;
	struct meanwhile {
		uint64_t dropped;
		bool masks_changed;
		char masks_of[16]; /* of what it runs over the one whose masks did; "": its own */
		char changed[96];  /* "": nothing */
	} meanwhile[INTERFACES];
	char changed[96]; /* of the whole machine */
	int64_t clock_step_ns;
	bool clock_back;
};

struct origin_settings *origin_settings_new(const struct analyzer_options *options)
{
	struct origin_settings *settings = memory_alloc(1, sizeof(*settings));

	settings->options = options;
	return settings;
}

void origin_settings_free(struct origin_settings *settings)
{
	free(settings);
}

static uint32_t place_of(uint32_t interface)
{
	return interface < INTERFACES ? interface : INTERFACES - 1;
}

void origin_settings_drop(struct origin_settings *settings, const struct drop *drop)
{
	if (!drop->where || strcmp(drop->where, "interface") != 0)
		settings->meanwhile[place_of(drop->interface)].dropped += drop->packets;
}

static int64_t magnitude(int64_t value)
{
	if (value == INT64_MIN)
		return INT64_MAX;
	return value < 0 ? -value : value;
}

/* The largest step stands for all: two that make up for each other are none the better. */
static void note_clock(struct origin_settings *settings, const struct change *change)
{
	int64_t step;

	if (__builtin_sub_overflow(change->after, change->before, &step))
		step = change->after < change->before ? INT64_MIN : INT64_MAX;
	settings->clock_back |= step < 0;
	if (magnitude(step) > magnitude(settings->clock_step_ns))
		settings->clock_step_ns = step;
}

/* "lower_eth0/queues/rx-0/rps_cpus" */
static void note_masks(struct meanwhile *meanwhile, const char *what)
{
	const char *lower = NULL;

	meanwhile->masks_changed = true;
	for (const char *next = what; (next = strstr(next, "lower_")); lower = next)
		next += strlen("lower_");
	if (lower)
		snprintf(meanwhile->masks_of, sizeof(meanwhile->masks_of), "%.*s",
			(int)strcspn(lower, "/"), lower);
}

static void note_setting(struct origin_settings *settings, const struct change *change)
{
	const char *what = change->what ? change->what : "an offload";
	char *text = change->interface == CHANGE_OF_HOST
			     ? settings->changed
			     : settings->meanwhile[place_of(change->interface)].changed;

	if (change->kind == CHANGE_SETTING && strstr(what, "rps_cpus"))
		note_masks(&settings->meanwhile[place_of(change->interface)], what);
	else if (!strstr(what, "netdev_max_backlog") && !*text) /* changes how many, not who */
		snprintf(text, sizeof(settings->changed), "%s", what);
}

void origin_settings_change(struct origin_settings *settings, const struct change *change)
{
	if (change->kind == CHANGE_CLOCK)
		note_clock(settings, change);
	else if (change->kind == CHANGE_SETTING || change->kind == CHANGE_FEATURES)
		note_setting(settings, change);
}

bool origin_settings_clock_back(const struct origin_settings *settings)
{
	return settings->clock_back;
}

/* Yes if one is, no if none is, else not known. */
static enum origin_known any(enum origin_known a, enum origin_known b)
{
	if (a == ORIGIN_YES || b == ORIGIN_YES)
		return ORIGIN_YES;
	return a == ORIGIN_UNKNOWN || b == ORIGIN_UNKNOWN ? ORIGIN_UNKNOWN : ORIGIN_NO;
}

/* What packets come by on their way up. */
struct way {
	enum origin_known steers, follows, hardware_steers, virtual_pair, coalesces;
	struct cpus cpus;
	const char *steered_at; /* the first one that has a mask */
	unsigned queues;
	bool queues_unknown;
};

static enum origin_known steers(const struct host_interface *interface)
{
	enum origin_known result = interface->rx_count ? ORIGIN_NO : ORIGIN_UNKNOWN;

	for (size_t i = 0; i < interface->rx_count; i++) {
		const struct host_queue *queue = &interface->rx[i];
		enum origin_known one = cpus_count(&queue->cpus) ? ORIGIN_YES : ORIGIN_NO;

		result = any(result, queue->has_cpus ? one : ORIGIN_UNKNOWN);
	}
	return result;
}

/* RFS wants both tables, the machine's and that of a queue. */
static enum origin_known follows(const struct host *host, const struct host_interface *interface)
{
	enum origin_known queues = interface->rx_count ? ORIGIN_NO : ORIGIN_UNKNOWN;
	uint64_t entries;
	bool told = host_machine_number(host, &entries, "rps_sock_flow_entries");

	if (told && !entries)
		return ORIGIN_NO;
	for (size_t i = 0; i < interface->rx_count; i++) {
		const struct host_queue *queue = &interface->rx[i];
		enum origin_known one = queue->flow_count ? ORIGIN_YES : ORIGIN_NO;

		queues = any(queues, queue->has_flow_count ? one : ORIGIN_UNKNOWN);
	}
	return queues == ORIGIN_YES && !told ? ORIGIN_UNKNOWN : queues;
}

/* Whether the hardware may send a flow to another queue than before. */
static enum origin_known hardware_steers(
	const struct host *host, const struct host_interface *interface)
{
	/* These move flows after what is sent (ATR) where no rule of the user's does. */
	static const char *const samplers[] = { "ixgbe", "i40e", "igc" };
	enum feature rules = host_feature(host, interface, "ntuple-filters");

	if (!interface->physical)
		return ORIGIN_NO;
	if (rules == FEATURE_ON)
		return ORIGIN_YES;
	for (size_t i = 0; i < sizeof(samplers) / sizeof(samplers[0]); i++)
		if (strcmp(interface->driver, samplers[i]) == 0)
			return ORIGIN_UNKNOWN;
	return rules == FEATURE_OFF ? ORIGIN_NO : ORIGIN_UNKNOWN;
}

/* What is not polled goes by no GRO. */
static enum origin_known coalesces(const struct host *host, const struct host_interface *interface)
{
	enum origin_known polled = interface_is_polled(host, interface);
	enum feature feature = host_feature(host, interface, "generic-receive-offload");

	if (polled == ORIGIN_NO || feature == FEATURE_OFF)
		return ORIGIN_NO;
	return polled == ORIGIN_YES && feature == FEATURE_ON ? ORIGIN_YES : ORIGIN_UNKNOWN;
}

static unsigned queues_of(const struct host_interface *interface)
{
	return interface->rx_count ? (unsigned)interface->rx_count : interface->receive_queues;
}

static void take_way(const struct host *host, const struct host_interface *interface,
	struct way *way, int depth);

/* What it runs over and its members; returns whether there are any. */
static bool take_below(
	const struct host *host, const struct host_interface *interface, struct way *way, int depth)
{
	const struct host_interface *lower = host_is_pair(interface) ? NULL
								     : host_lower(host, interface);
	bool some = lower != NULL;

	if (lower)
		take_way(host, lower, way, depth + 1);
	for (size_t i = 0; i < host->interface_count; i++) {
		if (host_master(host, &host->interfaces[i]) != interface)
			continue;
		some = true;
		take_way(host, &host->interfaces[i], way, depth + 1);
	}
	return some;
}

static void take_way(
	const struct host *host, const struct host_interface *interface, struct way *way, int depth)
{
	bool hidden = (interface->link_elsewhere && !host_is_pair(interface)) ||
		      interface_unseen(host, interface) == UNSEEN_TUNNEL;

	way->virtual_pair = any(
		way->virtual_pair, host_is_pair(interface) ? ORIGIN_YES : ORIGIN_NO);
	way->coalesces = any(way->coalesces, hidden ? ORIGIN_UNKNOWN : coalesces(host, interface));
	way->steers = any(way->steers, hidden ? ORIGIN_UNKNOWN : steers(interface));
	way->follows = any(way->follows, hidden ? ORIGIN_UNKNOWN : follows(host, interface));
	way->hardware_steers = any(
		way->hardware_steers, hidden ? ORIGIN_UNKNOWN : hardware_steers(host, interface));
	for (size_t i = 0; i < interface->rx_count; i++)
		way->cpus = cpus_or(&way->cpus, &interface->rx[i].cpus);
	if (!way->steered_at && cpus_count(&way->cpus))
		way->steered_at = interface->word;
	if (depth < DEPTH && take_below(host, interface, way, depth))
		return;
	way->queues += queues_of(interface);
	way->queues_unknown |= hidden || depth == DEPTH || !queues_of(interface);
}

static enum origin_known prequeue_of(const struct host *host)
{
	uint64_t number;

	if (!host_machine_number(host, &number, "netdev_tstamp_prequeue"))
		return ORIGIN_UNKNOWN;
	return number ? ORIGIN_YES : ORIGIN_NO;
}

static void fill_host(const struct host *host, const char *name, struct origin_setting *setting)
{
	const struct host_interface *interface = host_interface(host, name);
	struct way way = { ORIGIN_NO, ORIGIN_NO, ORIGIN_NO, ORIGIN_NO, ORIGIN_NO, { { 0 } }, NULL,
		0, false };

	setting->prequeue = prequeue_of(host);
	setting->cpus = host->has_online ? cpus_count(&host->online) : 0;
	setting->unseen = interface ? interface_unseen(host, interface) : UNSEEN_INTERFACE;
	if (!interface)
		return;
	take_way(host, interface, &way, 0);
	if (host->has_online)
		way.cpus = cpus_and(&way.cpus, &host->online);
	setting->name = interface->word;
	setting->steers = way.steers;
	setting->follows = way.follows;
	setting->hardware_steers = way.hardware_steers;
	setting->steered_at = way.steered_at;
	setting->steering_cpus = cpus_count(&way.cpus);
	setting->receive_queues = way.queues_unknown ? 0 : way.queues;
	setting->polled = interface_is_polled(host, interface);
	setting->virtual_pair = way.virtual_pair;
	setting->coalesces = way.coalesces;
}

static void fill_source(
	const struct report *report, uint32_t interface, struct origin_setting *setting)
{
	for (size_t i = 0; i < report->source_count; i++) {
		const struct report_source *source = &report->sources[i];
		uint64_t dropped = source->dropped - source->dropped_interface;

		if (interface - source->first_interface >= source->interfaces)
			continue;
		setting->frontend = source->frontend;
		/* What was told at the end alone, of which interface of several is not known. */
		if (source->dropped_known && source->dropped >= source->dropped_interface &&
			dropped > setting->dropped)
			setting->dropped = dropped;
	}
	setting->stamps_told = setting->frontend && strcmp(setting->frontend, "mmap") == 0;
}

void origin_settings_fill(const struct origin_settings *settings, const struct report *report,
	uint32_t interface, struct origin_setting *setting)
{
	const struct analyzer_options *options = settings->options;
	const struct meanwhile *meanwhile = &settings->meanwhile[place_of(interface)];

	*setting = (struct origin_setting){
		.live = options->live,
		.dropped = meanwhile->dropped,
		.masks_changed = meanwhile->masks_changed,
		.clock_step_ns = settings->clock_step_ns,
		.changed = *meanwhile->changed ? meanwhile->changed : NULL,
	};
	if (*settings->changed)
		setting->changed = settings->changed;
	fill_source(report, interface, setting);
	if (options->host && interface < options->interface_count)
		fill_host(options->host, options->interfaces[interface], setting);
	if (*meanwhile->masks_of)
		setting->steered_at = meanwhile->masks_of;
}
