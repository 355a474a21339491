/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One JSON object a line for each packet and each amendment (pktlint-json(5)).  All values but the
 * name of an interface are numbers, times or our own words, so there is nothing to escape; and text
 * is put together by hand because a file of millions of packets is written through here.
 */
#include <inttypes.h>
#include <stddef.h>

#include "analyzers/flow.h"
#include "capture/capture.h"
#include "cmd/stream.h"
#include "report/json_value.h"
#include "report/units.h"

static void put_word_or_null(FILE *out, const char *key, const char *word, bool present)
{
	if (present)
		fprintf(out, ",\"%s\":\"%s\"", key, word);
	else
		fprintf(out, ",\"%s\":null", key);
}

static void put_number_or_null(FILE *out, const char *key, int64_t number, bool present)
{
	if (present)
		fprintf(out, ",\"%s\":%" PRId64, key, number);
	else
		fprintf(out, ",\"%s\":null", key);
}

/* The numbered stream and the packet's number in it, which may take all of 64 bits. */
static void put_sequence(FILE *out, const struct verdict *verdict)
{
	if (verdict && verdict->stream)
		fprintf(out, ",\"stream\":%" PRIu32 ",\"sequence\":%" PRIu64, verdict->stream - 1,
			verdict->number);
	else
		fputs(",\"stream\":null,\"sequence\":null", out);
}

static void put_evidence(FILE *out, unsigned evidence)
{
	const char *gap = "";

	fputs(",\"evidence\":[", out);
	for (int bit = 0; bit < EVIDENCE_COUNT; bit++)
		if (evidence >> bit & 1) {
			fprintf(out, "%s\"%s\"", gap, evidence_name(bit));
			gap = ",";
		}
	fputc(']', out);
}

/* The parts in order of sequence number, and the distinct labels among them, worst first. */
static void put_parts(FILE *out, const struct verdict *verdict)
{
	uint32_t labels = 0;
	const char *gap = "";

	for (int i = 0; i < verdict->part_count; i++)
		labels |= 1u << verdict->parts[i].label;
	fputs(",\"labels\":[", out);
	for (int label = LABEL_COUNT - 1; label >= 0; label--)
		if (labels >> label & 1) {
			fprintf(out, "%s\"%s\"", gap, label_name(label));
			gap = ",";
		}
	fputs("],\"parts\":[", out);
	for (int i = 0; i < verdict->part_count; i++)
		fprintf(out, "%s[\"%s\",%u]", i ? "," : "", label_name(verdict->parts[i].label),
			verdict->parts[i].segments);
	fputc(']', out);
}

/* The wire segments of a super-frame of one kind. */
static void put_whole(FILE *out, uint8_t label, uint32_t segments)
{
	fprintf(out, ",\"labels\":[\"%s\"],\"parts\":[[\"%s\",%" PRIu32 "]]", label_name(label),
		label_name(label), segments);
}

/* From the label to the end of the object; `segments` is above 1 for a super-frame. */
static void put_verdict(FILE *out, uint8_t label, const struct verdict *verdict, uint32_t segments)
{
	static const struct verdict nothing = { .cause = CAUSE_NONE };
	const struct verdict *v = verdict ? verdict : &nothing;
	bool late = label == LABEL_REORDERED;

	for (int i = 0; i < v->part_count; i++)
		late |= v->parts[i].label == LABEL_REORDERED;
	fprintf(out, ",\"label\":\"%s\"", label_name(label));
	put_word_or_null(out, "cause", cause_name(v->cause), v->cause != CAUSE_NONE);
	put_word_or_null(out, "confidence", confidence_name(v->confidence),
		v->confidence != CONFIDENCE_NONE);
	put_evidence(out, v->evidence);
	put_number_or_null(out, "extent", v->extent, late);
	put_number_or_null(out, "late_ns", v->late_ns, late && v->late_ns >= 0);
	put_number_or_null(out, "late_bytes", v->late_bytes, late);
	put_word_or_null(out, "loss", loss_place_name(v->place), v->place != LOSS_NONE);
	put_number_or_null(out, "reference", (int64_t)v->reference, v->reference != 0);
	if (v->part_count)
		put_parts(out, v);
	else if (segments > 1)
		put_whole(out, label, segments);
	else if (v->amends)
		fputs(",\"labels\":null,\"parts\":null",
			out); /* replaces those of the first verdict */
	fputs("}\n", out);
}

/* What only some sources and some frames have to tell. */
static void put_known(const struct stream *stream, const struct packet *packet)
{
	FILE *out = stream->out;

	if (stream->interface) {
		fputs(",\"interface\":", out);
		json_value_write(out, json_value_text(stream->interface));
	}
	if (packet->segments > 1 && packet->gso_size)
		fprintf(out, ",\"segment_size\":%u", packet->gso_size);
	else if (packet->segments > 1)
		fputs(",\"segments_inferred\":true", out);
	if (packet->frame_flags & FRAME_HAS_HASH)
		fprintf(out, ",\"rxhash\":%" PRIu32, packet->rxhash);
	if (packet->frame_flags & FRAME_HAS_CPU)
		fprintf(out, ",\"cpu\":%u", packet->cpu);
	if (packet->frame_flags & FRAME_HAS_QUEUE)
		fprintf(out, ",\"queue\":%u", packet->queue);
	if (packet->frame_flags & FRAME_STAMP_INGRESS)
		fputs(",\"stamp\":\"ingress\"", out);
}

static void write_packet(
	struct stream *stream, const struct packet *packet, const struct verdict *verdict)
{
	FILE *out = stream->out;

	fprintf(out, "{\"frame\":%" PRIu64, packet->frame);
	if (packet->frame_flags & FRAME_HAS_TIME)
		fprintf(out, ",\"time\":\"%s\"", units_time(packet->time_ns).text);
	else
		fputs(",\"time\":null", out);
	put_number_or_null(out, "flow", packet->flow ? packet->flow->number : 0, packet->flow);
	put_sequence(out, verdict);
	fprintf(out, ",\"direction\":\"%s\"", direction_name(packet->direction));
	put_known(stream, packet);
	put_verdict(out, packet->label, verdict, packet->segments);
}

static void write_amendment(struct stream *stream, const struct verdict *verdict)
{
	FILE *out = stream->out;

	fprintf(out, "{\"amends\":%" PRIu64, verdict->frame);
	put_number_or_null(out, "flow", verdict->flow, verdict->flow != VERDICT_NO_FLOW);
	put_sequence(out, verdict);
	put_verdict(out, verdict->label, verdict, 0);
}

const struct stream_writer stream_json = {
	.name = "json",
	.packet = write_packet,
	.amendment = write_amendment,
};
