/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of numbered streams: one table for a stream, one for the run, from the same rows; and
 * what would have been enough to make up for the disorder, read from the distributions.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/sequence.h"

enum row {
	ROW_PACKETS,
	ROW_RECEIVED,
	ROW_IN_ORDER,
	ROW_REORDERED,
	ROW_DUPLICATES,
	ROW_CAPTURE_DUPLICATES,
	ROW_RETRANSMITTED,
	ROW_LOST,
	ROW_CAPTURE_MISSED,
	ROW_WITHHELD,
	ROW_UNKNOWN,
	ROW_EXPECTED,
	ROW_REORDERED_RATIO,
	ROW_DUPLICATE_RATIO,
	ROW_LOSS_RATIO,
	ROW_RESTARTS,
	ROW_LOSS_BURSTS,
	ROW_DISCONTINUITIES,
	ROW_FREE_RUNS,
	ROW_FREE_RUN_TOTAL,
	ROW_FREE_RUN_SQUARES,
	ROW_FREE_RUN_MEAN,
	ROW_BY_3,
	ROW_BEHIND_WINDOW,
	ROW_FORGOTTEN,
	ROW_TIMED,
	ROW_JITTER,
	ROW_JITTER_MAX,
	ROW_JITTER_IN_ORDER,
	ROW_JITTER_IN_ORDER_MAX,
	ROW_EXTENT,
	ROW_LATE_TIME,
	ROW_LATE_BYTES,
	ROW_LATE_PACKETS,
	ROW_LAG,
	ROW_N,
	ROW_GAP,
	ROW_GAP_TIME,
	ROW_FREE_RUN,
	ROW_BUFFERED,
	ROW_LOSS_BURST,
	ROW_LOSS_GAP,
	ROW_DELAY,
	STREAM_ROWS,
	ROW_STREAMS = STREAM_ROWS,
	ROW_UNFIT,
	ROW_EVICTED,
	ROW_TRIALS_GIVEN_UP,
	RUN_ROWS,
};

#define COUNT(text, unit_, ...) \
	{ \
		.name = text, .kind = METRIC_COUNT, .unit = unit_, .help = __VA_ARGS__ \
	}
#define MAX_WHEN(text, row, ...) \
	{ \
		.name = text, .kind = METRIC_MAX, .unit = UNIT_NS, .when = row, \
		.help = __VA_ARGS__ \
	}
#define SPREAD(text, unit_, ...) \
	{ \
		.name = text, .kind = METRIC_HISTOGRAM, .unit = unit_, .help = __VA_ARGS__ \
	}
#define SHARE(text, row, of, ...) \
	{ \
		.name = text, .kind = METRIC_RATIO, .unit = UNIT_RATIO, .a = row, .b = of, \
		.help = __VA_ARGS__ \
	}

#define STREAM_METRICS \
	[ROW_PACKETS] = COUNT( \
		"packets", UNIT_PACKETS, "Packets that bore a number", .column = "packets"), \
	[ROW_RECEIVED] = COUNT("received_packets", UNIT_PACKETS, \
		"Of these, those whose number had not come before"), \
	[ROW_IN_ORDER] = COUNT( \
		"in_order_packets", UNIT_PACKETS, "Packets in the order in which they were sent"), \
	[ROW_REORDERED] = COUNT("reordered_packets", UNIT_PACKETS, \
		"Late packets: one with a higher number came before (RFC 4737 3.3)", \
		.column = "late"), \
	[ROW_DUPLICATES] = COUNT("duplicate_packets", UNIT_PACKETS, \
		"Packets that came twice, copied on their way", .column = "twice"), \
	[ROW_CAPTURE_DUPLICATES] = COUNT("capture_duplicates", UNIT_PACKETS, \
		"Packets that the capture saw more than once", .headline = true), \
	[ROW_RETRANSMITTED] = COUNT("retransmitted_packets", UNIT_PACKETS, \
		"Packets sent again under their old number (SCTP, RoCE)", .headline = true), \
	[ROW_LOST] = COUNT("lost_packets", UNIT_PACKETS, \
		"Numbers that never came; none that the capture may have dropped", \
		.column = "lost"), \
	[ROW_CAPTURE_MISSED] = COUNT("capture_missed_packets", UNIT_PACKETS, \
		"Numbers that never came, but that the receiver acknowledged", .headline = true), \
	[ROW_WITHHELD] = COUNT("withheld_packets", UNIT_PACKETS, \
		"Numbers that never came: in doubt, as what the capture may have dropped", \
		.headline = true), \
	[ROW_UNKNOWN] = COUNT("unknown_packets", UNIT_PACKETS, \
		"Packets too far from the others to tell what they are", .headline = true), \
	[ROW_EXPECTED] = COUNT("expected_packets", UNIT_PACKETS, \
		"Numbers received, lost, missed and withheld: what was sent"), \
	[ROW_REORDERED_RATIO] = SHARE("reordered_ratio", ROW_REORDERED, ROW_RECEIVED, \
		"Late packets of those received (RFC 4737 4.1)", .headline = true), \
	[ROW_DUPLICATE_RATIO] = SHARE("duplicate_ratio", ROW_DUPLICATES, ROW_RECEIVED, \
		"Copies of packets, of those received", .headline = true), \
	[ROW_LOSS_RATIO] = SHARE("loss_ratio", ROW_LOST, ROW_EXPECTED, \
		"Lost packets of those expected", .headline = true), \
	[ROW_RESTARTS] = COUNT("restarts", UNIT_COUNT, "Times that a sender began to count anew", \
		.headline = true), \
	[ROW_LOSS_BURSTS] = COUNT("loss_bursts", UNIT_COUNT, "Runs of lost packets"), \
	[ROW_DISCONTINUITIES] = COUNT("discontinuities", UNIT_COUNT, \
		"Times that a packet jumped over numbers (RFC 4737 3.4)"), \
	[ROW_FREE_RUNS] = COUNT("free_runs", UNIT_COUNT, \
		"Runs of packets in order that a late one ended (RFC 4737 4.6)"), \
	[ROW_FREE_RUN_TOTAL] = COUNT("free_run_packets_total", UNIT_PACKETS, \
		"Packets in order in all: a of RFC 4737 4.6"), \
	[ROW_FREE_RUN_SQUARES] = COUNT("free_run_squares", UNIT_COUNT, \
		"Sum of the squares of these runs: q of RFC 4737 4.6"), \
	[ROW_FREE_RUN_MEAN] = { .name = "free_run_mean_packets", \
		.kind = METRIC_MEAN, \
		.unit = UNIT_PACKETS, \
		.a = ROW_FREE_RUN_TOTAL, \
		.b = ROW_FREE_RUNS, \
		.help = "Packets in order between two late ones: a / x of RFC 4737 4.6" }, \
	[ROW_BY_3] = COUNT("reordered_by_3_packets", UNIT_PACKETS, \
		"Late packets that the three before them overtook (RFC 4737 5, n = 3)"), \
	[ROW_BEHIND_WINDOW] = COUNT("behind_window_packets", UNIT_PACKETS, \
		"Late packets that a receiver with its protocol's usual window discards", \
		.headline = true), \
	[ROW_FORGOTTEN] = COUNT( \
		"holes_given_up", UNIT_COUNT, "Holes forgotten because too many were open"), \
	[ROW_TIMED] = COUNT( \
		"timed_streams", UNIT_COUNT, "Streams whose packets tell when they were sent"), \
	[ROW_JITTER] = MAX_WHEN("jitter_ns", ROW_TIMED, \
		"Interarrival jitter at the end (RFC 3550 6.4.1)", .column = "jitter"), \
	[ROW_JITTER_MAX] = MAX_WHEN("jitter_max_ns", ROW_TIMED, "Its greatest estimate"), \
	[ROW_JITTER_IN_ORDER] = MAX_WHEN("jitter_in_order_ns", ROW_TIMED, \
		"The same without late packets: reordering inflates it"), \
	[ROW_JITTER_IN_ORDER_MAX] = MAX_WHEN( \
		"jitter_in_order_max_ns", ROW_TIMED, "Its greatest estimate"), \
	[ROW_EXTENT] = SPREAD( \
		"extent", UNIT_PACKETS, "Reordering extent (RFC 4737 4.2.1)", .headline = true), \
	[ROW_LATE_TIME] = SPREAD("late_time_ns", UNIT_NS, \
		"Late time (RFC 4737 4.3), where stamps tell it", .headline = true), \
	[ROW_LATE_BYTES] = SPREAD("late_bytes", UNIT_BYTES, "Byte offset (RFC 4737 4.4)"), \
	[ROW_LATE_PACKETS] = SPREAD("late_packets", UNIT_PACKETS, \
		"Packets that came before a late one and belong behind it"), \
	[ROW_LAG] = SPREAD("lag_packets", UNIT_PACKETS, \
		"How far a late packet's number is below the highest (RFC 4303 3.4.3)"), \
	[ROW_N] = SPREAD("n_reordering", UNIT_PACKETS, \
		"For which n late packets are n-reordered (RFC 4737 5)"), \
	[ROW_GAP] = SPREAD("gap_packets", UNIT_PACKETS, \
		"Gaps between reordering discontinuities (RFC 4737 4.5)"), \
	[ROW_GAP_TIME] = SPREAD("gap_ns", UNIT_NS, "The same in time (RFC 4737 4.5)"), \
	[ROW_FREE_RUN] = SPREAD( \
		"free_run_packets", UNIT_PACKETS, "Reordering-free runs (RFC 4737 4.6)"), \
	[ROW_BUFFERED] = SPREAD("reorder_buffer_packets", UNIT_PACKETS, \
		"Reorder buffer density: packets buffered, after each one (RFC 5236)"), \
	[ROW_LOSS_BURST] = SPREAD("loss_burst_packets", UNIT_PACKETS, "Packets lost in a row"), \
	[ROW_LOSS_GAP] = SPREAD("loss_gap_packets", UNIT_PACKETS, \
		"Packets received between two runs of lost ones"), \
	[ROW_DELAY] = SPREAD("delay_ns", UNIT_NS, \
		"Transit time beyond the shortest, of packets that tell when they were sent")

static const struct metric stream_rows[] = { STREAM_METRICS };

static const struct metric run_rows[] = {
	STREAM_METRICS,
	[ROW_STREAMS] = COUNT("streams", UNIT_COUNT, "Numbered streams"),
	[ROW_UNFIT] = COUNT("unfit_streams", UNIT_COUNT,
		"Of these, with numbers that do not behave like a sequence: not counted above",
		.headline = true),
	[ROW_EVICTED] = COUNT("evicted_streams", UNIT_COUNT,
		"Of these, ended early because too many were open", .headline = true),
	[ROW_TRIALS_GIVEN_UP] = COUNT("trials_given_up", UNIT_COUNT,
		"Conversations no longer examined because too many were", .headline = true),
};

_Static_assert(sizeof(stream_rows) / sizeof(stream_rows[0]) == STREAM_ROWS, "rows and constants");
_Static_assert(sizeof(run_rows) / sizeof(run_rows[0]) == RUN_ROWS, "rows and constants");

const struct metric_set sequence_stream_metrics = {
	.prefix = "sequence", .rows = stream_rows, .count = STREAM_ROWS
};
const struct metric_set sequence_run_metrics = {
	.prefix = "sequence", .rows = run_rows, .count = RUN_ROWS
};

/* One in so many packets that is out of all order shows that the numbers are no sequence. */
#define UNFIT_SHARE 8
/* Fewer late packets with a late time tell of no buffer; those whose stamps go back have none. */
#define TIMED_SHARE 0.95
/* So many repeats of each number are no copies: nothing counts there. */
#define UNFIT_REPEATS 4

bool sequence_is_fit(const struct sequence_stream *stream)
{
	const struct track_counts *counts = track_counts(stream->track);
	uint64_t odd = counts->restarts + stream->labels[LABEL_UNKNOWN];

	if (counts->packets < UNFIT_SHARE)
		return true;
	return odd * UNFIT_SHARE < counts->packets &&
	       counts->repeats < counts->received * UNFIT_REPEATS;
}

void sequence_put_counts(const struct sequence_stream *stream, union metric_value *values)
{
	const struct track_counts *counts = track_counts(stream->track);
	const uint64_t *labels = stream->labels;

	values[ROW_PACKETS].number = counts->packets;
	values[ROW_RECEIVED].number = counts->received;
	values[ROW_IN_ORDER].number = counts->in_order;
	values[ROW_REORDERED].number = counts->reordered;
	values[ROW_DUPLICATES].number = labels[LABEL_DUPLICATE];
	values[ROW_CAPTURE_DUPLICATES].number = labels[LABEL_CAPTURE_DUPLICATE];
	values[ROW_RETRANSMITTED].number = labels[LABEL_RETRANSMISSION] +
					   labels[LABEL_SPURIOUS_RETRANSMISSION];
	values[ROW_LOST].number = counts->lost;
	values[ROW_CAPTURE_MISSED].number = counts->capture_missed;
	values[ROW_WITHHELD].number = counts->withheld;
	values[ROW_UNKNOWN].number = labels[LABEL_UNKNOWN];
	values[ROW_EXPECTED].number = counts->received + counts->lost + counts->withheld +
				      counts->capture_missed;
	values[ROW_RESTARTS].number = stream->identification.shared ? 0 : counts->restarts;
	values[ROW_LOSS_BURSTS].number = counts->loss_bursts;
	values[ROW_DISCONTINUITIES].number = counts->discontinuities;
	values[ROW_FREE_RUNS].number = counts->runs;
	values[ROW_FREE_RUN_TOTAL].number = counts->run_packets;
	values[ROW_FREE_RUN_SQUARES].number = counts->run_squares;
	values[ROW_BY_3].number = counts->reordered_by_3;
	values[ROW_BEHIND_WINDOW].number = stream->behind_window;
	values[ROW_FORGOTTEN].number = counts->forgotten_holes;
}

static void put_jitter(const struct track_counts *counts, union metric_value *values)
{
	values[ROW_TIMED].number = counts->timed;
	values[ROW_JITTER].number = (uint64_t)counts->jitter_ns;
	values[ROW_JITTER_MAX].number = (uint64_t)counts->jitter_max_ns;
	values[ROW_JITTER_IN_ORDER].number = (uint64_t)counts->jitter_in_order_ns;
	values[ROW_JITTER_IN_ORDER_MAX].number = (uint64_t)counts->jitter_in_order_max_ns;
}

static void put_sizes(const struct track_sizes *sizes, union metric_value *values)
{
	const struct {
		enum row row;
		const struct histogram *from;
	} rows[] = { { ROW_EXTENT, &sizes->extent }, { ROW_LATE_TIME, &sizes->late_ns },
		{ ROW_LATE_BYTES, &sizes->late_bytes }, { ROW_LATE_PACKETS, &sizes->late_packets },
		{ ROW_LAG, &sizes->lag }, { ROW_N, &sizes->n }, { ROW_GAP, &sizes->gap },
		{ ROW_GAP_TIME, &sizes->gap_ns }, { ROW_FREE_RUN, &sizes->run },
		{ ROW_LOSS_BURST, &sizes->loss_burst }, { ROW_LOSS_GAP, &sizes->loss_gap } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		histogram_merge(values[rows[i].row].histogram, rows[i].from);
}

/* Adds the distributions to those in `values`. */
static void put_spreads(const struct sequence_stream *stream, union metric_value *values)
{
	const struct track_counts *counts = track_counts(stream->track);
	const struct track_sizes *sizes = track_sizes(stream->track);

	for (uint64_t i = 0; i <= TRACK_BUFFER; i++)
		histogram_add_many(values[ROW_BUFFERED].histogram, i, counts->buffered[i]);
	if (sizes)
		put_sizes(sizes, values);
	if (track_delay(stream->track))
		histogram_merge(values[ROW_DELAY].histogram, track_delay(stream->track));
}

static void put_stream(const struct sequence_stream *stream, union metric_value *values)
{
	sequence_put_counts(stream, values);
	put_jitter(track_counts(stream->track), values);
	put_spreads(stream, values);
}

void sequence_total(struct sequences *sequences, const struct sequence_stream *stream)
{
	union metric_value values[STREAM_ROWS] = { 0 };

	if (!sequence_is_fit(stream))
		return;
	sequence_put_counts(stream, values);
	put_jitter(track_counts(stream->track), values);
	/* The run's rows begin with a stream's; without histograms only counts are added. */
	metric_add(&sequence_stream_metrics, sequences->totals, values);
	put_spreads(stream, sequences->totals);
	if (stream->contrast)
		contrast_merge(&sequences->contrast, stream->contrast);
}

enum confidence sequence_confidence_of_loss(const struct sequence_stream *stream)
{
	if (!stream->source->profile || !stream->source->profile->shared)
		return stream->source->confidence;
	return stream->identification.loose ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
}

/* How sick a stream is: packets in trouble, and lost ones. */
static double trouble_of(const struct sequence_stream *stream)
{
	const struct track_counts *counts = track_counts(stream->track);
	const uint64_t *labels = stream->labels;

	if (!sequence_is_fit(stream))
		return 0;
	return (double)(counts->reordered + counts->lost + labels[LABEL_DUPLICATE] +
			labels[LABEL_RETRANSMISSION] + labels[LABEL_SPURIOUS_RETRANSMISSION]);
}

/* A size that would have been enough for each of the shares. */
static void add_enough(struct report_stream *entry, const char *name, const char *text,
	enum metric_unit unit, const struct histogram *needed, uint64_t more)
{
	struct report_enough *enough;

	if (!needed->count)
		return;
	enough = &entry->enough[entry->enough_count++];
	enough->name = name;
	enough->text = text;
	enough->unit = unit;
	for (int i = 0; i < REPORT_SHARES; i++)
		enough->size[i] = histogram_percentile(needed, report_shares[i]) + more;
}

/* Whether a share of the late times is one of the late packets. */
static bool tells_times(const struct track_sizes *sizes)
{
	return (double)sizes->late_ns.count >= TIMED_SHARE * (double)sizes->extent.count;
}

static void list_buffers(struct report_stream *entry, const struct track_sizes *sizes)
{
	add_enough(entry, "buffer_packets", "buffer", UNIT_PACKETS, &sizes->late_packets, 0);
	add_enough(entry, "buffer_bytes", "buffer", UNIT_BYTES, &sizes->late_bytes, 0);
	if (tells_times(sizes))
		add_enough(entry, "buffer_ns", "buffer", UNIT_NS, &sizes->late_ns, 0);
	/* A receiver takes what is less than the window below its highest number. */
	add_enough(entry, "replay_window_packets", "replay window", UNIT_PACKETS, &sizes->lag, 1);
	/* Each packet that overtakes is a duplicate acknowledgement; as many must not be enough. */
	add_enough(entry, "reordering_tolerance_packets", "dupthresh", UNIT_PACKETS,
		&sizes->late_packets, 1);
}

static void list_enough(struct report_stream *entry, const struct track_sizes *sizes,
	const struct histogram *delay_ns)
{
	if (sizes)
		list_buffers(entry, sizes);
	if (delay_ns)
		add_enough(entry, "jitter_buffer_ns", "jitter buffer", UNIT_NS, delay_ns, 0);
}

static void list_contrast(struct report_stream *entry, const struct contrast *contrast)
{
	for (int fact = 0; contrast && fact < FACT_COUNT; fact++) {
		const struct contrast_fact *from = &contrast->fact[fact];

		if (!contrast_tells(contrast, (enum fact)fact))
			continue;
		entry->contrast[entry->contrast_count++] = (struct report_contrast){
			.name = fact_name((enum fact)fact),
			.text = fact_text((enum fact)fact),
			.pairs = from->known,
			.differs = from->differs,
			.bad = from->bad,
			.good = from->good,
		};
	}
}

static void add_note(struct report_stream *entry, const char *text)
{
	for (size_t i = 0; i + 1 < sizeof(entry->notes) / sizeof(entry->notes[0]); i++)
		if (!entry->notes[i]) {
			entry->notes[i] = text;
			return;
		}
}

static void list_notes(struct report_stream *entry, const struct sequence_stream *stream)
{
	const struct profile *profile = stream->source->profile;

	if (!sequence_is_fit(stream))
		add_note(entry, "no sequence: nothing is claimed of it");
	if (stream->identification.shared)
		add_note(entry, profile && profile->spread
					? "spread over several addresses"
					: "its counter counts other things, too");
	else if (track_counts(stream->track)->restarts)
		add_note(entry, "restarted");
	if (profile && profile->strict)
		add_note(entry, "usual receivers discard what is late");
	if (profile && profile->resends)
		add_note(entry, "its protocol sends again what is lost");
	if (track_shares(stream->track))
		add_note(entry, "too many streams: its distributions are in the run's only");
}

static void fill_entry(struct report_stream *entry, const struct sequence_stream *stream)
{
	const struct sequence_source *source = stream->source;
	const struct track_counts *counts = track_counts(stream->track);

	entry->number = stream->number;
	snprintf(entry->profile, sizeof(entry->profile), "%s", source->name);
	snprintf(entry->subject, sizeof(entry->subject), "%s", stream->subject);
	if (source->field)
		field_print(source->field, entry->specification, sizeof(entry->specification));
	entry->discovered = source->discovered;
	entry->confidence = source->confidence;
	entry->vlan_id = stream->vlan_id;
	entry->flow = stream->flow;
	entry->flows = stream->flow_count;
	entry->first_ns = counts->first_ns;
	entry->last_ns = counts->last_ns;
	entry->trouble = trouble_of(stream);
	put_stream(stream, entry->values);
	if (sequence_is_fit(stream)) {
		list_enough(entry, track_sizes(stream->track), track_delay(stream->track));
		list_contrast(entry, stream->contrast);
	}
	list_notes(entry, stream);
}

/* Whether a stream makes room before another: it is less sick, or as sick and later. */
static bool makes_room(double trouble, uint32_t number, const struct report_stream *before)
{
	return trouble < before->trouble || (trouble == before->trouble && number > before->number);
}

/* Finds the listed stream that makes room first. */
static void find_least(struct sequences *sequences)
{
	const struct report_stream *listed = sequences->listed->streams;

	sequences->least_listed = 0;
	for (size_t i = 1; i < sequences->listed->stream_count; i++)
		if (makes_room(
			    listed[i].trouble, listed[i].number, &listed[sequences->least_listed]))
			sequences->least_listed = i;
}

void sequence_list(struct sequences *sequences, const struct sequence_stream *stream)
{
	struct report *listed = sequences->listed;
	struct report_stream *least = NULL;
	uint32_t most = sequences->options.list_flows;

	if (most > SEQUENCE_LISTED)
		most = SEQUENCE_LISTED;
	if (!most)
		return;
	if (listed->stream_count == most) {
		least = &listed->streams[sequences->least_listed];
		if (makes_room(trouble_of(stream), stream->number, least))
			return;
		metric_values_free(least->set, least->values);
		*least = listed->streams[--listed->stream_count];
	}
	fill_entry(report_add_stream(listed, &sequence_stream_metrics), stream);
	if (listed->stream_count == most)
		find_least(sequences);
}

void sequence_report_totals(struct sequences *sequences, struct report *report)
{
	union metric_value *values = report_add_section(report, &sequence_run_metrics)->values;
	union metric_value *totals = sequences->totals;

	/* Of streams beyond those that have their own, whether fit or not. */
	if (sequences->pool.sizes)
		put_sizes(sequences->pool.sizes, totals);
	if (sequences->pool.delay_ns)
		histogram_merge(totals[ROW_DELAY].histogram, sequences->pool.delay_ns);
	metric_add(&sequence_stream_metrics, values, totals);
	values[ROW_STREAMS].number = sequences->stream_total;
	values[ROW_UNFIT].number = sequences->unfit.streams;
	values[ROW_EVICTED].number = keyed_evicted(sequences->streams_by_key);
	values[ROW_TRIALS_GIVEN_UP].number = sequences->trials_given_up;
	report->withheld += values[ROW_UNKNOWN].number + sequences->unfit_packets;
}
