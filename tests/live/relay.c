/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a path do to packets? What it is told to: a bridge between two interfaces that drops,
 * doubles, holds back, delays or corrupts the frames its rules choose, and logs what left when, so
 * that a test knows the truth. It counts what it lost itself; then the truth is none, and its exit
 * status is 1. The senders' offloads must be off: it relays frames as they would be on a wire.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/live/flight.h"
#include "tests/live/journal.h"
#include "tests/live/link.h"
#include "tests/live/rules.h"
#include "tests/live/tool.h"

#define TAG_BYTES 4
#define TAG_OFFSET 12

struct relay {
	struct link links[2]; /* frames of direction 0 come from links[0] */
	struct rules rules;
	struct tally tallies[2];
	FILE *log;
	uint64_t idle_ns; /* 0: no end without a signal */
	uint16_t tag;     /* VLAN id that frames of direction 0 get, 0: none */
};

/* As a switch does it: behind the addresses, before any other tag. */
static bool send_tagged(struct relay *relay, const struct flight *flight)
{
	static uint8_t room[TAG_BYTES + UINT16_MAX];
	const uint8_t tag[TAG_BYTES] = { 0x81, 0x00, (uint8_t)(relay->tag >> 8),
		(uint8_t)relay->tag };

	memcpy(room, flight->bytes, TAG_OFFSET);
	memcpy(room + TAG_OFFSET, tag, TAG_BYTES);
	memcpy(room + TAG_OFFSET + TAG_BYTES, flight->bytes + TAG_OFFSET,
		flight->length - TAG_OFFSET);
	return link_send(&relay->links[1], room, flight->length + TAG_BYTES);
}

static bool send_on(struct relay *relay, const struct flight *flight)
{
	if (relay->tag && flight->direction == 0)
		return send_tagged(relay, flight);
	return link_send(&relay->links[!flight->direction], flight->bytes, flight->length);
}

static void leave(struct relay *relay, struct flight *flight)
{
	struct tally *tally = &relay->tallies[flight->direction];

	if (!send_on(relay, flight)) {
		tally->too_long += errno == EMSGSIZE;
		tally->lost_sending++;
		return;
	}
	tally->forwarded++;
	journal_frame(relay->log, flight, tally->forwarded);
}

/* The actions: each returns whether the frame goes on to the next rule. */
static bool do_drop(struct relay *relay, struct rule *rule, struct flight *flight)
{
	relay->tallies[flight->direction].dropped++;
	journal_frame(relay->log, flight, 0);
	return false;
}

/* The copy waits for this frame, which passes, and for `by` more. */
static bool do_dup(struct relay *relay, struct rule *rule, struct flight *flight)
{
	struct flight copy = *flight;

	relay->tallies[flight->direction].duplicated++;
	copy.copy = true;
	flight_wait(rule, &copy,
		rule->by || !rule->ms_ns ? rule->passed + 1 + rule->by : UINT64_MAX,
		rule->ms_ns ? clock_ns() + rule->ms_ns : UINT64_MAX);
	rule->passed++;
	return true;
}

static bool do_hold(struct relay *relay, struct rule *rule, struct flight *flight)
{
	relay->tallies[flight->direction].held++;
	flight_wait(rule, flight, rule->passed + rule->by, clock_ns() + rule->ms_ns);
	return false;
}

static bool do_delay(struct relay *relay, struct rule *rule, struct flight *flight)
{
	relay->tallies[flight->direction].delayed++;
	flight_wait(rule, flight, UINT64_MAX, clock_ns() + rule->ms_ns);
	return false;
}

/* One bit of a ones' complement sum, so never the same sum. */
static bool do_corrupt(struct relay *relay, struct rule *rule, struct flight *flight)
{
	struct frame *frame = &flight->frame;

	relay->tallies[flight->direction].corrupted++;
	flight->bytes[frame->payload + frame->payload_bytes - 1] ^= 1;
	return true;
}

static bool (*const actions[ACTIONS])(
	struct relay *relay, struct rule *rule, struct flight *flight) = {
	[ACTION_DROP] = do_drop,
	[ACTION_DUP] = do_dup,
	[ACTION_HOLD] = do_hold,
	[ACTION_DELAY] = do_delay,
	[ACTION_CORRUPT] = do_corrupt,
};

/* Takes a frame through the rules from `first` on. */
static void advance(struct relay *relay, struct flight *flight, size_t first)
{
	for (size_t i = first; i < relay->rules.count; i++) {
		struct rule *rule = &relay->rules.rules[i];

		if (!rule_concerns(rule, flight->direction, &flight->frame))
			continue;
		if (!(flight->chosen & 1u << i)) {
			rule->passed++;
			continue;
		}
		if (rule->action != ACTION_DUP)
			flight->actions |= 1u << rule->action;
		if (!actions[rule->action](relay, rule, flight))
			return;
	}
	leave(relay, flight);
}

static void go_on(struct relay *relay, size_t rule_index, struct flight *flight)
{
	advance(relay, flight, rule_index + 1);
	flight_free(flight);
}

/* Lets those go whose number of frames has passed; a rule may so serve a later one. */
static void release_passed(struct relay *relay)
{
	struct flight *flight;

	for (size_t i = 0; i < relay->rules.count; i++)
		while ((flight = flight_due_passed(&relay->rules.rules[i])))
			go_on(relay, i, flight);
}

static void release_time(struct relay *relay, uint64_t now_ns)
{
	struct flight *flight;

	for (size_t i = 0; i < relay->rules.count; i++) {
		struct rule *rule = &relay->rules.rules[i];

		while ((flight = flight_due_time(rule, now_ns))) {
			if (rule->by)
				relay->tallies[flight->direction].flushed++;
			go_on(relay, i, flight);
			release_passed(relay);
		}
	}
}

static uint64_t next_time(const struct relay *relay)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < relay->rules.count; i++) {
		const struct flight *head = relay->rules.rules[i].head;

		if (head && head->until_ns < next)
			next = head->until_ns;
	}
	return next;
}

static void arrive(struct relay *relay, unsigned direction, const struct link_frame *arrived)
{
	struct tally *tally = &relay->tallies[direction];
	struct flight flight = {
		.bytes = arrived->bytes,
		.length = arrived->length,
		.direction = direction,
	};

	frame_parse(&flight.frame, arrived->bytes, arrived->length);
	tally->received++;
	tally->unfinished += arrived->unfinished;
	if (1u << flight.frame.class & FRAME_DATA)
		tally->data++;
	flight.number = tally->data;
	flight.chosen = rules_choose(&relay->rules, direction, &flight.frame);
	advance(relay, &flight, 0);
	release_passed(relay);
}

/* A batch of each direction.  Returns the size of the larger one: LINK_BATCH if more may wait. */
static unsigned receive(struct relay *relay)
{
	unsigned most = 0;

	for (unsigned direction = 0; direction < 2; direction++) {
		struct link *link = &relay->links[direction];
		unsigned got = link_receive(link);

		for (unsigned i = 0; i < got; i++)
			arrive(relay, direction, &link->frames[i]);
		if (got > most)
			most = got;
	}
	return most;
}

/*
 * Frames that wait in a socket arrived before a time that is reached only now, so no rule's time is
 * looked at before they are through.
 */
static void run(struct relay *relay)
{
	uint64_t last_ns = 0; /* of a frame */

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = relay->links[0].fd, .events = POLLIN },
			{ .fd = relay->links[1].fd, .events = POLLIN },
		};
		uint64_t end_ns = relay->idle_ns && last_ns ? last_ns + relay->idle_ns : UINT64_MAX;
		uint64_t next_ns = next_time(relay), now_ns;
		unsigned received;

		if (wait_ready(fds, 2, next_ns < end_ns ? next_ns : end_ns) < 0)
			return;
		received = receive(relay);
		now_ns = clock_ns();
		if (received)
			last_ns = now_ns;
		if (received == LINK_BATCH)
			continue;
		release_time(relay, now_ns);
		if (relay->idle_ns && last_ns && now_ns >= last_ns + relay->idle_ns)
			return;
	}
}

static bool finish(struct relay *relay)
{
	uint64_t faults = 0;

	while (receive(relay) == LINK_BATCH)
		;
	release_time(relay, UINT64_MAX);
	for (unsigned i = 0; i < 2; i++) {
		struct tally *tally = &relay->tallies[i];

		link_count_lost(&relay->links[i]);
		tally->lost_receiving = relay->links[i].lost;
		faults += tally->lost_receiving + tally->lost_sending + tally->unfinished;
	}
	return !faults;
}

static const char usage[] =
	"usage: relay [-l LOG] [--idle MS] [--tag ID] IF_A IF_B [RULE]...\n"
	"  Prints \"ready\", relays until SIGTERM, SIGINT or, after the first frame, MS without\n"
	"  one, and prints its counts. With --tag all that goes to IF_B gets a VLAN tag.\n"
	"  Exit status 1 if it lost frames itself or got some without a checksum (offloads on).\n";

static const char *parse_options(struct relay *relay, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "idle", required_argument, NULL, 'i' },
		{ "tag", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "l:", long_options, NULL)) != -1)
		if (option == 'l') {
			path = optarg;
		} else if (option == 'i') {
			relay->idle_ns = MS_NS * number_parse("--idle", optarg, 600000);
		} else if (option == 't') {
			relay->tag = (uint16_t)number_parse("--tag", optarg, 4094);
		} else {
			fprintf(option == 'h' ? stdout : stderr, "%s%s", usage, rules_help);
			exit(option == 'h' ? 0 : 2);
		}
	if (argc - optind < 2)
		die("two interfaces are needed: try --help");
	return path;
}

int main(int argc, char **argv)
{
	static struct relay relay;
	const char *path = parse_options(&relay, argc, argv);
	bool whole;

	for (int i = optind + 2; i < argc; i++)
		rules_add(&relay.rules, argv[i]);
	stop_catch();
	prctl(PR_SET_TIMERSLACK, 1);
	relay.log = journal_open(path);
	for (int i = 0; i < 2; i++)
		link_open(&relay.links[i], argv[optind + i]);
	say_ready();
	run(&relay);
	whole = finish(&relay);
	journal_summary(relay.log, "# ", relay.tallies);
	journal_close(relay.log, path);
	journal_summary(stdout, "", relay.tallies);
	if (!whole)
		fputs("relay: lost frames or got unfinished ones: see its counts\n", stderr);
	return whole ? 0 : 1;
}
