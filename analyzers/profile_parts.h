/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_PROFILE_PARTS_H
#define PKTLINT_ANALYZERS_PROFILE_PARTS_H

/* What the readers of the protocols share among themselves, and all that there are. */

#include <string.h>

#include "analyzers/profile.h"
#include "base/bytes.h"

extern const struct profile profile_ah;
extern const struct profile profile_dtls;
extern const struct profile profile_dtls13;
extern const struct profile profile_esp;
extern const struct profile profile_esp_udp;
extern const struct profile profile_gre;
extern const struct profile profile_gtpu;
extern const struct profile profile_icmp_echo;
extern const struct profile profile_icmp_echo_le;
extern const struct profile profile_icmpv6_echo;
extern const struct profile profile_icmpv6_echo_le;
extern const struct profile profile_ip_id;
extern const struct profile profile_l2tpv2;
extern const struct profile profile_l2tpv3;
extern const struct profile profile_l2tpv3_cookie4;
extern const struct profile profile_l2tpv3_cookie8;
extern const struct profile profile_macsec;
extern const struct profile profile_openvpn;
extern const struct profile profile_openvpn_cbc;
extern const struct profile profile_openvpn_epoch;
extern const struct profile profile_pptp;
extern const struct profile profile_pseudowire;
extern const struct profile profile_probe;
extern const struct profile profile_quic;
extern const struct profile profile_roce1;
extern const struct profile profile_roce2;
extern const struct profile profile_rtag;
extern const struct profile profile_rtp;
extern const struct profile profile_sctp;
extern const struct profile profile_sctp_udp;
extern const struct profile profile_stamp;
extern const struct profile profile_wireguard;

/*
 * Fills the first number with all else 0.  `key` has `key_length` bytes, PROFILE_KEY at most.
 * Returns 1: how many numbers that makes.
 */
static inline int profile_one(struct profile_number *numbers, uint64_t number, uint32_t bytes,
	const uint8_t *key, uint8_t key_length)
{
	*numbers = (struct profile_number){ .number = number, .bytes = bytes };
	numbers->key_length = key_length;
	memcpy(numbers->key, key, key_length);
	return 1;
}

/*
 * Adds one of several numbers; where there are too many, one that follows upon the last is taken up
 * by that one's span, and any other is left out.  Returns how many there are now.
 */
static inline int profile_add(
	struct profile_number *numbers, int count, const struct profile_number *number)
{
	struct profile_number *last;

	if (count < PROFILE_NUMBERS) {
		numbers[count] = *number;
		return count + 1;
	}
	last = &numbers[count - 1];
	if (number->number == last->number + (last->span ? last->span : 1)) {
		last->span = (last->span ? last->span : 1) + 1;
		last->bytes += number->bytes;
	}
	return count;
}

#endif
