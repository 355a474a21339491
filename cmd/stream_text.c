/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line a packet for people: number, time, flow, direction, the packet in tcpdump's words, and
 * what was decided about it with the evidence.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "analyzers/flow.h"
#include "capture/capture.h"
#include "cmd/print.h"
#include "cmd/selection.h"
#include "cmd/stream.h"
#include "report/units.h"

#define RED "\033[1;31m"
#define PLAIN "\033[0m"
#define DATE_BYTES 10 /* "2026-01-31", before the T of RFC 3339 */

static void put_seconds(FILE *out, int64_t ns)
{
	const char *sign = ns < 0 ? "-" : "";
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	fprintf(out, "%s%" PRIu64 ".%09" PRIu64 " ", sign, size / 1000000000, size % 1000000000);
}

/* "12:00:00.000000001 ", with the date before it if `date`. */
static void put_clock(FILE *out, int64_t ns, bool date)
{
	struct units time = units_time(ns);

	time.text[strlen(time.text) - 1] = ' '; /* the Z */
	time.text[DATE_BYTES] = ' ';
	fputs(time.text + (date ? 0 : DATE_BYTES + 1), out);
}

static void time_of_day(const struct stream *stream, int64_t ns)
{
	put_clock(stream->out, ns, false);
}

static void time_none(const struct stream *stream, int64_t ns)
{
}

static void time_epoch(const struct stream *stream, int64_t ns)
{
	put_seconds(stream->out, ns);
}

static void time_since_last(const struct stream *stream, int64_t ns)
{
	put_seconds(stream->out, ns - stream->last_ns);
}

static void time_and_date(const struct stream *stream, int64_t ns)
{
	put_clock(stream->out, ns, true);
}

static void time_since_first(const struct stream *stream, int64_t ns)
{
	put_seconds(stream->out, ns - stream->first_ns);
}

/* By the number of -t, as tcpdump counts them. */
static void (*const time_forms[])(const struct stream *, int64_t) = {
	time_of_day,
	time_none,
	time_epoch,
	time_since_last,
	time_and_date,
	time_since_first,
};

static void put_time(struct stream *stream, int64_t ns)
{
	if (!stream->started)
		stream->first_ns = stream->last_ns = ns;
	stream->started = true;
	time_forms[stream->time_form](stream, ns);
	stream->last_ns = ns;
}

/* The way by the capture's word, or by the side of the flow that sent it. */
static const char *way(const struct packet *packet)
{
	if (packet->direction != DIRECTION_UNKNOWN)
		return direction_name(packet->direction);
	if (!packet->flow)
		return "?";
	return packet->side == packet->flow->opener ? ">" : "<";
}

static void put_label(const struct stream *stream, uint8_t label)
{
	bool bright = stream->color && LABELS_ANOMALY >> label & 1;

	fprintf(stream->out, "%s%s%s", bright ? RED : "", label_name(label), bright ? PLAIN : "");
}

/* The pieces of a super-frame, or how many there are. */
static void put_parts(FILE *out, const struct packet *packet, const struct verdict *verdict)
{
	int count = verdict ? verdict->part_count : 0;
	bool told = packet && packet->gso_size, several = packet && packet->segments > 1;

	for (int i = 0; i < count; i++)
		fprintf(out, "%s%u %s", i ? ", then " : " (", verdict->parts[i].segments,
			label_name(verdict->parts[i].label));
	if (count == 0 && several)
		fprintf(out, " (%" PRIu32 " segments", packet->segments);
	if (count == 0 && several && told)
		fprintf(out, " of %u", packet->gso_size);
	if (count > 0 || several)
		fputs(several && !told ? ", inferred)" : ")", out);
}

static void put_evidence(FILE *out, unsigned evidence)
{
	const char *gap = " by ";

	for (int bit = 0; bit < EVIDENCE_COUNT; bit++)
		if (evidence >> bit & 1) {
			fprintf(out, "%s%s", gap, evidence_name(bit));
			gap = ", ";
		}
}

/* Stamps in another order than they came in tell no late time. */
static void put_lateness(FILE *out, const struct verdict *verdict)
{
	bool first = verdict->late_ns < 0 && verdict->late_ns > INT64_MIN;

	fprintf(out, ", extent %" PRIu32 ", %s %s%s, %" PRIu32 " bytes", verdict->extent,
		first ? "stamped" : "late",
		units_duration(first ? -verdict->late_ns : verdict->late_ns).text,
		first ? " before what overtook it" : "", verdict->late_bytes);
}

/* "retransmission (rto), likely by seen, timer; see frame 12"; `packet` is NULL if it is gone. */
static void put_verdict(const struct stream *stream, const struct packet *packet, uint8_t label,
	const struct verdict *verdict)
{
	FILE *out = stream->out;

	put_label(stream, label);
	put_parts(out, packet, verdict);
	if (!verdict)
		return;
	if (verdict->cause != CAUSE_NONE)
		fprintf(out, " (%s)", cause_name(verdict->cause));
	if (verdict->extent)
		put_lateness(out, verdict);
	if (verdict->stream)
		fprintf(out, ", seq %" PRIu64 " of stream %" PRIu32, verdict->number,
			verdict->stream - 1);
	if (verdict->place != LOSS_NONE)
		fprintf(out, ", lost %s", loss_place_name(verdict->place));
	if (verdict->confidence != CONFIDENCE_NONE)
		fprintf(out, ", %s", confidence_name(verdict->confidence));
	/* What is in order needs no proof. */
	if (label != LABEL_IN_ORDER || verdict->confidence != CONFIDENCE_NONE)
		put_evidence(out, verdict->evidence);
	if (verdict->reference)
		fprintf(out, "; see frame %" PRIu64, verdict->reference);
}

static void put_bytes(const struct stream *stream, const struct packet *packet)
{
	const uint8_t *data = packet->data;
	uint32_t size = packet->caplen;
	uint32_t network = packet->network_offset < size ? packet->network_offset : size;
	uint32_t from;

	if (stream->hex || stream->hex_ascii) {
		from = stream->hex > 1 || stream->hex_ascii > 1 ? 0 : network;
		print_hex(stream->out, data + from, size - from, stream->hex_ascii > 0);
	}
	if (stream->ascii)
		print_ascii(stream->out, data + network, size - network);
}

static void note_packet(struct stream *stream, const struct packet *packet)
{
	sequences_note(&stream->sequences, packet);
}

static void write_packet(
	struct stream *stream, const struct packet *packet, const struct verdict *verdict)
{
	FILE *out = stream->out;

	fprintf(out, "%5" PRIu64 " ", packet->frame);
	if (packet->frame_flags & FRAME_HAS_TIME)
		put_time(stream, packet->time_ns);
	else
		fputs("- ", out);
	if (packet->flow)
		fprintf(out, "[%" PRIu32 " %s] ", packet->flow->number, way(packet));
	else
		fprintf(out, "[- %s] ", way(packet));
	if (stream->link)
		print_link(out, packet);
	print_packet(out, packet, stream->absolute ? NULL : &stream->sequences, stream->quiet);
	if (stream->verbose && packet->flags & PACKET_IP)
		print_ip(out, packet);
	if (stream->verbose)
		print_steering(out, packet);
	fputs(" => ", out);
	put_verdict(stream, packet, packet->label, verdict);
	fputc('\n', out);
	put_bytes(stream, packet);
}

static void write_amendment(struct stream *stream, const struct verdict *verdict)
{
	fprintf(stream->out, "      frame %" PRIu64 " is now ", verdict->frame);
	put_verdict(stream, NULL, verdict->label, verdict);
	fputc('\n', stream->out);
}

const struct stream_writer stream_text = {
	.name = "text",
	.note = note_packet,
	.packet = write_packet,
	.amendment = write_amendment,
};
