/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_FILTER_H
#define PKTLINT_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/capture.h"

/* A pcap-filter(7) expression, compiled once for each link type that meets it. */
struct filter;

/*
 * Returns a filter for `expression` (copied), freed with filter_free(), or NULL with `error`
 * filled when it is wrong for Ethernet and for raw IP alike.  Link types are compiled when their
 * first frame comes.
 */
struct filter *filter_new(const char *expression, struct error *error);

/*
 * Whether `frame` matches.  An expression that cannot be compiled for the frame's link type
 * matches nothing of it, and is counted: filter_unusable().
 */
bool filter_match(struct filter *filter, const struct frame *frame);

/* Frames passed over because the expression means nothing for their link type. */
uint64_t filter_unusable(const struct filter *filter);

/* One instruction of classic BPF, laid out as struct sock_filter (linux/filter.h). */
struct filter_instruction {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

/* A program for the kernel's socket filter, SO_ATTACH_FILTER. */
struct filter_code {
	struct filter_instruction *instructions; /* owned: free() */
	uint16_t count;
};

/* Reads as all of a frame in filter_kernel_code() and in the programs that it makes. */
#define FILTER_MAX_SNAPLEN 262144

/*
 * Makes a program that lets through what `expression` (NULL: everything) matches in frames of
 * `linktype`, cut to `snaplen` bytes.  The kernel takes VLAN tags out before it filters, so frames
 * that had one are let through whatever they are, and whole: put the tag back, ask filter_match()
 * and cut them then, so that an expression means the same live and in files.  Returns 0, or -1 with
 * `error` filled: the expression is wrong for the link type, or too long for the kernel.
 */
int filter_kernel_code(const char *expression, uint16_t linktype, uint32_t snaplen,
	struct filter_code *code, struct error *error);

/*
 * Has a program of filter_kernel_code() go on with the `count` (>= 1) instructions of `tail`,
 * whose end is a return, where it let a frame through before.  Returns 0, or -1 with `code` as it
 * was: it would be too long for the kernel.
 */
int filter_code_append(
	struct filter_code *code, const struct filter_instruction *tail, uint16_t count);

/* NULL is allowed. */
void filter_free(struct filter *filter);

#endif
