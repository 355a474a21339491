/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_HASH_H
#define PKTLINT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Folded 64 x 64 bit multiplication: each result bit depends on all bits of both. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Digest of `words` 64-bit words at `data`, by a key that an attacker does not know. */
static inline uint64_t hash_words(const void *data, size_t words, uint64_t key)
{
	const char *at = data;
	uint64_t hash = key ^ words;

	for (size_t i = 0; i < words; i++) {
		uint64_t word;

		memcpy(&word, at + i * sizeof(word), sizeof(word));
		hash = hash_mix(hash ^ word, UINT64_C(0x9e3779b97f4a7c15));
	}
	return hash_mix(hash ^ key, UINT64_C(0xa0761d6478bd642f));
}

#endif
