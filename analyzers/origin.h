/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ORIGIN_H
#define PKTLINT_ANALYZERS_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "report/origin.h"

/*
 * Who reordered a stream?  A decision by table over what its late packets show and how the
 * capturing machine is set; it knows no packet and no report.  Whatever cannot be proved is
 * undetermined, with the reason: the network is never blamed for what this host may have done.
 */

/* Below this share of the pairs the smaller of both sides is a race between two CPUs. */
#define ORIGIN_RACE_SHARE 0.10
/* A share of the pairs that counts as all of them. */
#define ORIGIN_ALL_SHARE 0.95
/* Fewer pairs than this are told as likely, never as proven. */
#define ORIGIN_PROVING_PAIRS 5

enum origin_known { ORIGIN_UNKNOWN, ORIGIN_NO, ORIGIN_YES };

/* What of this machine has packets before they are stamped; what comes later hides more. */
enum origin_unseen {
	UNSEEN_NOTHING,
	UNSEEN_XDP,         /* a program of the interface, which may give them to other CPUs */
	UNSEEN_LINKS,       /* several with queues of their own, as of a bond */
	UNSEEN_REDIRECTION, /* traffic control of what is below, which may take a detour */
	UNSEEN_LOWER,       /* what it runs over, in another namespace */
	UNSEEN_SELF,        /* loopback */
	UNSEEN_PROGRAM,     /* of a user, behind tun or tap */
	UNSEEN_TUNNEL,      /* or anything else that makes them of others */
	UNSEEN_INTERFACE,   /* which one it is, is not known */
};

/* What is known of the interface that captured, and of its machine, over the whole run. */
struct origin_setting {
	bool live;        /* false: a file */
	bool stamps_told; /* the front end tells of each stamp whether it was taken as it came */
	const char *name; /* of the interface, as a shell takes it; NULL: a file, or not known */
	const char *steered_at; /* of what it runs over the name whose masks steer; NULL: none */
	const char *frontend;   /* "raw"; NULL: a file */
	enum origin_known prequeue; /* net.core.netdev_tstamp_prequeue: stamps before steering */
	enum origin_known steers;   /* some rps_cpus is not 0 */
	enum origin_known follows;  /* RFS */
	enum origin_known polled;   /* by NAPI: no backlog takes part unless steering does */
	enum origin_known virtual_pair; /* veth: TCP of this machine carries no stamp */
	enum origin_known coalesces;    /* GRO: packets of some hashes wait for their stamp */
	enum origin_unseen unseen;
	enum origin_known hardware_steers; /* n-tuple rules, accelerated RFS: a flow may move */
	unsigned receive_queues;           /* 0: not known */
	unsigned cpus;                     /* online in the machine, 0: not known */
	unsigned steering_cpus;            /* online CPUs of the masks together */
	bool masks_changed;                /* rps_cpus, meanwhile */
	bool tcp;                          /* the stream is TCP */
	uint64_t dropped;                  /* by the capture itself on this interface */
	int64_t clock_step_ns;             /* CLOCK_REALTIME was set by so much, 0: it was not */
	const char *changed;               /* another setting that changed meanwhile, NULL: none */
};

/*
 * Decides by result->counts, and fills in origin, confidence, inside, outside, same_machine and
 * reason, nothing else.  Without a late packet it is ORIGIN_NONE.
 */
void origin_decide(const struct origin_setting *setting, struct report_origin *result);

#endif
