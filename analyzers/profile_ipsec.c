/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a packet of IPsec?  ESP (RFC 4303 2) and AH (RFC 4302 2) count the packets of a
 * security association from 1 in 32 bits; with extended numbers these are the lower half, which
 * wraps.  ESP in UDP is told from IKE by an SPI that is not 0 (RFC 3948 2).
 */
#include "analyzers/profile_parts.h"

#define SPI 4
#define ESP_HEADER 8
/* Padding length and next header fill up a word at least (RFC 4303 2.4). */
#define ESP_MINIMUM 12
#define AH_FIXED 12
#define KEEPALIVE 0xff
#define NAT_TRAVERSAL_PORT 4500

static int esp_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->length < ESP_MINIMUM || view->present < ESP_HEADER || bytes_be32(h) == 0)
		return -1;
	return profile_one(numbers, bytes_be32(h + 4), view->length - ESP_HEADER, h, SPI);
}

static int esp_udp_read(const struct profile_view *view, struct profile_number *numbers)
{
	if (view->length == 1 && view->present == 1)
		return view->data[0] == KEEPALIVE ? 0 : -1;
	if (view->present >= SPI && bytes_be32(view->data) == 0)
		return 0;
	return esp_read(view, numbers);
}

static int ah_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->present < AH_FIXED)
		return -1;
	uint32_t header = (h[1] + 2u) * 4;

	/* An SPI of 0 stands for no association (RFC 4302 2.4). */
	if (header < AH_FIXED || header > view->length || bytes_be32(h + 4) == 0)
		return -1;
	return profile_one(numbers, bytes_be32(h + 8), view->length - header, h + 4, SPI);
}

const struct profile profile_esp = {
	.name = "esp",
	.key_name = "SPI",
	.summary = "IPsec ESP, RFC 4303: 32 bits, by destination and SPI",
	.found_by = "IP protocol 50",
	.selector = { .protocol = 50 },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_DESTINATION,
	.trust = TRUST_SELECTOR,
	.window = 64,
	.read = esp_read,
};

const struct profile profile_esp_udp = {
	.name = "esp-udp",
	.key_name = "SPI",
	.summary = "IPsec ESP in UDP, RFC 3948: 32 bits, by destination and SPI",
	.found_by = "UDP port 4500, numbers that count",
	.selector = { .ports = { NAT_TRAVERSAL_PORT } },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_DESTINATION,
	.trust = TRUST_PROOF,
	.window = 64,
	.read = esp_udp_read,
};

const struct profile profile_ah = {
	.name = "ah",
	.key_name = "SPI",
	.summary = "IPsec AH, RFC 4302: 32 bits, by destination and SPI",
	.found_by = "IP protocol 51",
	.selector = { .protocol = 51 },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_DESTINATION,
	.trust = TRUST_SELECTOR,
	.window = 64,
	.read = ah_read,
};
