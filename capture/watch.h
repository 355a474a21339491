/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_WATCH_H
#define PKTLINT_CAPTURE_WATCH_H

#include "capture/capture.h"

/*
 * Watches the capturing host while it captures: the clock, the interfaces (rtnetlink), their
 * counters and offloads, the settings of sysfs and procfs that steer packets.  What is read later
 * is opened at first, so that it works without any privilege and with files out of reach.
 */
struct watch;

/*
 * Returns a watch, freed with watch_free(), or NULL with `error` filled: there is no netlink
 * socket.  What else cannot be opened is not watched.
 */
struct watch *watch_new(struct error *error);

/*
 * Watches interface `ifindex` (0 is none, as of "any": only the host is watched), whose events
 * carry `interface`.  Notes its settings, MTU, state and counters as they are now; so call it
 * before packets are let in.  Its present name is asked for, so that renaming does not matter.  At
 * most CAPTURE_MAX_LIVE; further ones are not watched.
 */
void watch_add(struct watch *watch, uint32_t interface, int ifindex);

/* How many queues an interface has, of receiving or sending, whichever are more; 0: not known. */
uint32_t watch_queues(struct watch *watch, int ifindex);

/* A descriptor that poll(2) reports as readable when an interface changed. */
int watch_descriptor(const struct watch *watch);

/*
 * Looks around: drains the netlink socket, reads clock and counters (at most every 100 ms unless
 * `final`), settings (at most once a second unless `final`).  Fills at most `max` (>= 1) events, of
 * EVENT_CHANGE and EVENT_DROP, and returns how many; what did not fit is told by the next call, so
 * call again after `max`.  Up to 256 events wait; where there are more, changes of one thing merge
 * into one, from its first state to its last.
 *
 * Makes no system calls but clock_gettime, pread64, recvmsg, sendto (without an address) and
 * ioctl, allocates nothing and does not wait, except that the kernel may: for the lock that all
 * network configuration shares.
 *
 * An EVENT_DROP is what an interface lost before any capture could see it, where: "interface": its
 * missed packets (rx_missed_errors), and of its dropped ones (rx_dropped) no more than the host's
 * backlogs dropped since the reading before the last (softnet_stat), since else that counter also
 * holds packets which nobody wanted.  One loss shows on all of these counters and is told once.
 *
 * A CHANGE_CLOCK has the differences between the clocks before and after, see watch_clock_step().
 * CHANGE_SETTING has the file's name below the interface's in sysfs ("queues/rx-0/rps_cpus") or the
 * sysctl's ("net.core.netdev_tstamp_prequeue"), and its numbers before and after: decimal ones, or
 * CPU masks; 0 where the text is neither, or does not fit 63 bits.
 */
int watch_read(struct watch *watch, bool final, struct event *events, int max);

/*
 * Packets that this host's backlogs dropped since it was started, on all CPUs and for all
 * interfaces of all namespaces, as of the last look around.  Never falls.
 */
uint64_t watch_softnet_dropped(const struct watch *watch);

/* Settings that are not watched because 256 others are, those of the first interfaces. */
uint32_t watch_settings_unwatched(const struct watch *watch);

/*
 * The step in ns that CLOCK_REALTIME made against CLOCK_BOOTTIME between two readings of their
 * difference, both in ns, or 0 if it is no more than the reading itself explains (5 ms).  Not
 * CLOCK_MONOTONIC, which stands still while the host sleeps: waking up sets no clock.
 */
int64_t watch_clock_step(int64_t difference_before_ns, int64_t difference_ns);

/* NULL is allowed. */
void watch_free(struct watch *watch);

#endif
