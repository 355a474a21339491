/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which receive queue does the device choose? Its table of queues, the hash function and key
 * (ethtool -x), and which fields of a packet are hashed (ethtool -n IF rx-flow-hash), in the
 * letters of ethtool(8).  Reference: linux/ethtool.h, ETHTOOL_GRSSH, ETHTOOL_GRXFH.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ethtool.h>

#include "base/memory.h"
#include "host/collect_ethtool.h"
#include "host/state.h"

#define MAX_TABLE 8192 /* queues in a table, bytes of a key */

static void tell_table(const struct ethtool_device *device, const uint32_t *queues, uint32_t count)
{
	char *text = memory_alloc(count + 1, 12), *end = text;

	for (uint32_t i = 0; i < count; i++)
		end += sprintf(end, "%s%" PRIu32, i ? " " : "", queues[i]);
	if (count)
		snapshot_setf(device->snapshot, text, "ethtool -x %s indirection", device->name);
	else
		snapshot_set_unknownf(device->snapshot, VALUE_UNSUPPORTED,
			"ethtool -x %s indirection", device->name);
	free(text);
}

static void tell_key(const struct ethtool_device *device, const uint8_t *key, uint32_t bytes)
{
	char *text = memory_alloc(bytes + 1, 3), *end = text;

	for (uint32_t i = 0; i < bytes; i++)
		end += sprintf(end, "%s%02x", i ? ":" : "", key[i]);
	if (bytes)
		snapshot_setf(device->snapshot, text, "ethtool -x %s key", device->name);
	else
		snapshot_set_unknownf(
			device->snapshot, VALUE_UNSUPPORTED, "ethtool -x %s key", device->name);
	free(text);
}

static void tell_function(const struct ethtool_device *device, uint8_t function)
{
	struct ethtool_names names;
	const char *name = NULL;

	ethtool_names_read(device, ETH_SS_RSS_HASH_FUNCS, &names);
	for (uint32_t i = 0; i < names.count && i < 8 && !name; i++) {
		if (function >> i & 1)
			name = names.names[i];
	}
	if (name)
		snapshot_setf(device->snapshot, name, "ethtool -x %s hash-function", device->name);
	else
		snapshot_set_unknownf(device->snapshot, VALUE_UNSUPPORTED,
			"ethtool -x %s hash-function", device->name);
	free(names.names);
}

/* Drivers that know the table alone answer the older question. */
static int collect_table(const struct ethtool_device *device)
{
	struct ethtool_rxfh_indir head = { .cmd = ETHTOOL_GRXFHINDIR }, *table;
	int error = ethtool_ask(device, &head);

	if (error || head.size > MAX_TABLE)
		return error;
	table = memory_alloc(1, sizeof(*table) + head.size * sizeof(uint32_t));
	table->cmd = ETHTOOL_GRXFHINDIR;
	table->size = head.size;
	error = ethtool_ask(device, table);
	if (!error && table->size <= head.size)
		tell_table(device, table->ring_index, table->size);
	free(table);
	return error;
}

static int collect_table_and_key(const struct ethtool_device *device)
{
	struct ethtool_rxfh head = { .cmd = ETHTOOL_GRSSH }, *hash;
	int error = ethtool_ask(device, &head);

	if (error || head.indir_size > MAX_TABLE || head.key_size > MAX_TABLE)
		return error;
	hash = memory_alloc(1, sizeof(*hash) + head.indir_size * sizeof(uint32_t) + head.key_size);
	hash->cmd = ETHTOOL_GRSSH;
	hash->indir_size = head.indir_size;
	hash->key_size = head.key_size;
	error = ethtool_ask(device, hash);
	if (!error && hash->indir_size == head.indir_size && hash->key_size == head.key_size) {
		tell_table(device, hash->rss_config, hash->indir_size);
		tell_key(device, (const uint8_t *)(hash->rss_config + hash->indir_size),
			hash->key_size);
		tell_function(device, hash->hfunc);
	}
	free(hash);
	return error;
}

static const struct {
	const char *word;
	uint32_t type;
} flows[] = {
	{ "tcp4", TCP_V4_FLOW },
	{ "udp4", UDP_V4_FLOW },
	{ "sctp4", SCTP_V4_FLOW },
	{ "esp4", AH_ESP_V4_FLOW },
	{ "tcp6", TCP_V6_FLOW },
	{ "udp6", UDP_V6_FLOW },
	{ "sctp6", SCTP_V6_FLOW },
	{ "esp6", AH_ESP_V6_FLOW },
};

#define FLOWS (sizeof(flows) / sizeof(flows[0]))

static const struct {
	uint64_t field;
	char letter;
} fields[] = {
	{ RXH_L2DA, 'm' },
	{ RXH_VLAN, 'v' },
	{ RXH_L3_PROTO, 't' },
	{ RXH_IP_SRC, 's' },
	{ RXH_IP_DST, 'd' },
	{ RXH_L4_B_0_1, 'f' },
	{ RXH_L4_B_2_3, 'n' },
	{ RXH_DISCARD, 'r' },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void tell_fields(const struct ethtool_device *device, size_t flow, uint64_t set)
{
	char text[FIELDS + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < FIELDS; i++) {
		if (set & fields[i].field)
			text[used++] = fields[i].letter;
	}
	snapshot_setf(device->snapshot, text, "ethtool -n %s rx-flow-hash %s", device->name,
		flows[flow].word);
}

/* Some drivers so refuse the flows that they do not know. */
static enum value_state why_no_flow(int error)
{
	return error == EINVAL ? VALUE_UNSUPPORTED : state_of_error(error);
}

static void collect_fields(const struct ethtool_device *device)
{
	int errors[FLOWS];
	size_t refused = 0;

	for (size_t i = 0; i < FLOWS; i++) {
		struct ethtool_rxnfc fields_of = { .cmd = ETHTOOL_GRXFH,
			.flow_type = flows[i].type };

		errors[i] = ethtool_ask(device, &fields_of);
		if (errors[i])
			refused++;
		else
			tell_fields(device, i, fields_of.data);
	}
	if (refused == FLOWS) {
		snapshot_set_unknownf(device->snapshot, why_no_flow(errors[0]),
			"ethtool -n %s rx-flow-hash", device->name);
		return;
	}
	for (size_t i = 0; i < FLOWS; i++) {
		if (errors[i])
			snapshot_set_unknownf(device->snapshot, why_no_flow(errors[i]),
				"ethtool -n %s rx-flow-hash %s", device->name, flows[i].word);
	}
}

void collect_ethtool_hash(const struct ethtool_device *device)
{
	int error = collect_table_and_key(device);

	if (error == EOPNOTSUPP)
		error = collect_table(device);
	if (error)
		ethtool_refused(device, "ethtool -x", error);
	collect_fields(device);
}
