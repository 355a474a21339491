/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_STEERING_CODE_H
#define PKTLINT_CAPTURE_STEERING_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/filter.h"

/*
 * How CPU and queue of a frame come out of the kernel: as one number in digits of base 32, each of
 * which a socket tells by the length to which its filter cuts the frame.
 */

#define STEERING_BASE 32
#define STEERING_DIGITS 3 /* sockets at most */

/* What the number counts.  Plain value; see steering_space(). */
struct steering_space {
	uint32_t cpus;   /* CPUs 0..cpus-1 are told */
	uint32_t queues; /* likewise; a tag beyond stands for "not told" */
	uint32_t digits; /* 1..STEERING_DIGITS */
};

/*
 * The space of a machine with `cpus` possible CPUs and an interface of `queues` queues (0: not
 * known), whose tags go from 0 to queues, since real cards count from 1.  Where STEERING_DIGITS do
 * not suffice the highest queues are not told, and then the highest CPUs.
 */
struct steering_space steering_space(uint32_t cpus, uint32_t queues);

/*
 * Makes the program of the socket that tells `digit`: it lets through what `expression` (NULL:
 * everything) matches in frames of `linktype` and frames that had a VLAN tag, and cuts them to
 * 1 + the digit's value, or to a length beyond STEERING_BASE if it cannot be told.  Returns 0, or
 * -1 with `error` filled as filter_kernel_code() does.
 */
int steering_code(const struct steering_space *space, uint32_t digit, const char *expression,
	uint16_t linktype, struct filter_code *code, struct error *error);

/*
 * The digit that a frame of `length` bytes of which `captured` came tells, or -1: it is too short
 * to have been cut, or the kernel could not tell.
 */
int steering_digit(uint32_t captured, uint32_t length);

#endif
