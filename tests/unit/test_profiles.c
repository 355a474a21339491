/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where protocols keep their numbers: for each a header as the standard draws it, every refusal,
 * and the same cut at every byte, from a block of memory that ends there.
 */

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include "analyzers/profile.h"
#include "tests/unit/frames.h"

#include <cmocka.h>

static struct bytes b;
static struct packet p;

/* What the payload stands in: `id` is a UDP port, an IP protocol, or an EtherType. */
enum wrap {
	IN_UDP, /* to the port */
	OF_UDP, /* from the port */
	IN_IPV4,
	IN_IPV6,
	IN_ETHERNET,
	IN_MPLS, /* below labels 16 and 17 */
};

static void put_text(const char *text);

static void put_wrapped(enum wrap wrap, unsigned id, const char *text)
{
	uint32_t ip = 0, udp = 0;

	b.size = 0;
	put_ethernet(&b, wrap == IN_ETHERNET ? id
			 : wrap == IN_MPLS   ? 0x8847
			 : wrap == IN_IPV6   ? 0x86dd
					     : 0x0800);
	if (wrap == IN_MPLS) {
		put32(&b, 16 << 12 | 64);
		put32(&b, 17 << 12 | 1 << 8 | 64);
	} else if (wrap == IN_IPV6) {
		ip = put_ipv6(&b, id);
	} else if (wrap != IN_ETHERNET) {
		ip = put_ipv4(&b, wrap == IN_IPV4 ? id : 17);
	}
	if (wrap <= OF_UDP) {
		udp = put_udp(&b);
		set16(&b, udp, wrap == OF_UDP ? id : 40000);
		set16(&b, udp + 2, wrap == OF_UDP ? 40000 : id);
	}
	put_text(text);
	if (udp)
		udp_finish(&b, udp);
	if (ip)
		ip_finish(&b, ip);
}

/* Hexadecimal digits, blanks, and "z12" for 12 zero bytes. */
static void put_text(const char *text)
{
	unsigned digit;
	int used;

	while (*text) {
		if (sscanf(text, " z%u%n", &digit, &used) == 1) {
			put_fill(&b, 0, digit);
		} else if (sscanf(text, " %2x%n", &digit, &used) == 1) {
			put8(&b, digit);
		} else {
			assert_int_equal(strspn(text, " "), strlen(text));
			return;
		}
		text += used;
	}
}

/* Reads the frame of which `caplen` bytes are there.  Returns as profile.read. */
static int read_cut(const char *name, uint32_t caplen, struct profile_number *numbers)
{
	const struct profile *profile = profile_find(name);
	struct profile_view view;

	assert_non_null(profile);
	if (p.data)
		frame_free(&p);
	frame_decode(&p, &b, LINK_ETHERNET, caplen, b.size);
	/* Times of the test packets are near this: 2020-01-01. */
	p.time_ns = INT64_C(1577836800) * 1000000000;
	if (!profile_view(profile, &p, &view))
		return -1;
	assert_true(view.present <= view.length);
	assert_true(view.data + view.present <= p.data + p.caplen);
	return profile->read(&view, numbers);
}

static int read_all(const char *name, struct profile_number *numbers)
{
	return read_cut(name, b.size, numbers);
}

static void assert_key(const struct profile_number *number, const char *key)
{
	char text[2 * PROFILE_KEY + 1] = "";

	for (unsigned i = 0; i < number->key_length; i++)
		sprintf(text + 2 * i, "%02x", number->key[i]);
	assert_string_equal(text, key);
}

#define SCTP_HEADER "0b59 0b5a 00000001 00000000 "
#define DTLS_RECORD "17 fefd 0001 000000000007 0004 aabbccdd "
#define ROUTES "6000 0000 0014 1b40 z32 " /* global route header before 20 bytes */
/* Run 0x01020304, stream 5, number 9, 46 bytes. */
#define PROBE_HEAD \
	"704c5062 01 00 002e 01020304 0005 0007 0000000000000009 15e59a35b98a0000 0006 0000 "
#define PROBE_TEXT PROBE_HEAD "0d5cb7db z6"
#define PROBE_LAST \
	"704c5062 01 01 0030 01020304 0005 0007 0000000000000009 " \
	"15e59a35b98a0000 0006 0000 32c1a1f2 z8"
#define STAMP_TIME "e1b6 5f80 8000 0000 " /* 2020-01-01 00:00:00.5 by NTP */

/* Packets with one number; `needed` bytes of payload suffice to read it. */
static const struct {
	const char *profile;
	enum wrap wrap;
	unsigned id;
	const char *text;
	uint64_t number;
	const char *key;
	uint32_t bytes, needed;
} numbered[] = {
	{ "rtp", IN_UDP, 5004, "8000 1234 00000a00 deadbeef z160", 0x1234, "deadbeef", 160, 12 },
	{ "rtp", IN_UDP, 5004, "80e0 1234 00000a00 deadbeef z9", 0x1234, "deadbeef", 9, 12 },
	{ "rtp", IN_UDP, 5004, "8260 ffff 00000a00 deadbeef z8 z9", 0xffff, "deadbeef", 9, 12 },
	{ "rtp", IN_UDP, 5004, "9160 0000 00000a00 deadbeef z4 bede0001 z4 z9", 0, "deadbeef", 9,
		12 },
	{ "rtp", IN_UDP, 5004, "a060 1234 00000a00 deadbeef z6 03", 0x1234, "deadbeef", 4, 12 },
	{ "rtp", IN_UDP, 5004, "8060 1234 00000a00 deadbeef", 0x1234, "deadbeef", 0, 12 },
	{ "rtp", IN_UDP, 5004, "8160 1234 00000a00 deadbeef z4 z9", 0x1234, "deadbeef", 9, 12 },
	{ "rtp", IN_UDP, 5004, "9060 1234 00000a00 deadbeef 00000001 z4", 0x1234, "deadbeef", 0,
		12 },
	{ "esp", IN_IPV4, 50, "00001000 00000007 z40", 7, "00001000", 40, 8 },
	{ "esp", IN_IPV6, 50, "c0ffee00 ffffffff z4", 0xffffffff, "c0ffee00", 4, 8 },
	{ "esp-udp", IN_UDP, 4500, "00001000 00000007 z40", 7, "00001000", 40, 8 },
	{ "esp-udp", OF_UDP, 4500, "00001000 00000007 z40", 7, "00001000", 40, 8 },
	{ "ah", IN_IPV4, 51, "3204 0000 00000200 00000009 z12 z30", 9, "00000200", 30, 12 },
	{ "ah", IN_IPV6, 51, "3204 0000 00000200 00000009 z12 z30", 9, "00000200", 30, 12 },
	{ "gre", IN_IPV4, 47, "1000 0800 01020304 z20", 0x01020304, "", 20, 8 },
	{ "gre", IN_IPV4, 47, "b000 6558 ffff0000 000000aa 00000005 z7", 5, "000000aa", 7, 16 },
	{ "gre", IN_IPV6, 47, "3000 88be 000000aa 00000005", 5, "000000aa", 0, 12 },
	{ "gre", IN_IPV4, 47, "9000 0800 ffff0000 00000005 z1", 5, "", 1, 12 },
	{ "pptp", IN_IPV4, 47, "3001 880b 0003 1234 00000006 z3", 6, "1234", 3, 12 },
	{ "pptp", IN_IPV4, 47, "3081 880b 0003 1234 00000006 z4 z3", 6, "1234", 3, 12 },
	{ "gtpu", IN_UDP, 2152, "32ff 0018 0000abcd 0102 0000 45 z19", 0x0102, "0000abcd", 20, 10 },
	{ "gtpu", OF_UDP, 2152, "36ff 0008 0000abcd ffff 0085 01 z3", 0xffff, "0000abcd", 4, 10 },
	{ "gtpu", IN_UDP, 2152, "32ff 0004 0000abcd 0102 0000", 0x0102, "0000abcd", 0, 10 },
	{ "wireguard", IN_UDP, 9, "04000000 11223344 0807060504030201 z32", 0x0102030405060708,
		"44332211", 16, 16 },
	{ "wireguard", IN_UDP, 51820, "04000000 11223344 00000000 00000000 z16", 0, "44332211", 0,
		16 },
	{ "dtls", IN_UDP, 9, DTLS_RECORD, 7, "0001", 4, 13 },
	{ "dtls", IN_UDP, 9, "16 feff 0000 ffffffffffff 0001 00", 0xffffffffffff, "0000", 1, 13 },
	{ "dtls", IN_UDP, 9, "19 fefd 0001 000000000008 c1c2c3 0004 z4", 8, "0001", 4, 16 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0003 0014 00000063 z8 z4", 0x63, "0b590b5a", 4, 20 },
	{ "sctp", IN_IPV6, 132, SCTP_HEADER "4003 0015 00000063 z12 01 z3", 0x63, "0b590b5a", 1,
		20 },
	{ "sctp-udp", IN_UDP, 9899, SCTP_HEADER "0003 0014 00000063 z8 z4", 0x63, "0b590b5a", 4,
		20 },
	{ "roce1", IN_ETHERNET, 0x8915, ROUTES "0400 ffff 00 000012 80 abcdef z4 z4", 0xabcdef,
		"000012000000", 4, 52 },
	{ "roce2", IN_UDP, 4791, "0440 ffff 00 000012 00 000001 z8 z4", 1, "000012000000", 8, 12 },
	{ "roce2", IN_UDP, 4791, "2a00 ffff 00 000012 00 000001 z16 z8 z4", 1, "000012000000", 24,
		12 },
	{ "roce2", IN_UDP, 4791, "6400 ffff 00 000001 00 000001 80010000 00 000034 z8 z4", 1,
		"000001000034", 16, 20 },
	{ "roce2", IN_UDP, 4791, "0400 ffff 00 000012 00 000001 z4", 1, "000012000000", 0, 12 },
	{ "rtag", IN_ETHERNET, 0xf1c1, "0000 fffe 88b5 z40", 0xfffe, "", 40, 6 },
	{ "rtag", IN_ETHERNET, 0xf1c1, "0000 0001 0800 4500 0014 z5 06 z10", 1, "", 20, 6 },
	{ "macsec", IN_ETHERNET, 0x88e5, "2e00 00000007 0a0b0c0d0e0f0001 z50 z16", 7,
		"020a0b0c0d0e0f0001", 50, 14 },
	{ "macsec", IN_ETHERNET, 0x88e5, "2d00 00000007 0a0b0c0d0e0f0001 z48 z16", 7,
		"010a0b0c0d0e0f0001", 48, 14 },
	{ "macsec", IN_ETHERNET, 0x88e5, "0d20 00000007 z32 z16", 7, "010404040404040001", 32, 6 },
	{ "macsec", IN_ETHERNET, 0x88e5, "5c00 00000007 z48 z16", 7, "000404040404040000", 48, 6 },
	/* Of extended numbers the lower half passes through 0. */
	{ "macsec", IN_ETHERNET, 0x88e5, "0c00 00000000 z48 z16", 0, "000404040404040001", 48, 6 },
	{ "pseudowire", IN_MPLS, 0, "0000 0001 z60", 0, "00000011", 60, 4 },
	{ "pseudowire", IN_MPLS, 0, "0008 ffff z46", 65534, "00000011", 4, 4 },
	{ "l2tpv3", IN_IPV4, 115, "00000005 40000102 z30", 0x102, "00000005", 30, 8 },
	{ "l2tpv3", IN_UDP, 1701, "00030000 00000005 40ffffff z30", 0xffffff, "00000005", 30, 12 },
	{ "l2tpv3-cookie4", IN_IPV4, 115, "00000005 a1a2a3a4 40000102 z30", 0x102, "00000005", 30,
		12 },
	{ "l2tpv3-cookie8", IN_IPV6, 115, "00000005 a1a2a3a4 a5a6a7a8 40000102 z30", 0x102,
		"00000005", 30, 16 },
	{ "l2tpv2", IN_UDP, 1701, "0802 0001 0002 0304 0000 z9", 0x304, "00010002", 9, 10 },
	{ "l2tpv2", IN_UDP, 1701, "0802 0001 0002 0304 0000", 0x304, "00010002", 0, 10 },
	{ "l2tpv2", IN_UDP, 1701, "4a02 0011 0001 0002 0304 0000 0000 z3", 0x304, "00010002", 3,
		14 },
	{ "icmp-echo", IN_IPV4, 1, "0800 0000 0102 0304 z56", 0x0304, "080102", 56, 8 },
	{ "icmp-echo", IN_IPV4, 1, "0000 0000 0102 0304 z56", 0x0304, "000102", 56, 8 },
	{ "icmp-echo-le", IN_IPV4, 1, "0800 0000 0102 0304 z56", 0x0403, "080102", 56, 8 },
	{ "icmpv6-echo", IN_IPV6, 58, "8000 0000 0102 0304", 0x0304, "800102", 0, 8 },
	{ "icmpv6-echo-le", IN_IPV6, 58, "8100 0000 0102 0304 z1", 0x0403, "810102", 1, 8 },
	{ "probe", IN_UDP, 5000, PROBE_TEXT, 9, "010203040005", 46, 40 },
	{ "probe", IN_ETHERNET, 0x88b5, PROBE_TEXT, 9, "010203040005", 46, 40 },
	{ "probe", IN_ETHERNET, 0x9999, PROBE_TEXT " z14", 9, "010203040005", 46, 40 },
	{ "stamp", IN_UDP, 862, "00000009 z8 0001 z30", 9, "00", 44, 14 },
	{ "stamp", OF_UDP, 862, "00000009 z8 0001 z30", 9, "01", 44, 14 },
	{ "stamp", IN_UDP, 5000, "00000009 " STAMP_TIME "8001 z30", 9, "00", 44, 14 },
	{ "openvpn", IN_UDP, 1194, "48 000002 00000007 z16 z40", 7, "48000002", 40, 8 },
	{ "openvpn", IN_UDP, 9, "31 00000007 z16 z40", 7, "31", 40, 5 },
	{ "openvpn-epoch", IN_UDP, 1194, "48 000002 0003 000000000007 z40 z16", 7, "480000020003",
		40, 12 },
};

static void the_number_is_read(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	for (size_t i = 0; i < sizeof(numbered) / sizeof(*numbered); i++) {
		put_wrapped(numbered[i].wrap, numbered[i].id, numbered[i].text);
		int rc = read_all(numbered[i].profile, numbers);

		if (rc != 1)
			print_error("%s: %s\n", numbered[i].profile, numbered[i].text);
		assert_int_equal(rc, 1);
		assert_int_equal(numbers->number, numbered[i].number);
		assert_int_equal(numbers->bytes, numbered[i].bytes);
		assert_key(numbers, numbered[i].key);
	}
}

static uint32_t payload_offset(enum wrap wrap)
{
	static const uint8_t headers[] = { 42, 42, 34, 54, 14, 22 };

	return headers[wrap];
}

/* With fewer bytes than it needs a number is not read; with as many, it is, and is the same. */
static void a_cut_packet_is_read_as_far_as_it_goes(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	for (size_t i = 0; i < sizeof(numbered) / sizeof(*numbered); i++) {
		put_wrapped(numbered[i].wrap, numbered[i].id, numbered[i].text);
		uint32_t offset = payload_offset(numbered[i].wrap);

		for (uint32_t kept = 0; kept <= b.size; kept++) {
			bool enough = kept >= offset + numbered[i].needed;
			int rc = read_cut(numbered[i].profile, kept, numbers);

			if (enough != (rc == 1))
				print_error("%s, %u bytes: %s\n", numbered[i].profile,
					kept - offset, numbered[i].text);
			/* An SCTP packet may do without. */
			bool none = strncmp(numbered[i].profile, "sctp", 4) == 0 &&
				    kept >= offset + 12;

			assert_int_equal(rc, enough ? 1 : none ? 0 : -1);
			if (!enough)
				continue;
			assert_int_equal(numbers->number, numbered[i].number);
			assert_key(numbers, numbered[i].key);
		}
	}
}

/* Packets without a number: of the protocol (0), or not (-1). */
static const struct {
	const char *profile;
	enum wrap wrap;
	unsigned id;
	const char *text;
	int rc;
} others[] = {
	/* RTCP, STUN, ZRTP and DTLS on the same port; TURN, old versions, and RTP that is none. */
	{ "rtp", IN_UDP, 5004, "80c8 0006 deadbeef z20", 0 },
	{ "rtp", IN_UDP, 5004, "81c9 0001 deadbeef", 0 },
	{ "rtp", IN_UDP, 5004, "80c8 0007 deadbeef z20", -1 },
	{ "rtp", IN_UDP, 5004, "0001 0008 2112a442 z12 z8", 0 },
	{ "rtp", IN_UDP, 5004, "0001 0008 2112a443 z12 z8", -1 },
	{ "rtp", IN_UDP, 5004, "1000 0001 5a525450 z4", 0 },
	{ "rtp", IN_UDP, 5004, "1000 0001 5a525451 z4", -1 },
	{ "rtp", IN_UDP, 5004, DTLS_RECORD, 0 },
	{ "rtp", IN_UDP, 5004, "4000 0010 z16", -1 },
	{ "rtp", IN_UDP, 5004, "0000 1234 00000a00 deadbeef z20", -1 },
	{ "rtp", IN_UDP, 5004, "c000 1234 00000a00 deadbeef z20", -1 },
	{ "rtp", IN_UDP, 5004, "8048 1234 00000a00 deadbeef z20", -1 },
	{ "rtp", IN_UDP, 5004, "804c 1234 00000a00 deadbeef z20", -1 },
	{ "rtp", IN_UDP, 5004, "80c0 1234 00000a00 deadbeef z20", -1 },
	{ "rtp", IN_UDP, 5004, "8f00 1234 00000a00 deadbeef z59", -1 },
	{ "rtp", IN_UDP, 5004, "9000 1234 00000a00 deadbeef z3", -1 },
	{ "rtp", IN_UDP, 5004, "9000 1234 00000a00 deadbeef 00000002 z7", -1 },
	{ "rtp", IN_UDP, 5004, "a000 1234 00000a00 deadbeef z6 00", -1 },
	{ "rtp", IN_UDP, 5004, "a000 1234 00000a00 deadbeef z6 08", -1 },
	{ "rtp", IN_UDP, 5004, "8000 1234 00000a00 deadbe", -1 },
	{ "esp", IN_IPV4, 50, "00000000 00000007 z40", -1 },
	{ "esp", IN_IPV4, 50, "00001000 00000007 z3", -1 },
	/* IKE, keepalive, and a byte that is none. */
	{ "esp-udp", IN_UDP, 4500, "00000000 z28", 0 },
	{ "esp-udp", IN_UDP, 4500, "ff", 0 },
	{ "esp-udp", IN_UDP, 4500, "fe", -1 },
	{ "ah", IN_IPV4, 51, "3204 0000 00000000 00000009 z12", -1 },
	{ "gre", IN_IPV4, 47, "0000 0800 z20", 0 },
	{ "gre", IN_IPV4, 47, "2000 0800 z20", 0 },
	{ "gre", IN_IPV4, 47, "3001 880b 0003 1234 00000006 z3", -1 },
	{ "gre", IN_IPV4, 47, "5000 0800 z20", -1 },
	{ "gre", IN_IPV4, 47, "1800 0800 z20", -1 },
	{ "gre", IN_IPV4, 47, "1400 0800 z20", -1 },
	{ "gre", IN_IPV4, 47, "3000 0800 z7", -1 },
	{ "pptp", IN_IPV4, 47, "2081 880b 0000 1234 00000006", 0 },
	{ "pptp", IN_IPV4, 47, "3001 880b 0004 1234 00000006 z3", -1 },
	{ "pptp", IN_IPV4, 47, "3001 0800 0003 1234 00000006 z3", -1 },
	{ "pptp", IN_IPV4, 47, "1001 880b 0003 1234 00000006 z3", -1 },
	{ "pptp", IN_IPV4, 47, "3000 880b 0003 1234 00000006 z3", -1 },
	{ "pptp", IN_IPV4, 47, "3003 880b 0003 1234 00000006 z3", -1 },
	{ "pptp", IN_IPV4, 47, "b001 880b 0003 1234 00000006 z3", -1 },
	/* Echo, a tunnel that does not number, an unknown message, GTP', GTPv2, lengths. */
	{ "gtpu", IN_UDP, 2152, "3201 0004 00000000 0001 0000", 0 },
	{ "gtpu", IN_UDP, 2152, "30ff 0014 0000abcd 45 z19", 0 },
	{ "gtpu", IN_UDP, 2152, "31ff 0018 0000abcd 0102 0000 45 z19", 0 },
	{ "gtpu", IN_UDP, 2152, "34ff 0018 0000abcd 0000 0000 45 z19", 0 },
	{ "gtpu", IN_UDP, 2152, "32fd 0004 0000abcd 0001 0000", 0 },
	{ "gtpu", IN_UDP, 2152, "3263 0004 0000abcd 0001 0000", -1 },
	{ "gtpu", IN_UDP, 2152, "22ff 0018 0000abcd 0102 0000 45 z19", -1 },
	{ "gtpu", IN_UDP, 2152, "52ff 0018 0000abcd 0102 0000 45 z19", -1 },
	{ "gtpu", IN_UDP, 2152, "32ff 0019 0000abcd 0102 0000 45 z19", -1 },
	{ "gtpu", IN_UDP, 2152, "32ff 0003 0000abcd 0102 00", -1 },
	{ "wireguard", IN_UDP, 9, "01000000 z144", 0 },
	{ "wireguard", IN_UDP, 9, "02000000 z88", 0 },
	{ "wireguard", IN_UDP, 9, "03000000 z60", 0 },
	{ "wireguard", IN_UDP, 9, "01000000 z143", -1 },
	{ "wireguard", IN_UDP, 9, "05000000 z60", -1 },
	{ "wireguard", IN_UDP, 9, "00000000 z60", -1 },
	{ "wireguard", IN_UDP, 9, "04000001 11223344 z8 z16", -1 },
	{ "wireguard", IN_UDP, 9, "04000000 11223344 z8 z15", -1 },
	{ "wireguard", IN_UDP, 9, "04000000 11223344 z8", -1 },
	{ "dtls", IN_UDP, 9, "13 fefd 0001 000000000007 0004 z4", -1 },
	{ "dtls", IN_UDP, 9, "1a fefd 0001 000000000007 0004 z4", -1 },
	{ "dtls", IN_UDP, 9, "17 0303 0001 000000000007 0004 z4", -1 },
	{ "dtls", IN_UDP, 9, "17 fefc 0001 000000000007 0004 z4", -1 },
	{ "dtls", IN_UDP, 9, "17 fefd 0001 000000000007 0005 z4", -1 },
	{ "dtls", IN_UDP, 9, DTLS_RECORD "z5", -1 },
	{ "dtls", IN_UDP, 9, "19 fefd 0001 000000000008 z40", -1 },
	/* INIT with tag 0, HEARTBEAT; no chunk, chunks too short, too long, empty; ports of 0. */
	{ "sctp", IN_IPV4, 132, "0b59 0b5a z8 0100 0014 z16", 0 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0400 0008 z4", 0 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0b00 0004", 0 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER, -1 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0003 0003 00000063 z12", -1 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0003 0015 00000063 z12", -1 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0003 0010 00000063 z8", -1 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "4003 0014 00000063 z12", -1 },
	{ "sctp", IN_IPV4, 132, SCTP_HEADER "0003 0014 00000063 z12 0002 0002", -1 },
	{ "sctp", IN_IPV4, 132, "0b59 0b5a z8 0003 0014 00000063 z8 z4", -1 },
	{ "sctp", IN_IPV4, 132, "0000 0b5a 00000001 z4 0003 0014 00000063 z8 z4", -1 },
	/* ACK, read response, atomic answer, congestion; no such opcodes; version, length. */
	{ "roce2", IN_UDP, 4791, "1100 ffff 00 000012 00 000001 z4 z4", 0 },
	{ "roce2", IN_UDP, 4791, "0d00 ffff 00 000012 00 000001 z4 z4", 0 },
	{ "roce2", IN_UDP, 4791, "b200 ffff 00 000012 00 000001 z4 z4", 0 },
	{ "roce2", IN_UDP, 4791, "8100 ffff 00 000012 00 000000 z16 z4", 0 },
	{ "roce2", IN_UDP, 4791, "1500 ffff 00 000012 00 000001 z4 z4", -1 },
	{ "roce2", IN_UDP, 4791, "2c00 ffff 00 000012 00 000001 z16 z4", -1 },
	{ "roce2", IN_UDP, 4791, "3100 ffff 00 000012 00 000001 z4 z4", -1 },
	{ "roce2", IN_UDP, 4791, "6000 ffff 00 000012 00 000001 z8 z4", -1 },
	{ "roce2", IN_UDP, 4791, "6400 ffff 00 000012 00 000001 z7 z4", -1 },
	{ "roce2", IN_UDP, 4791, "8000 ffff 00 000012 00 000001 z4 z4", -1 },
	{ "roce2", IN_UDP, 4791, "e000 ffff 00 000012 00 000001 z4 z4", -1 },
	{ "roce2", IN_UDP, 4791, "0401 ffff 00 000012 00 000001 z4 z4", -1 },
	{ "roce2", IN_UDP, 4791, "0400 ffff 00 000012 00 000001 z3", -1 },
	{ "roce1", IN_ETHERNET, 0x8915, "4000 0000 0014 1b40 z32 0400 ffff 00 z8 z8", -1 },
	{ "roce1", IN_ETHERNET, 0x8915, "6000 0000 0014 1140 z32 0400 ffff 00 z8 z8", -1 },
	{ "roce1", IN_ETHERNET, 0x8915, "6000 0000 0015 1b40 z32 0400 ffff z8 z8", -1 },
	{ "macsec", IN_ETHERNET, 0x88e5, "8c00 00000007 z48 z16", -1 },
	{ "macsec", IN_ETHERNET, 0x88e5, "0c30 00000007 z48 z16", -1 },
	{ "macsec", IN_ETHERNET, 0x88e5, "6c00 00000007 z8 z48 z16", -1 },
	{ "macsec", IN_ETHERNET, 0x88e5, "3c00 00000007 z8 z48 z16", -1 },
	{ "macsec", IN_ETHERNET, 0x88e5, "0c00 00000007 z47 z16", -1 },
	{ "macsec", IN_ETHERNET, 0x88e5, "0c20 00000007 z31 z16", -1 },
	{ "pseudowire", IN_MPLS, 0, "0000 0000 z60", 0 },
	{ "pseudowire", IN_MPLS, 0, "1000 0001 z60", -1 },
	{ "pseudowire", IN_MPLS, 0, "0003 0001 z60", -1 },
	{ "pseudowire", IN_MPLS, 0, "003f 0001 z58", -1 },
	{ "pseudowire", IN_MPLS, 0, "0000 00", -1 },
	{ "l2tpv3", IN_IPV4, 115, "00000000 c803 0014 z16", 0 },
	{ "l2tpv3", IN_UDP, 1701, "c803 0014 z16", 0 },
	{ "l2tpv3", IN_IPV4, 115, "00000005 00000102 z30", 0 },
	{ "l2tpv3", IN_IPV4, 115, "00000005 80000102 z30", 0 },
	{ "l2tpv3", IN_IPV4, 115, "00000005 41000102 z30", -1 },
	{ "l2tpv3", IN_IPV4, 115, "00000005 400001", -1 },
	{ "l2tpv3", IN_UDP, 1701, "00020000 00000005 40000102 z30", -1 },
	{ "l2tpv3", IN_UDP, 1701, "00030000 00000000 40000102 z30", -1 },
	{ "l2tpv3-cookie8", IN_IPV4, 115, "00000005 40000102 41414141 41414141 z30", -1 },
	{ "l2tpv2", IN_UDP, 1701, "c802 0014 0001 0000 0000 0000 z8", 0 },
	{ "l2tpv2", IN_UDP, 1701, "0002 0001 0002 z20", 0 },
	{ "l2tpv2", IN_UDP, 1701, "0803 0001 0002 0304 0000 z9", -1 },
	{ "l2tpv2", IN_UDP, 1701, "0812 0001 0002 0304 0000 z9", -1 },
	{ "l2tpv2", IN_UDP, 1701, "4802 0018 0001 0002 0304 0000 z11", -1 },
	{ "l2tpv2", IN_UDP, 1701, "4802 000b 0001 0002 0304 0000 z11", -1 },
	{ "icmp-echo", IN_IPV4, 1, "0300 0000 0000 0000 z28", 0 },
	{ "icmp-echo", IN_IPV4, 1, "0801 0000 0102 0304", -1 },
	{ "icmpv6-echo", IN_IPV6, 58, "8700 0000 z20", 0 },
	{ "icmpv6-echo", IN_IPV6, 58, "8001 0000 0102 0304", -1 },
	/* Changed on the way; the end; another version; another magic. */
	{ "probe", IN_UDP, 5000, PROBE_HEAD "00000000 z6", 0 },
	{ "probe", IN_UDP, 5000, PROBE_LAST, 0 },
	{ "probe", IN_UDP, 5000, "704c5062 02 00 002e z40", -1 },
	{ "probe", IN_UDP, 5000, "704c5063 01 00 002e z40", -1 },
	/* No multiplier; too short; PTP with too many nanoseconds; times from elsewhere. */
	{ "stamp", IN_UDP, 862, "00000009 z8 8000 z30", -1 },
	{ "stamp", IN_UDP, 862, "00000009 z8 00", -1 },
	{ "stamp", IN_UDP, 862, "00000009 5e0be100 3b9aca00 4001 z30", -1 },
	{ "stamp", IN_UDP, 5000, "00000009 z8 0001 z30", -1 },
	{ "stamp", IN_UDP, 5000, "00000009 e1b8 5f80 8000 0000 0001 z30", -1 },
	{ "openvpn", IN_UDP, 1194, "38 z13", 0 },
	{ "openvpn", IN_UDP, 1194, "38 z12", -1 },
	{ "openvpn", IN_UDP, 1194, "60 z13", -1 },
	{ "openvpn", IN_UDP, 1194, "00 z13", -1 },
	{ "openvpn", IN_UDP, 1194, "48 000002 00000007 z16", -1 },
	{ "openvpn-epoch", IN_UDP, 1194, "48 000002 0003 000000000007 z16", -1 },
	{ "openvpn-epoch", IN_UDP, 1194, "30 000002 0003 000000000007 z40", -1 },
	/* What can only be recognised. */
	{ "openvpn-cbc", IN_UDP, 1194, "48 000002 z20 z16 z48", 0 },
	{ "openvpn-cbc", IN_UDP, 1194, "30 z32 z16 z48", 0 },
	{ "openvpn-cbc", IN_UDP, 1194, "48 000002 z20 z16 z47", -1 },
	{ "openvpn-cbc", IN_UDP, 1194, "48 000002 z20 z16", -1 },
	{ "quic", IN_UDP, 9, "c0 00000001 08 z8 00 z40", 0 },
	{ "quic", IN_UDP, 9, "c0 6b3343cf 00 14 z20 z40", 0 },
	{ "quic", IN_UDP, 9, "c0 ff000017 08 z8 00 z40", 0 },
	{ "quic", IN_UDP, 9, "c0 ff000022 08 z8 00 z40", 0 },
	{ "quic", IN_UDP, 9, "c0 ff000023 08 z8 00 z40", -1 },
	{ "quic", IN_UDP, 9, "80 00000000 08 z8 00 00000001 6b3343cf", 0 },
	{ "quic", IN_UDP, 9, "80 00000000 08 z8 00 00000001 6b3343", -1 },
	{ "quic", IN_UDP, 9, "80 00000000 08 z8 00", -1 },
	{ "quic", IN_UDP, 9, "c0 00000002 08 z8 00 z40", -1 },
	{ "quic", IN_UDP, 9, "80 00000001 08 z8 00 z40", -1 },
	{ "quic", IN_UDP, 9, "40 00000001 08 z8 00 z40", -1 },
	{ "quic", IN_UDP, 9, "c0 00000001 15 z21 00 z40", -1 },
	{ "quic", IN_UDP, 9, "c0 00000001 08 z8 15 z40", -1 },
	{ "quic", IN_UDP, 9, "c0 00000001 08 z8 14 z19", -1 },
	{ "dtls13", IN_UDP, 9, "2e 0001 0014 z20", 0 },
	{ "dtls13", IN_UDP, 9, "27 01 0010 z16 2e 0001 0014 z20", 0 },
	{ "dtls13", IN_UDP, 9, "16 fefd 0000 000000000000 0038 02 z11 fefd z32 00 1301 z7", 0 },
	{ "dtls13", IN_UDP, 9, "16 fefd 0000 000000000000 0038 02 z11 fefd z32 04 z4 1303 z3", 0 },
	{ "dtls13", IN_UDP, 9, "16 fefd 0000 000000000000 0038 02 z11 fefd z32 00 c02f z7", -1 },
	{ "dtls13", IN_UDP, 9, "16 fefd 0000 000000000000 0038 01 z11 fefd z32 00 1301 z7", -1 },
	{ "dtls13", IN_UDP, 9, "16 fefd 0000 000000000000 0038 02 z11 fefd z32 21 z40", -1 },
	{ "dtls13", IN_UDP, 9, "2e 0001 000f z15", -1 },
	{ "dtls13", IN_UDP, 9, "2e 0001 0015 z20", -1 },
	{ "dtls13", IN_UDP, 9, "2e 0001 0013 z20", -1 },
	{ "dtls13", IN_UDP, 9, "2a 0001 z40", -1 },
	{ "dtls13", IN_UDP, 9, "29 0001 0014 z20", -1 },
	{ "dtls13", IN_UDP, 9, "3e c1 0001 0010 z16", -1 },
	{ "dtls13", IN_UDP, 9, "4e 0001 0014 z20", -1 },
};

static void what_has_none_is_told_apart(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		put_wrapped(others[i].wrap, others[i].id, others[i].text);
		int rc = read_all(others[i].profile, numbers);

		if (rc != others[i].rc)
			print_error("%s: %s\n", others[i].profile, others[i].text);
		assert_int_equal(rc, others[i].rc);
		/* The sanitizer sees what reads beyond. */
		for (uint32_t kept = 0; kept < b.size; kept++)
			read_cut(others[i].profile, kept, numbers);
	}
}

static void an_ah_of_a_wrong_length_is_refused(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_IPV4, 51, "32ff 0000 00000200 00000009 z12");
	assert_int_equal(read_all("ah", numbers), -1);
	put_wrapped(IN_IPV4, 51, "3200 0000 00000200 00000009 z12");
	assert_int_equal(read_all("ah", numbers), -1);
}

/* What AH protects is read, too. */
static void numbers_within_numbers(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_IPV4, 51, "3204 0000 00000200 00000009 z12 00001000 00000007 z30");
	assert_int_equal(read_all("ah", numbers), 1);
	assert_int_equal(numbers->number, 9);
	assert_int_equal(read_all("esp", numbers), 1);
	assert_int_equal(numbers->number, 7);
}

static void rtp_has_a_media_clock(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_UDP, 5004, "8000 1234 fffffffe deadbeef z160");
	assert_int_equal(read_all("rtp", numbers), 1);
	assert_true(numbers->clocked);
	assert_false(numbers->timed);
	assert_int_equal(numbers->media, 0xfffffffe);
}

#define STAMP_SENDERS "0001 0000 " STAMP_TIME "00000003 " STAMP_TIME "0001 0000 "
#define STAMP_REFLECTED STAMP_SENDERS "40"

static void stamp_has_times_and_roles(void **state)
{
	static const struct {
		enum wrap wrap;
		unsigned port;
		const char *text;
		const char *key;
		int64_t ns; /* since 2020-01-01 */
	} cases[] = {
		{ IN_UDP, 862, "00000009 " STAMP_TIME "0001 z30", "00", 500000000 },
		{ OF_UDP, 862, "00000009 " STAMP_TIME STAMP_REFLECTED, "01", 500000000 },
		{ IN_UDP, 5000, "00000009 " STAMP_TIME STAMP_REFLECTED, "01", 500000000 },
		{ IN_UDP, 5000, "00000009 5e0be100 00000007 4001 z30", "00", 7 },
		/* Too short to have a sender's packet within: padding. */
		{ IN_UDP, 5000, "00000009 " STAMP_TIME STAMP_SENDERS, "00", 500000000 },
		/* Behind the end of the NTP era, in 2036. */
		{ IN_UDP, 862, "00000009 00000000 00000000 0001 z30", "00",
			(INT64_C(2085978496) - 1577836800) * 1000000000 },
	};
	struct profile_number numbers[PROFILE_NUMBERS];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put_wrapped(cases[i].wrap, cases[i].port, cases[i].text);
		assert_int_equal(read_all("stamp", numbers), 1);
		assert_true(numbers->timed);
		assert_int_equal(numbers->sent_ns - p.time_ns, cases[i].ns);
		assert_key(numbers, cases[i].key);
	}
}

/* Read requests take up as many numbers as the answer has packets, of 256 bytes at least. */
static void roce_reads_hide_numbers(void **state)
{
	static const struct {
		const char *text;
		uint32_t hidden;
	} cases[] = {
		{ "0c00 ffff 00 000012 80 000001 z12 00000000 z4", 0 },
		{ "0c00 ffff 00 000012 80 000001 z12 00000100 z4", 0 },
		{ "0c00 ffff 00 000012 80 000001 z12 00000101 z4", 1 },
		{ "ac00 ffff 00 000012 80 000001 z4 z12 00000400 z4", 3 },
		{ "0c00 ffff 00 000012 80 000001 z12 ffffffff z4", 0x7fffff },
		{ "0600 ffff 00 000012 80 000001 z12 ffffffff z4", 0 },
	};
	struct profile_number numbers[PROFILE_NUMBERS];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put_wrapped(IN_UDP, 4791, cases[i].text);
		assert_int_equal(read_all("roce2", numbers), 1);
		assert_int_equal(numbers->hidden, cases[i].hidden);
	}
	/* The length was cut: as many as there may be. */
	put_wrapped(IN_UDP, 4791, cases[1].text);
	assert_int_equal(read_cut("roce2", b.size - 5, numbers), 1);
	assert_int_equal(numbers->hidden, 0x7fffff);
}

static void roce_sends_again_if_reliable(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_UDP, 4791, "0400 ffff 00 000012 00 000001 z8 z4");
	assert_int_equal(read_all("roce2", numbers), 1);
	assert_false(numbers->once);
	put_wrapped(IN_UDP, 4791, "2400 ffff 00 000012 00 000001 z8 z4");
	assert_int_equal(read_all("roce2", numbers), 1);
	assert_true(numbers->once);
	put_wrapped(IN_UDP, 4791, "6400 ffff 00 000012 00 000001 z8 z4");
	assert_int_equal(read_all("roce2", numbers), 1);
	assert_true(numbers->once);
}

/* Builds a datagram of `count` records, those in `ids` with a connection id of `id` bytes. */
static void put_records(unsigned count, uint32_t ids, unsigned id)
{
	put_wrapped(IN_UDP, 9, "");
	for (unsigned i = 0; i < count; i++) {
		bool identified = i < 32 && ids >> i & 1;

		put8(&b, identified ? 25 : 23);
		put16(&b, 0xfefd);
		put16(&b, 1);
		put16(&b, 0);
		put32(&b, 100 + i);
		put_fill(&b, 0xc1, identified ? id : 0);
		put16(&b, 20);
		put_fill(&b, 0xee, 20);
	}
	set16(&b, 16, b.size - 14);
	set16(&b, 38, b.size - 34);
}

static void dtls_has_several_records(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	for (unsigned id = 0; id <= 32; id++) {
		put_records(3, id ? 6 : 0, id);
		assert_int_equal(read_all("dtls", numbers), 3);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(numbers[i].number, 100 + i);
			assert_int_equal(numbers[i].bytes, 20);
			assert_key(&numbers[i], "0001");
		}
	}
	/* An id longer than any that is tried. */
	put_records(1, 1, 33);
	assert_int_equal(read_all("dtls", numbers), -1);
	/* Cut within the second one, and before it. */
	put_records(3, 0, 0);
	assert_int_equal(read_cut("dtls", 42 + 33 + 13, numbers), 2);
	assert_int_equal(read_cut("dtls", 42 + 33 + 12, numbers), 1);
	assert_int_equal(read_cut("dtls", 42 + 33, numbers), 1);
	/* Behind records in plain text DTLS 1.3 goes on encrypted. */
	put_wrapped(IN_UDP, 9, DTLS_RECORD "2e 0001 0014 z20");
	assert_int_equal(read_all("dtls", numbers), 1);
}

/* Consecutive ones that are too many become a span of the last. */
static void too_many_records_are_a_span(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_records(PROFILE_NUMBERS + 3, 0, 0);
	assert_int_equal(read_all("dtls", numbers), PROFILE_NUMBERS);
	assert_int_equal(numbers[PROFILE_NUMBERS - 2].span, 0);
	assert_int_equal(numbers[PROFILE_NUMBERS - 1].span, 4);
	assert_int_equal(numbers[PROFILE_NUMBERS - 1].bytes, 80);
	put_records(65, 0, 0);
	assert_int_equal(read_all("dtls", numbers), PROFILE_NUMBERS);
}

static void sctp_has_several_chunks(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_IPV4, 132,
		SCTP_HEADER "0300 0010 00000009 00000100 00000000" /* SACK */
			    "0003 0013 fffffffe z8 aabbcc 00"
			    "0007 0015 ffffffff z8 aabbccddee z3 "
			    "0003 0011 00000000 z8 aa");
	assert_int_equal(read_all("sctp", numbers), 3);
	assert_int_equal(numbers[0].number, 0xfffffffe);
	assert_int_equal(numbers[0].bytes, 3);
	assert_int_equal(numbers[1].number, 0xffffffff);
	assert_int_equal(numbers[1].bytes, 5);
	assert_int_equal(numbers[2].number, 0);
	assert_int_equal(numbers[2].bytes, 1);
	/* The last one's TSN was cut. */
	assert_int_equal(read_cut("sctp", b.size - 10, numbers), 2);
}

/* Reads what the receiver reports in the frame of which `caplen` bytes are there. */
static int feedback_cut(uint32_t caplen, struct profile_feedback *feedback)
{
	const struct profile *profile = profile_find("sctp");
	struct profile_view view;

	if (p.data)
		frame_free(&p);
	frame_decode(&p, &b, LINK_ETHERNET, caplen, b.size);
	return profile_view(profile, &p, &view) ? profile->feedback(&view, feedback) : -1;
}

static void sctp_reports(void **state)
{
	struct profile_feedback feedback;
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_IPV4, 132,
		SCTP_HEADER "0003 0014 00000063 z8 z4 "
			    "0300 0020 fffffffe 00010000 0002 0002"
			    "0002 0002 0004 0009 fffffffd 00000005");
	for (uint32_t kept = 0; kept <= b.size; kept++) {
		int there = (int)kept - 34 - 12 - 20;
		int rc = feedback_cut(kept, &feedback);

		assert_int_equal(rc, there < -20 ? -1 : there >= 16);
		if (rc <= 0)
			continue;
		assert_true(feedback.cumulative);
		assert_int_equal(feedback.below, 0xffffffff);
		assert_int_equal(feedback.range_count, (there - 16) / 4 < 2 ? (there - 16) / 4 : 2);
		assert_int_equal(feedback.repeat_count, there < 28 ? 0 : (there - 24) / 4);
	}
	assert_int_equal(feedback.ranges[0].from, 0);
	assert_int_equal(feedback.ranges[0].to, 1);
	assert_int_equal(feedback.ranges[1].from, 2);
	assert_int_equal(feedback.ranges[1].to, 8);
	assert_int_equal(feedback.repeats[0], 0xfffffffd);
	assert_int_equal(feedback.repeats[1], 5);
	/* It is about the stream that comes the other way. */
	assert_int_equal(feedback.key_length, 4);
	assert_memory_equal(feedback.key, "\x0b\x5a\x0b\x59", 4);
	put_wrapped(IN_IPV4, 132, "0b5a 0b59 00000001 z4 0003 0014 00000063 z8 z4");
	assert_int_equal(read_all("sctp", numbers), 1);
	assert_memory_equal(numbers->key, feedback.key, 4);
}

static void sctp_reports_none_or_wrong(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} cases[] = {
		{ SCTP_HEADER "0700 0008 00000009", 1 },
		{ SCTP_HEADER "0700 0007 000000", -1 },
		{ SCTP_HEADER "0003 0014 00000063 z8 z4", 0 },
		{ SCTP_HEADER "0300 0010 00000009 00000100 0000 0000", 1 },
		{ SCTP_HEADER "0300 000c 00000009 00000100", -1 },
		{ SCTP_HEADER "0300 0010 00000009 00000100 0001 0000", -1 },
		{ SCTP_HEADER "0300 0010 00000009 00000100 0000 0001", -1 },
		{ SCTP_HEADER "0300 0010 00000009 00000100 ffff ffff", -1 },
		{ SCTP_HEADER "0300 0014 00000009 00000100 0001 0000 0003 0002", -1 },
		{ SCTP_HEADER "0300 0014 00000009 00000100 0001 0000 0000 0002", -1 },
	};
	struct profile_feedback feedback;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put_wrapped(IN_IPV4, 132, cases[i].text);
		assert_int_equal(feedback_cut(b.size, &feedback), cases[i].rc);
	}
}

static void sctp_reports_are_bounded(void **state)
{
	struct profile_feedback feedback;

	put_wrapped(IN_IPV4, 132, SCTP_HEADER "0300 0330 00000009 00000100 0064 0064");
	for (unsigned i = 0; i < 100; i++)
		put32(&b, (2 * i + 2) << 16 | (2 * i + 2));
	put_fill(&b, 0, 400);
	set16(&b, 16, b.size - 14);
	assert_int_equal(feedback_cut(b.size, &feedback), 1);
	assert_int_equal(feedback.range_count, PROFILE_RANGES);
	assert_int_equal(feedback.repeat_count, PROFILE_REPEATS);
}

static bool is_candidate(const char *name, bool trial)
{
	const struct profile *found[64];
	unsigned count = profile_candidates(&p, trial, found, 64);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(found[i]->name, name) == 0)
			return true;
	return false;
}

/* Every packet of the tables is offered to its profile; by its selector, or on trial. */
static void candidates_are_found(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];
	const struct profile *found[64];

	for (size_t i = 0; i < sizeof(numbered) / sizeof(*numbered); i++) {
		put_wrapped(numbered[i].wrap, numbered[i].id, numbered[i].text);
		read_all(numbered[i].profile, numbers);
		assert_true(is_candidate(numbered[i].profile, true));
		/* The discard port and a few above are nobody's. */
		bool named = numbered[i].id != 9 &&
			     (numbered[i].id < 5000 || numbered[i].id > 5004);

		assert_int_equal(is_candidate(numbered[i].profile, false), named);
		assert_false(is_candidate(numbered[i].wrap <= OF_UDP ? "esp" : "rtp", true));
		/* No more than there is room for. */
		assert_int_equal(profile_candidates(&p, true, found, 1), 1);
		assert_int_equal(profile_candidates(&p, true, found, 0), 0);
	}
	put_wrapped(IN_UDP, 9, DTLS_RECORD);
	read_all("dtls", numbers);
	assert_int_equal(profile_candidates(&p, false, found, 64), 0);
	put_wrapped(IN_UDP, 51820, DTLS_RECORD);
	read_all("dtls", numbers);
	assert_int_equal(profile_candidates(&p, false, found, 64), 1);
	/* What a port names comes before what is tried. */
	assert_true(profile_candidates(&p, true, found, 64) > 4);
	assert_string_equal(found[0]->name, "wireguard");
}

/* Later fragments, cut headers and IP within MPLS have no payload of any profile. */
static void there_is_no_view_of_what_is_not_there(void **state)
{
	static const char *const names[] = { "esp-udp", "rtp", "pseudowire", "rtag", "ah", "gre" };
	struct profile_number numbers[PROFILE_NUMBERS];
	const struct profile *found[64];
	struct profile_view view;

	put_wrapped(IN_UDP, 4500, "00001000 00000007 z40");
	set16(&b, 20, 3);
	read_all("esp-udp", numbers);
	assert_int_equal(p.layer, LAYER_FRAGMENT);
	assert_int_equal(profile_candidates(&p, true, found, 64), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_false(profile_view(profile_find(names[i]), &p, &view));
	put_wrapped(IN_MPLS, 0, "45 00 0014 z5 06 z10");
	read_all("pseudowire", numbers);
	assert_int_equal(p.ip_version, 4);
	assert_false(profile_view(profile_find("pseudowire"), &p, &view));
	assert_int_equal(profile_candidates(&p, true, found, 64), 0);
	/* Nor has a UDP datagram one of what stands elsewhere. */
	put_wrapped(IN_UDP, 4500, "00001000 00000007 z40");
	read_all("esp-udp", numbers);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(profile_view(profile_find(names[i]), &p, &view), i < 2);
	put_wrapped(IN_IPV4, 6, "z12");
	read_all("esp", numbers);
	assert_int_equal(profile_candidates(&p, true, found, 64), 0);
}

/* A first fragment's datagram is as long as its header says, wherever the rest is. */
static void a_first_fragment_is_part_of_a_datagram(void **state)
{
	struct profile_number numbers[PROFILE_NUMBERS];

	put_wrapped(IN_UDP, 2152, "32ff 0018 0000abcd 0102 0000 45 z19");
	b.size -= 16;
	set16(&b, 16, b.size - 14);
	set16(&b, 20, 0x2000);
	assert_int_equal(read_all("gtpu", numbers), 1);
	assert_int_equal(numbers->number, 0x102);
}

static void the_table_is_complete(void **state)
{
	unsigned blind = 0;

	for (const struct profile *const *a = profiles; *a; a++) {
		const struct profile *profile = *a;
		const struct profile_selector *selector = &profile->selector;

		assert_ptr_equal(profile_find(profile->name), profile);
		assert_true(strlen(profile->summary) > 10 && strlen(profile->found_by) > 10);
		assert_non_null(profile->read);
		/* All are offered but the identification, which only stands in for a number. */
		bool offered = selector->ethertype || selector->protocol || selector->ports[0] ||
			       selector->any_udp;

		assert_int_equal(offered, strcmp(profile->name, "ip-id") != 0);
		/* What is believed at once stands under a number that is nobody else's. */
		if (profile->trust == TRUST_SELECTOR)
			assert_true(selector->ethertype || selector->protocol);
		blind += profile->blind != NULL;
	}
	assert_int_equal(blind, 3);
	assert_null(profile_find("no-such"));
	assert_null(profile_find(""));
}

static uint64_t random_next(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static void check_numbers(const struct profile *profile, const struct profile_view *view)
{
	struct profile_number numbers[PROFILE_NUMBERS];
	struct profile_feedback feedback;
	int count = profile->read(view, numbers);

	assert_in_range(count + 1, 0, PROFILE_NUMBERS + 1);
	if (profile->blind)
		assert_true(count <= 0);
	for (int i = 0; i < count; i++) {
		assert_true(profile->modulus == 0 || numbers[i].number < profile->modulus);
		assert_true(numbers[i].key_length <= PROFILE_KEY);
		assert_true(numbers[i].bytes <= view->length);
	}
	if (profile->feedback && profile->feedback(view, &feedback) > 0) {
		assert_true(feedback.range_count <= PROFILE_RANGES);
		assert_true(feedback.repeat_count <= PROFILE_REPEATS);
	}
}

/* Packets of the tables with some bytes changed and any cut: bounds hold for every profile. */
static void any_bytes_may_come(void **state)
{
	uint64_t random = 0x9e3779b97f4a7c15;

	for (unsigned i = 0; i < 20000; i++) {
		unsigned at = random_next(&random) % (sizeof(numbered) / sizeof(*numbered));
		const struct profile *found[64];

		put_wrapped(numbered[at].wrap, numbered[at].id, numbered[at].text);
		uint32_t offset = payload_offset(numbered[at].wrap);

		for (unsigned changed = random_next(&random) % 6; changed > 0; changed--)
			b.data[offset + random_next(&random) % (b.size - offset)] = (uint8_t)
				random_next(&random);
		if (p.data)
			frame_free(&p);
		frame_decode(&p, &b, LINK_ETHERNET,
			i % 2 ? b.size : (uint32_t)(random_next(&random) % (b.size + 1)), b.size);
		unsigned count = profile_candidates(&p, true, found, 64);

		for (unsigned j = 0; j < count; j++) {
			struct profile_view view;

			assert_true(profile_view(found[j], &p, &view));
			check_numbers(found[j], &view);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_is_read),
		cmocka_unit_test(a_cut_packet_is_read_as_far_as_it_goes),
		cmocka_unit_test(what_has_none_is_told_apart),
		cmocka_unit_test(an_ah_of_a_wrong_length_is_refused),
		cmocka_unit_test(numbers_within_numbers),
		cmocka_unit_test(rtp_has_a_media_clock),
		cmocka_unit_test(stamp_has_times_and_roles),
		cmocka_unit_test(roce_reads_hide_numbers),
		cmocka_unit_test(roce_sends_again_if_reliable),
		cmocka_unit_test(dtls_has_several_records),
		cmocka_unit_test(too_many_records_are_a_span),
		cmocka_unit_test(sctp_has_several_chunks),
		cmocka_unit_test(sctp_reports),
		cmocka_unit_test(sctp_reports_none_or_wrong),
		cmocka_unit_test(sctp_reports_are_bounded),
		cmocka_unit_test(candidates_are_found),
		cmocka_unit_test(there_is_no_view_of_what_is_not_there),
		cmocka_unit_test(a_first_fragment_is_part_of_a_datagram),
		cmocka_unit_test(the_table_is_complete),
		cmocka_unit_test(any_bytes_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
