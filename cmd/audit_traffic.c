/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes through the audited machine meanwhile? Captures where packets enter and leave it, with
 * the receive hash that steers them, and has another process take the snapshot at the end, since
 * all rights are gone by then.
 */
#include "cmd/audit_traffic.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/engine.h"
#include "cmd/second_look.h"
#include "host/host.h"

/* Whether frames are on it that are on no other interface below: what is stacked shows copies. */
static bool is_entrance(const struct host *host, const struct host_interface *interface)
{
	const struct host_interface *peer;
	bool collects = strcmp(interface->kind, "bridge") == 0 ||
			strcmp(interface->kind, "bond") == 0 ||
			strcmp(interface->kind, "team") == 0;

	if (!interface->up || interface->loopback || collects)
		return false;
	if (!host_is_pair(interface) || interface->link < 0)
		return !host_lower(host, interface);
	/* Of a pair in one namespace both ends show the same. */
	peer = &host->interfaces[interface->link];
	return !peer->up || peer->ifindex > interface->ifindex;
}

static void choose(const struct traffic_options *options, const struct host *host,
	struct word_list *interfaces)
{
	for (size_t i = 0; i < options->name_count; i++)
		value_list(interfaces, options->names[i], NULL);
	for (size_t i = 0; !options->name_count && i < host->interface_count; i++)
		if (interfaces->count < CAPTURE_MAX_LIVE && is_entrance(host, &host->interfaces[i]))
			value_list(interfaces, host->interfaces[i].name, NULL);
}

/* Why nothing was captured at all, if so; what went wrong later is in the report. */
static int check_opened(const struct report *report, struct error *error)
{
	const struct report_source *source = &report->sources[0];

	if (source->failed && !source->frames && !source->frontend)
		return error_set(error, "%s", source->error);
	return 0;
}

static struct snapshot *capture(const struct engine_options *engine, struct second_look *look,
	struct report *report, struct error *error)
{
	if (engine_run(engine, NULL, report, error) < 0 || check_opened(report, error) < 0)
		return NULL;
	return second_look_take(look, error);
}

struct snapshot *audit_traffic(const struct traffic_options *options, const struct snapshot *before,
	struct report *report, struct error *error)
{
	struct engine_options *engine = options->engine;
	struct host *host = host_new(before, NULL);
	struct snapshot *after = NULL;
	struct second_look *look = NULL;

	engine->source.duration_ns = options->duration_ns;
	engine->source.user = options->user;
	engine->source.receive_hash = true;
	if (options->filter)
		engine->source.filter = memory_copy_text(options->filter);
	engine->analyzer.host = host;
	engine->progress = true;
	engine->announce = options->announce;
	engine->quiet = true;
	choose(options, host, &engine->source.interfaces);
	if (engine->source.interfaces.count == 0)
		error_set(error, "no interface is up that packets come by: name one");
	else if (engine->source.interfaces.count > CAPTURE_MAX_LIVE)
		error_set(error, "more than %d interfaces", CAPTURE_MAX_LIVE);
	else
		look = second_look_start(error);
	if (look)
		after = capture(engine, look, report, error);
	second_look_end(look);
	host_free(host);
	return after;
}
