/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who reordered: each gate and each origin from both sides of its threshold, figures as they were
 * measured, and over many random ones that nothing is claimed without what it rests on.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/origin.h"

#define CHANGES 3

typedef void change(struct origin_setting *setting);

#define CHANGE(name, assignment) \
	static void name(struct origin_setting *setting) \
	{ \
		setting->assignment; \
	}

CHANGE(clock_ahead, clock_step_ns = 5000000)
CHANGE(clock_back, clock_step_ns = INT64_MIN)
CHANGE(dropped, dropped = 1)
CHANGE(features_changed, changed = "gro")
CHANGE(masks_changed, masks_changed = true)
CHANGE(prequeue_0, prequeue = ORIGIN_NO)
CHANGE(prequeue_unknown, prequeue = ORIGIN_UNKNOWN)
CHANGE(steers, steers = ORIGIN_YES)
CHANGE(steers_unknown, steers = ORIGIN_UNKNOWN)
CHANGE(two_cpus_of_mask, steering_cpus = 2)
CHANGE(one_cpu_of_mask, steering_cpus = 1)
CHANGE(follows, follows = ORIGIN_YES)
CHANGE(follows_unknown, follows = ORIGIN_UNKNOWN)
CHANGE(polled, polled = ORIGIN_YES)
CHANGE(polled_unknown, polled = ORIGIN_UNKNOWN)
CHANGE(two_queues, receive_queues = 2)
CHANGE(queues_unknown, receive_queues = 0)
CHANGE(one_cpu, cpus = 1)
CHANGE(cpus_unknown, cpus = 0)
CHANGE(tcp, tcp = true)
CHANGE(raw, stamps_told = false)
CHANGE(moves_flows, hardware_steers = ORIGIN_YES)
CHANGE(unnamed, name = NULL)
CHANGE(coalesces, coalesces = ORIGIN_YES)
CHANGE(coalesces_nothing, coalesces = ORIGIN_NO)
CHANGE(behind_xdp, unseen = UNSEEN_XDP)
CHANGE(of_links, unseen = UNSEEN_LINKS)
CHANGE(redirected, unseen = UNSEEN_REDIRECTION)
CHANGE(over_hidden, unseen = UNSEEN_LOWER)
CHANGE(to_itself, unseen = UNSEEN_SELF)
CHANGE(of_program, unseen = UNSEEN_PROGRAM)
CHANGE(of_tunnel, unseen = UNSEEN_TUNNEL)
CHANGE(of_nothing_known, unseen = UNSEEN_INTERFACE)
CHANGE(over_eth2, steered_at = "eth2")
CHANGE(long_name, name = "'an interface; with a name that is longer than any that there is'")

/* An unpolled veth of one queue, a card with eight, and a file. */
static const struct origin_setting veth = { .live = true,
	.stamps_told = true,
	.name = "eth0",
	.frontend = "mmap",
	.prequeue = ORIGIN_YES,
	.steers = ORIGIN_NO,
	.follows = ORIGIN_NO,
	.polled = ORIGIN_NO,
	.virtual_pair = ORIGIN_YES,
	.hardware_steers = ORIGIN_NO,
	.receive_queues = 1,
	.cpus = 2 };
static const struct origin_setting card = { .live = true,
	.stamps_told = true,
	.name = "eth1",
	.frontend = "mmap",
	.prequeue = ORIGIN_YES,
	.steers = ORIGIN_NO,
	.follows = ORIGIN_NO,
	.polled = ORIGIN_YES,
	.virtual_pair = ORIGIN_NO,
	.hardware_steers = ORIGIN_NO,
	.receive_queues = 8,
	.cpus = 8 };
static const struct origin_setting file = { 0 };

#define PAIRS(n) .late = (n), .pairs = (n)
#define INSIDE(n) PAIRS(n), .inside = (n)
#define OUTSIDE(n) PAIRS(n), .outside = (n)
#define BOTH(i, o) PAIRS((i) + (o)), .inside = (i), .outside = (o)
/* Known of all pairs, and how many differ. */
#define IN_CPUS(n, differ) \
	.cpus = (n), .cpus_differ = (differ), .inside_cpus = (n), .inside_cpus_differ = (differ)
#define OUT_CPUS(n, differ) \
	.cpus = (n), .cpus_differ = (differ), .outside_cpus = (n), .outside_cpus_differ = (differ)
#define OUT_QUEUES(n, differ, in_order) \
	.queues = (n), .queues_differ = (differ), .outside_queues = (n), \
	.outside_queues_differ = (differ), .queue_judged = (n), .queue_in_order = (in_order)
#define HASHES(n, differ) .hashes = (n), .hashes_differ = (differ)

static const struct {
	const struct origin_setting *setting;
	change *changes[CHANGES];
	struct origin_counts counts;
	int64_t waited_ns; /* all of `inside`; 0: not told */
	enum origin origin;
	enum confidence confidence;
	const char *reason; /* part of it */
	enum origin inside, outside;
} cases[] = {
	/* Gates. */
	{ &veth, { 0 }, { 0 }, 0, ORIGIN_NONE, CONFIDENCE_NONE, "", 0, 0 },
	{ &veth, { clock_ahead, dropped }, { 0 }, 0, ORIGIN_NONE, CONFIDENCE_NONE, "", 0, 0 },
	{ &veth, { 0 }, { .late = 3 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"of 3 late packets none could be compared", 0, 0 },
	{ &veth, { 0 }, { PAIRS(3), .inside = 3, .outside = 1 }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "contradicts", 0, 0 },
	{ &veth, { 0 }, { PAIRS(3), .inside = 3, .equal = UINT64_MAX }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "contradicts", 0, 0 },
	{ &veth, { clock_ahead }, { INSIDE(69), IN_CPUS(69, 69) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "the clock was set ahead by 5 ms", 0, 0 },
	{ &veth, { clock_back }, { INSIDE(69), IN_CPUS(69, 69) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "the clock was set back", 0, 0 },
	{ &veth, { dropped }, { OUTSIDE(69) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"--buffer-size", 0, 0 },
	{ &veth, { features_changed }, { OUTSIDE(69) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"gro of eth0 was changed meanwhile", 0, 0 },
	{ &veth, { prequeue_0 }, { BOTH(8, 330) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"sysctl net.core.netdev_tstamp_prequeue=1", 0, 0 },
	{ &card, { prequeue_0 }, { OUTSIDE(50), OUT_QUEUES(50, 50, 50), HASHES(50, 0) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "prequeue is 0", 0, 0 },
	/* Stamps: TCP of the machine over veth, 76 of 76 called outside; a ring that stamps. */
	{ &veth, { tcp }, { OUTSIDE(76), .unstamped = 76 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"TCP sent by a program of this machine over veth", 0, 0 },
	{ &veth, { tcp }, { OUTSIDE(76), .unstamped = 76, OUT_CPUS(76, 76) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "this host is suspected", 0, 0 },
	{ &veth, { tcp }, { OUTSIDE(76), .unstamped = 76, OUT_CPUS(76, 2) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "capture at the sender too", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(33), .unstamped = 33 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"no stamp as they came in, in 33 of 33", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .unstamped = 6 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"in 6 of 100", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .unstamped = 5 }, 0, ORIGIN_BEFORE_HOST, CONFIDENCE_PROVEN,
		"100 of 100", 0, 0 },
	/* Leaving: queues with classes at the sender, 1,126 on the transmit tap. */
	{ &veth, { 0 }, { OUTSIDE(1126), .sent = 1126 }, 0, ORIGIN_SENDER, CONFIDENCE_PROVEN,
		"in 1,126 of 1,126 pairs both packets were seen on the transmit side of eth0", 0,
		0 },
	{ &veth, { raw }, { OUTSIDE(1126), .sent = 1126, .untold = 1126 }, 0, ORIGIN_SENDER,
		CONFIDENCE_LIKELY, "transmit side", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .sent = 100, .forwarded = 6 }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "capture where it comes in too", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .sent = 100, .forwarded = 5 }, 0, ORIGIN_SENDER,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .sent = 94 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"--direction", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .sent = 6 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"--direction", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .sent = 95 }, 0, ORIGIN_SENDER, CONFIDENCE_PROVEN, "", 0,
		0 },
	{ &veth, { 0 }, { BOTH(9, 91), .sent = 100 }, 0, ORIGIN_SENDER, CONFIDENCE_PROVEN, "", 0,
		0 },
	{ &veth, { 0 }, { BOTH(10, 90), .sent = 100 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"capture where they arrive", 0, 0 },
	{ &file, { 0 }, { OUTSIDE(100), .sent = 100, .untold = 100 }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "a file does not tell whether", 0, 0 },
	/* Untold stamps. */
	{ &file, { 0 }, { INSIDE(69), .untold = 69 }, 34000, ORIGIN_HOST, CONFIDENCE_LIKELY,
		"in 69 of 69 the late packet was stamped before", 0, 0 },
	{ &file, { 0 }, { INSIDE(5), .untold = 5 }, 1000, ORIGIN_HOST, CONFIDENCE_LIKELY,
		"none of these is late", 0, 0 },
	{ &file, { 0 }, { INSIDE(4), .untold = 4 }, 34000, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"4 of 4 late packets were stamped first", 0, 0 },
	{ &file, { 0 }, { INSIDE(69), .untold = 69 }, 899, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"no more than two CPUs that race do", 0, 0 },
	{ &file, { 0 }, { INSIDE(69), .untold = 69 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"no more than two CPUs that race do", 0, 0 },
	{ &file, { 0 }, { OUTSIDE(69), .untold = 69 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"a file does not tell where its stamps were taken; in 0 of 69", 0, 0 },
	{ &file, { 0 }, { BOTH(227, 996), .untold = 1223 }, 34000, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "227 of 1,223 late packets were stamped first: these were", 0, 0 },
	{ &veth, { raw }, { INSIDE(184), .untold = 184 }, 34000, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_LIKELY, "which CPU that was is not known", 0, 0 },
	{ &veth, { raw, masks_changed }, { INSIDE(184), .untold = 184 }, 34000,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY, "changed meanwhile", 0, 0 },
	{ &veth, { raw, steers_unknown }, { INSIDE(184), .untold = 184 }, 34000, ORIGIN_HOST,
		CONFIDENCE_LIKELY, "rps_cpus cannot be read", 0, 0 },
	{ &veth, { raw }, { PAIRS(721), .outside = 705, .equal = 16, .untold = 721 }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "nobody tells where the stamps", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .untold = 6 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"--frontend mmap", 0, 0 },
	/* The queues of CPUs: 69 of 1,728 were late, all of them on another CPU. */
	{ &veth, { 0 }, { INSIDE(69), IN_CPUS(69, 69), HASHES(69, 0) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_PROVEN,
		"in 69 of 69 the late packet was stamped before the one that overtook it: sorted "
		"by stamp none of these is late; both on different CPUs in 69 of 69; rps_cpus of "
		"eth0 is 0 and RFS off",
		0, 0 },
	{ &veth, { prequeue_unknown }, { INSIDE(69), IN_CPUS(69, 69) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { 0 }, { INSIDE(5), IN_CPUS(5, 5) }, 0, ORIGIN_HOST_BACKLOG, CONFIDENCE_PROVEN, "",
		0, 0 },
	{ &veth, { 0 }, { INSIDE(4), IN_CPUS(4, 4) }, 0, ORIGIN_HOST_BACKLOG, CONFIDENCE_LIKELY, "",
		0, 0 },
	{ &veth, { 0 }, { .late = 201, .pairs = 100, .inside = 100, IN_CPUS(100, 100) }, 0,
		ORIGIN_HOST_BACKLOG, CONFIDENCE_LIKELY, "100 of 201 late packets could be", 0, 0 },
	{ &veth, { 0 }, { .late = 200, .pairs = 100, .inside = 100, IN_CPUS(100, 100) }, 0,
		ORIGIN_HOST_BACKLOG, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { 0 }, { BOTH(91, 9), IN_CPUS(91, 91) }, 0, ORIGIN_HOST_BACKLOG, CONFIDENCE_PROVEN,
		"in 91 of 100", 0, 0 },
	{ &veth, { 0 }, { INSIDE(100) }, 0, ORIGIN_HOST_BACKLOG, CONFIDENCE_LIKELY,
		"which CPU that was is not known", 0, 0 },
	{ &veth, { 0 }, { INSIDE(100), IN_CPUS(50, 50) }, 0, ORIGIN_HOST_BACKLOG, CONFIDENCE_PROVEN,
		"in 50 of 50", 0, 0 },
	{ &veth, { 0 }, { INSIDE(100), IN_CPUS(49, 49) }, 0, ORIGIN_HOST_BACKLOG, CONFIDENCE_LIKELY,
		"", 0, 0 },
	{ &veth, { 0 }, { INSIDE(100), IN_CPUS(100, 94) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_LIKELY, "in 94 of 100", 0, 0 },
	{ &veth, { 0 }, { INSIDE(100), IN_CPUS(100, 50) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"one CPU keeps order", 0, 0 },
	{ &veth, { one_cpu }, { INSIDE(100) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"one CPU is online", 0, 0 },
	{ &veth, { cpus_unknown }, { INSIDE(100), IN_CPUS(100, 100) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { two_queues }, { INSIDE(100), IN_CPUS(100, 100) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { two_queues, polled_unknown }, { INSIDE(100), IN_CPUS(100, 100) }, 0,
		ORIGIN_HOST_BACKLOG, CONFIDENCE_LIKELY, "", 0, 0 },
	{ &veth, { polled_unknown }, { INSIDE(100), IN_CPUS(100, 100) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { polled }, { INSIDE(100), IN_CPUS(100, 100) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "nothing waits on eth0", 0, 0 },
	{ &veth, { follows_unknown }, { INSIDE(100), IN_CPUS(100, 100) }, 0, ORIGIN_HOST,
		CONFIDENCE_PROVEN, "net.core.rps_sock_flow_entries cannot be read", 0, 0 },
	{ &veth, { steers_unknown }, { INSIDE(100), IN_CPUS(100, 100) }, 0, ORIGIN_HOST,
		CONFIDENCE_PROVEN, "rps_cpus cannot be read", 0, 0 },
	/* Receive steering: a mask that was flipped, 298 of 298; hashes that it parts. */
	{ &veth, { steers, two_cpus_of_mask, masks_changed },
		{ INSIDE(298), IN_CPUS(298, 298), HASHES(298, 0) }, 0, ORIGIN_RECEIVE_STEERING,
		CONFIDENCE_PROVEN,
		"both on different CPUs in 298 of 298; rps_cpus of eth0 was changed meanwhile", 0,
		0 },
	{ &veth, { masks_changed }, { INSIDE(1511) }, 0, ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY,
		"in 1,511 of 1,511", 0, 0 },
	{ &veth, { masks_changed }, { INSIDE(100), IN_CPUS(100, 10) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "one CPU keeps order", 0, 0 },
	{ &veth, { steers, two_cpus_of_mask },
		{ INSIDE(60), IN_CPUS(60, 60), HASHES(60, 60), .predicted = 60,
			.predicted_right = 60 },
		0, ORIGIN_RECEIVE_STEERING, CONFIDENCE_PROVEN,
		"receive hashes differ in 60 of 60; rps_cpus takes their hashes to just these "
		"CPUs in 60 of 60; rps_cpus of eth0 steers to 2 CPUs",
		0, 0 },
	{ &card, { steers, two_cpus_of_mask }, { INSIDE(60), IN_CPUS(60, 60), HASHES(60, 60) }, 0,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { steers, two_cpus_of_mask }, { INSIDE(60), HASHES(60, 3) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "one receive hash", 0, 0 },
	{ &veth, { steers, two_cpus_of_mask }, { INSIDE(60), IN_CPUS(60, 60), HASHES(60, 3) }, 0,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY, "it was set meanwhile", 0, 0 },
	{ &veth, { steers, two_cpus_of_mask }, { INSIDE(60), IN_CPUS(60, 60), HASHES(60, 4) }, 0,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY, "", 0, 0 },
	{ &veth, { steers, two_cpus_of_mask }, { INSIDE(60) }, 0, ORIGIN_RECEIVE_STEERING,
		CONFIDENCE_LIKELY, "", 0, 0 },
	{ &veth, { steers, one_cpu_of_mask }, { INSIDE(60) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "takes all to one CPU, which keeps order", 0, 0 },
	{ &veth, { steers, one_cpu_of_mask, follows_unknown }, { INSIDE(60) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "takes all to one CPU", 0, 0 },
	/* A mask that was set for a moment, between two readings. */
	{ &veth, { steers, one_cpu_of_mask }, { INSIDE(948), IN_CPUS(767, 767) }, 0,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY,
		"it takes all to one CPU, which keeps order: it was set meanwhile, and back", 0,
		0 },
	{ &veth, { steers, one_cpu_of_mask, follows }, { INSIDE(60), IN_CPUS(60, 60) }, 0,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY, "RFS is on", 0, 0 },
	{ &veth, { follows }, { INSIDE(60), IN_CPUS(60, 60) }, 0, ORIGIN_RECEIVE_STEERING,
		CONFIDENCE_LIKELY, "RFS is on", 0, 0 },
	/* Queues: 88 of 16,678 stamped first on two CPUs that raced, 0 late within each queue. */
	{ &veth, { polled, two_queues },
		{ BOTH(88, 16590), OUT_QUEUES(16590, 16590, 16590), HASHES(16678, 0) }, 0,
		ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_PROVEN,
		"both came by different receive queues of eth0 in 16,590 of 16,590; in order "
		"within each in 16,590 of 16,590; one receive hash in 16,678 of 16,678",
		0, 0 },
	/* Of many pairs only a part is looked at within the queues. */
	{ &veth, { polled, two_queues },
		{ BOTH(9, 2528), HASHES(2501, 0), .queues = 2501, .queues_differ = 2501,
			.outside_queues = 2492, .outside_queues_differ = 2492, .queue_judged = 94,
			.queue_in_order = 94 },
		0, ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_PROVEN, "in order within each in 94 of 94", 0,
		0 },
	{ &veth, { polled, two_queues },
		{ BOTH(9, 2528), HASHES(2501, 0), .queues = 2501, .queues_differ = 2501,
			.outside_queues = 2492, .outside_queues_differ = 2492, .queue_judged = 63,
			.queue_in_order = 63 },
		0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "63 of 63", 0, 0 },
	{ &veth, { polled, two_queues, prequeue_unknown },
		{ BOTH(652, 23867), OUT_QUEUES(23867, 23867, 23867), HASHES(24519, 0) }, 0,
		ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { polled, two_queues }, { OUTSIDE(100), OUT_QUEUES(100, 95, 95), HASHES(100, 0) },
		0, ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { polled, two_queues }, { OUTSIDE(100), OUT_QUEUES(100, 95, 94), HASHES(100, 0) },
		0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"94 of 100 were in order within their queue", 0, 0 },
	{ &veth, { polled, two_queues }, { OUTSIDE(100), OUT_QUEUES(100, 94, 100), HASHES(100, 0) },
		0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "neither all nor none", 0, 0 },
	{ &veth, { polled, two_queues }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100) }, 0,
		ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_LIKELY, "", 0, 0 },
	{ &card, { 0 }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 100) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "may take other paths", 0, 0 },
	{ &card, { 0 }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 5) }, 0,
		ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &card, { polled_unknown }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 5) }, 0,
		ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_LIKELY, "", 0, 0 },
	{ &veth, { polled_unknown, two_queues },
		{ OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 0) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "may be the sender's queues", 0, 0 },
	{ &veth, { two_queues }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 0) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "may be the sender's queues", 0, 0 },
	{ &veth, { polled }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 0) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "may be the sender's queues", 0, 0 },
	{ &veth, { polled, two_queues },
		{ BOTH(60, 40), .queues = 100, .queues_differ = 100, .queue_judged = 100,
			.queue_in_order = 100, HASHES(100, 0) },
		0, ORIGIN_MULTIPLE_QUEUES, CONFIDENCE_LIKELY, "in 100 of 100", 0, 0 },
	{ &veth, { polled, two_queues }, { BOTH(60, 40) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"which receive queue each came by was not seen", 0, 0 },
	/* Before the host: the relay's swaps, 5,000 of 5,000, steered or not. */
	{ &veth, { 0 }, { OUTSIDE(5000), OUT_CPUS(5000, 0) }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_PROVEN,
		"in 5,000 of 5,000 the late packet was stamped behind the one that overtook it; "
		"eth0 has one receive queue; stamps are taken before receive steering",
		0, 0 },
	{ &veth, { steers, two_cpus_of_mask }, { OUTSIDE(5000), OUT_CPUS(5000, 0) }, 0,
		ORIGIN_BEFORE_HOST, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { 0 }, { BOTH(9, 91) }, 0, ORIGIN_BEFORE_HOST, CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(4) }, 0, ORIGIN_BEFORE_HOST, CONFIDENCE_LIKELY, "", 0, 0 },
	{ &veth, { prequeue_unknown }, { OUTSIDE(100), OUT_CPUS(100, 9) }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_LIKELY, "on one CPU in 91 of 100", 0, 0 },
	{ &veth, { prequeue_unknown }, { OUTSIDE(100), OUT_CPUS(100, 10) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "on different CPUs in 10 of 100", 0, 0 },
	{ &veth, { prequeue_unknown }, { OUTSIDE(100) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"read net.core.netdev_tstamp_prequeue", 0, 0 },
	{ &veth, { prequeue_unknown, steers, two_cpus_of_mask }, { OUTSIDE(100), OUT_CPUS(100, 0) },
		0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "receive steering of eth0 is on", 0, 0 },
	{ &veth, { prequeue_unknown, steers_unknown }, { OUTSIDE(100), OUT_CPUS(100, 0) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "receive steering of eth0 may be on", 0, 0 },
	{ &veth, { prequeue_unknown, polled }, { OUTSIDE(100) }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_PROVEN, "nothing waits or is steered", 0, 0 },
	{ &card, { 0 }, { OUTSIDE(100) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"eth1 has 8 receive queues, and which of them each came by was not seen", 0, 0 },
	{ &card, { 0 }, { OUTSIDE(100), HASHES(100, 0) }, 0, ORIGIN_BEFORE_HOST, CONFIDENCE_LIKELY,
		"one receive hash in 100 of 100, and no hardware steering", 0, 0 },
	{ &card, { 0 }, { OUTSIDE(100), HASHES(100, 6) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"capture with --frontend mmap", 0, 0 },
	{ &card, { moves_flows }, { OUTSIDE(100), HASHES(100, 0) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "capture with --frontend mmap", 0, 0 },
	{ &card, { moves_flows }, { OUTSIDE(100), OUT_QUEUES(100, 5, 100) }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_PROVEN, "by one receive queue in 95 of 100", 0, 0 },
	{ &card, { moves_flows }, { OUTSIDE(100), OUT_QUEUES(100, 6, 100) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "neither all nor none", 0, 0 },
	{ &card, { 0 }, { OUTSIDE(100), OUT_QUEUES(4, 0, 4), HASHES(100, 50) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "was not seen", 0, 0 },
	{ &veth, { two_queues }, { OUTSIDE(100), HASHES(100, 0) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "eth0 has 2 receive queues", 0, 0 },
	{ &veth, { queues_unknown, unnamed }, { OUTSIDE(100) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "how many receive queues the interface has", 0, 0 },
	/* What this machine has before the stamp. */
	{ &card, { of_links }, { OUTSIDE(100), OUT_QUEUES(100, 0, 0) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "but before the stamp of eth1 is one of several links", 0, 0 },
	{ &card, { of_links }, { OUTSIDE(100), OUT_QUEUES(100, 100, 100), HASHES(100, 0) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "several links", 0, 0 },
	{ &card, { redirected }, { OUTSIDE(637), OUT_QUEUES(637, 0, 0) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "traffic control of what it runs over", 0, 0 },
	{ &card, { over_hidden }, { OUTSIDE(100), OUT_QUEUES(100, 0, 0) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "not seen from this namespace", 0, 0 },
	{ &veth, { to_itself }, { OUTSIDE(74) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"sends to itself", 0, 0 },
	{ &veth, { of_program }, { OUTSIDE(191) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"a program of this machine", 0, 0 },
	{ &veth, { of_tunnel }, { OUTSIDE(100) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"what carries it", 0, 0 },
	{ &veth, { of_nothing_known }, { OUTSIDE(100) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"not known", 0, 0 },
	{ &veth, { behind_xdp }, { OUTSIDE(100), OUT_CPUS(100, 100) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "an XDP program", 0, 0 },
	{ &veth, { behind_xdp }, { OUTSIDE(100) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"an XDP program", 0, 0 },
	{ &veth, { behind_xdp }, { OUTSIDE(100), OUT_CPUS(100, 9) }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_PROVEN, "this machine, too", 0, 0 },
	/* It changes nothing behind the stamp. */
	{ &veth, { of_program }, { INSIDE(69), IN_CPUS(69, 69) }, 0, ORIGIN_HOST_BACKLOG,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { of_program }, { BOTH(50, 50), .inside_cpus = 50, .inside_cpus_differ = 50 }, 0,
		ORIGIN_MIXED, CONFIDENCE_PROVEN, "50 of 100 before the stamp, by what is not known",
		ORIGIN_HOST_BACKLOG, ORIGIN_UNDETERMINED },
	{ &veth, { of_tunnel, steers_unknown }, { INSIDE(836), IN_CPUS(836, 836) }, 0, ORIGIN_HOST,
		CONFIDENCE_PROVEN, "what carries packets of eth0 is not seen", 0, 0 },
	{ &veth, { masks_changed, over_eth2 }, { INSIDE(69), IN_CPUS(69, 69) }, 0,
		ORIGIN_RECEIVE_STEERING, CONFIDENCE_PROVEN, "rps_cpus of eth2 was changed", 0, 0 },
	/* GRO held 993 datagrams, and the fragments between passed. */
	{ &veth, { coalesces }, { OUTSIDE(993), .conversations_differ = 993, HASHES(993, 0) }, 0,
		ORIGIN_UNDETERMINED, CONFIDENCE_NONE, "GRO of eth0 may have held one", 0, 0 },
	{ &veth, { coalesces }, { OUTSIDE(100), .conversations_differ = 6 }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "in 6 of 100", 0, 0 },
	{ &veth, { coalesces }, { OUTSIDE(100), .conversations_differ = 5 }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_PROVEN, "", 0, 0 },
	{ &veth, { 0 }, { OUTSIDE(100), .conversations_differ = 100 }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "GRO", 0, 0 },
	{ &veth, { coalesces_nothing }, { OUTSIDE(100), .conversations_differ = 100 }, 0,
		ORIGIN_BEFORE_HOST, CONFIDENCE_PROVEN, "", 0, 0 },
	/* Both: 227 and 996 of one run. */
	{ &veth, { masks_changed },
		{ BOTH(227, 996), .inside_cpus = 227, .inside_cpus_differ = 227 }, 0, ORIGIN_MIXED,
		CONFIDENCE_PROVEN,
		"227 of 1,223 in this host: by receive steering; 996 of 1,223 before this "
		"interface",
		ORIGIN_RECEIVE_STEERING, ORIGIN_BEFORE_HOST },
	{ &veth, { 0 }, { BOTH(50, 50) }, 0, ORIGIN_MIXED, CONFIDENCE_LIKELY, "",
		ORIGIN_HOST_BACKLOG, ORIGIN_BEFORE_HOST },
	{ &veth, { steers_unknown }, { BOTH(50, 50) }, 0, ORIGIN_MIXED, CONFIDENCE_PROVEN, "",
		ORIGIN_HOST, ORIGIN_BEFORE_HOST },
	{ &card, { steers, two_cpus_of_mask },
		{ BOTH(50, 50), .outside_queues = 50, .outside_queues_differ = 50,
			.queue_judged = 100, .queue_in_order = 100 },
		0, ORIGIN_MIXED, CONFIDENCE_LIKELY, "", ORIGIN_RECEIVE_STEERING,
		ORIGIN_MULTIPLE_QUEUES },
	{ &veth, { two_queues, long_name },
		{ BOTH(90, 10), .inside_cpus = 90, .inside_cpus_differ = 90 }, 0, ORIGIN_MIXED,
		CONFIDENCE_PROVEN, "10 of 100 before the stamp, by what is not",
		ORIGIN_HOST_BACKLOG, ORIGIN_UNDETERMINED },
	{ &veth, { steers, one_cpu_of_mask }, { BOTH(50, 50) }, 0, ORIGIN_MIXED, CONFIDENCE_PROVEN,
		"50 of 100 in this host, by what is not known", ORIGIN_UNDETERMINED,
		ORIGIN_BEFORE_HOST },
	{ &veth, { steers, one_cpu_of_mask, two_queues }, { BOTH(50, 50) }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "by what is not known", 0, 0 },
	{ &veth, { polled }, { BOTH(50, 50) }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"nothing waits on eth0", 0, 0 },
	/* Equal stamps tell nothing. */
	{ &veth, { 0 }, { PAIRS(100), .equal = 100 }, 0, ORIGIN_UNDETERMINED, CONFIDENCE_NONE,
		"too few of 100 pairs tell: 0 stamped first", 0, 0 },
	{ &veth, { 0 }, { PAIRS(100), .inside = 89, .equal = 11 }, 0, ORIGIN_UNDETERMINED,
		CONFIDENCE_NONE, "too few", 0, 0 },
	{ &veth, { 0 }, { PAIRS(100), .outside = 90, .equal = 10 }, 0, ORIGIN_BEFORE_HOST,
		CONFIDENCE_PROVEN, "", 0, 0 },
};

static void decides(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct origin_setting setting = *cases[i].setting;
		static struct report_origin result;

		memset(&result, 0, sizeof(result));
		for (size_t n = 0; n < CHANGES && cases[i].changes[n]; n++)
			cases[i].changes[n](&setting);
		result.counts = cases[i].counts;
		if (cases[i].waited_ns)
			histogram_add_many(&result.waited_ns, (uint64_t)cases[i].waited_ns,
				result.counts.inside);
		origin_decide(&setting, &result);
		if (result.origin != cases[i].origin || result.confidence != cases[i].confidence ||
			result.inside != cases[i].inside || result.outside != cases[i].outside ||
			!strstr(result.reason, cases[i].reason))
			fail_msg("case %zu: %s (%s, %s), %s: %s", i, origin_name(result.origin),
				origin_name(result.inside), origin_name(result.outside),
				confidence_name(result.confidence), result.reason);
		assert_int_equal(!*result.reason, result.origin == ORIGIN_NONE);
	}
}

/* A sequence of numbers that look random: xorshift64, Marsaglia 2003. */
static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Of `whole` nothing, all, or some; at times more than there are. */
static uint64_t some(uint64_t *seed, uint64_t whole)
{
	switch (next(seed) % 8) {
	case 0:
	case 1:
	case 2:
		return 0;
	case 3:
	case 4:
	case 5:
		return whole;
	case 6:
		return whole ? next(seed) % (whole + 1) : 0;
	default:
		return next(seed) % 64 ? whole - whole / 10 : whole + next(seed) % 1000;
	}
}

static enum origin_known known(uint64_t *seed)
{
	return (enum origin_known)(next(seed) % 3);
}

static struct origin_setting random_setting(uint64_t *seed)
{
	return (struct origin_setting){
		.live = next(seed) % 8 != 0,
		.stamps_told = next(seed) % 8 != 0,
		.name = next(seed) % 8 ? "eth0" : NULL,
		.frontend = next(seed) % 8 ? "mmap" : NULL,
		.prequeue = known(seed),
		.steers = known(seed),
		.follows = known(seed),
		.polled = known(seed),
		.virtual_pair = known(seed),
		.coalesces = known(seed),
		.unseen = next(seed) % 4
				  ? UNSEEN_NOTHING
				  : (enum origin_unseen)(next(seed) % (UNSEEN_INTERFACE + 1)),
		.hardware_steers = known(seed),
		.receive_queues = (unsigned)(next(seed) % 4),
		.cpus = (unsigned)(next(seed) % 4),
		.steering_cpus = (unsigned)(next(seed) % 4),
		.masks_changed = next(seed) % 4 == 0,
		.tcp = next(seed) % 4 == 0,
		.dropped = next(seed) % 16 ? 0 : next(seed),
		.clock_step_ns = next(seed) % 16 ? 0 : (int64_t)next(seed),
		.changed = next(seed) % 16 ? NULL : "gro",
	};
}

static void random_counts(uint64_t *seed, struct origin_counts *counts)
{
	counts->late = next(seed) % 2 ? next(seed) % 200 : 5;
	counts->pairs = next(seed) % 4 ? counts->late : some(seed, counts->late);
	counts->sent = next(seed) % 2 ? 0 : some(seed, counts->pairs);
	counts->forwarded = some(seed, counts->sent);
	counts->unstamped = next(seed) % 4 ? 0 : some(seed, counts->pairs);
	counts->untold = next(seed) % 4 ? 0 : some(seed, counts->pairs);
	counts->inside = some(seed, counts->pairs);
	counts->outside = next(seed) % 4 ? counts->pairs - counts->inside
					 : some(seed, counts->pairs);
	counts->equal = next(seed) % 4 ? 0 : some(seed, counts->pairs);
	counts->cpus = some(seed, counts->pairs);
	counts->cpus_differ = some(seed, counts->cpus);
	counts->queues = some(seed, counts->pairs);
	counts->queues_differ = some(seed, counts->queues);
	counts->hashes = some(seed, counts->pairs);
	counts->hashes_differ = some(seed, counts->hashes);
	counts->conversations_differ = next(seed) % 2 ? 0 : some(seed, counts->pairs);
	counts->inside_cpus = some(seed, counts->inside);
	counts->inside_cpus_differ = some(seed, counts->inside_cpus);
	counts->outside_queues = some(seed, counts->outside);
	counts->outside_queues_differ = some(seed, counts->outside_queues);
	counts->outside_cpus = some(seed, counts->outside);
	counts->outside_cpus_differ = some(seed, counts->outside_cpus);
	counts->queue_judged = some(seed, counts->pairs);
	counts->queue_in_order = some(seed, counts->queue_judged);
	counts->predicted = some(seed, counts->pairs);
	counts->predicted_right = some(seed, counts->predicted);
}

/* What must hold of any claim; said anew, not in the words of the code. */
static bool is_behind_a_gate(
	const struct origin_setting *setting, const struct origin_counts *counts)
{
	return !counts->pairs || setting->clock_step_ns || setting->dropped || setting->changed ||
	       setting->prequeue == ORIGIN_NO || counts->unstamped * 20 > counts->pairs;
}

static bool may_be_before(const struct origin_setting *setting, const struct origin_counts *counts)
{
	bool unsteered = setting->steers == ORIGIN_NO && setting->follows == ORIGIN_NO &&
			 !setting->masks_changed;
	bool same_queue = counts->outside_queues * 2 >= counts->outside &&
			  counts->outside_queues_differ * 20 <= counts->outside_queues &&
			  counts->outside_queues;
	bool one_hash = counts->hashes * 2 >= counts->pairs &&
			counts->hashes_differ * 20 <= counts->hashes && counts->hashes &&
			setting->hardware_steers == ORIGIN_NO;
	bool other_cpu = !counts->outside_cpus ||
			 counts->outside_cpus_differ * 2 > counts->outside_cpus;

	if (!setting->live || !setting->stamps_told || counts->untold * 20 > counts->pairs ||
		counts->outside * 10 < counts->pairs)
		return false;
	if (setting->unseen > UNSEEN_XDP || (setting->unseen == UNSEEN_XDP && other_cpu))
		return false;
	if (setting->coalesces != ORIGIN_NO && counts->conversations_differ * 20 > counts->pairs)
		return false;
	if (setting->receive_queues != 1 && !same_queue && !one_hash)
		return false;
	if (setting->prequeue == ORIGIN_YES)
		return true;
	return unsteered && (setting->polled == ORIGIN_YES || !other_cpu);
}

static bool may_be_queues(const struct origin_setting *setting, const struct origin_counts *counts)
{
	return setting->live && setting->receive_queues != 1 && setting->polled != ORIGIN_NO &&
	       setting->unseen <= UNSEEN_XDP &&
	       counts->queue_in_order * 20 >= counts->queue_judged * 19 &&
	       (counts->outside_queues_differ || counts->queues_differ);
}

static bool may_be_steering(
	const struct origin_setting *setting, const struct origin_counts *counts)
{
	bool other_cpu = counts->inside_cpus * 2 >= counts->inside &&
			 counts->inside_cpus_differ * 20 >= counts->inside_cpus * 19;

	return setting->live && counts->inside * 10 >= counts->pairs &&
	       (setting->masks_changed || setting->follows == ORIGIN_YES ||
		       (setting->steers == ORIGIN_YES &&
			       (setting->steering_cpus > 1 || other_cpu)));
}

static bool may_be_backlog(const struct origin_setting *setting, const struct origin_counts *counts)
{
	return setting->live && counts->inside * 10 >= counts->pairs && setting->cpus != 1 &&
	       setting->steers == ORIGIN_NO && setting->follows == ORIGIN_NO &&
	       !setting->masks_changed && setting->polled != ORIGIN_YES;
}

static bool may_be_sender(const struct origin_setting *setting, const struct origin_counts *counts)
{
	return setting->live && counts->sent * 20 >= counts->pairs * 19 &&
	       counts->forwarded * 20 <= counts->sent;
}

static bool may_be(enum origin origin, const struct origin_setting *setting,
	const struct origin_counts *counts)
{
	switch (origin) {
	case ORIGIN_BEFORE_HOST:
		return may_be_before(setting, counts);
	case ORIGIN_MULTIPLE_QUEUES:
		return may_be_queues(setting, counts);
	case ORIGIN_RECEIVE_STEERING:
		return may_be_steering(setting, counts);
	case ORIGIN_HOST_BACKLOG:
		return may_be_backlog(setting, counts);
	case ORIGIN_SENDER:
		return may_be_sender(setting, counts);
	case ORIGIN_HOST:
		return counts->inside * 10 >= counts->pairs;
	default:
		return true;
	}
}

static void claims_nothing_unproved(void **state)
{
	uint64_t seed = 88172645463325252, seen[ORIGIN_COUNT] = { 0 };
	static struct report_origin result;

	for (int i = 0; i < 300000; i++) {
		struct origin_setting setting = random_setting(&seed);
		struct origin_counts counts;

		memset(&result, 0, sizeof(result));
		random_counts(&seed, &result.counts);
		if (next(&seed) % 4)
			histogram_add_many(
				&result.waited_ns, next(&seed) % 4000, result.counts.inside);
		counts = result.counts;
		origin_decide(&setting, &result);
		seen[result.origin]++;
		assert_memory_equal(&counts, &result.counts, sizeof(counts));
		assert_int_equal(result.origin == ORIGIN_NONE, counts.late == 0);
		assert_int_equal(!*result.reason, result.origin == ORIGIN_NONE);
		assert_int_equal(result.confidence == CONFIDENCE_NONE,
			result.origin == ORIGIN_NONE || result.origin == ORIGIN_UNDETERMINED);
		if (counts.late && is_behind_a_gate(&setting, &counts))
			assert_int_equal(result.origin, ORIGIN_UNDETERMINED);
		if (counts.pairs < ORIGIN_PROVING_PAIRS)
			assert_true(result.confidence < CONFIDENCE_PROVEN);
		if (result.origin == ORIGIN_MIXED) {
			assert_true(result.inside != ORIGIN_NONE && result.outside != ORIGIN_NONE);
			assert_true(origin_is_inside(result.inside) ||
				    result.inside == ORIGIN_UNDETERMINED);
			assert_true(may_be(result.inside, &setting, &counts));
			assert_true(may_be(result.outside, &setting, &counts));
		} else {
			assert_int_equal(result.inside, ORIGIN_NONE);
			assert_int_equal(result.outside, ORIGIN_NONE);
		}
		if (!may_be(result.origin, &setting, &counts))
			fail_msg("%d: %s: %s", i, origin_name(result.origin), result.reason);
	}
	for (int i = 0; i < ORIGIN_COUNT; i++)
		assert_true(seen[i] > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(claims_nothing_unproved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
