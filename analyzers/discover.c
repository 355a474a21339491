/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a number count the packets, and where in them is one that does?  Numbers are placed around
 * one of them, so that a wrap is none; then each is coded twice: as a counter's (the next, a few
 * ahead, late, a repeat) and as a random one of the range that was met.  The bits that the counter
 * saves are the evidence.  A counter must be dense besides, which a clock is not whose steps vary;
 * one that ticks once a packet cannot be told from a counter.
 *
 * Chance saves b bits in fewer than 2^-b of the cases, even in a range as small as the counter's
 * own; least_evidence[] is what is asked for.  Random numbers that fill their width must hit that
 * range besides: 8 packets of one byte pass in 2^-50 of the cases.  Eight are enough for one byte
 * without a fault, 16 with some.  Four bits go round so often that a dozen without a fault prove
 * little: a schedule of 16 turns looks the same.
 */
#include "analyzers/discover.h"

#include <limits.h>
#include <string.h>

#define REACH (2 * DISCOVER_PACKETS) /* positions beside the anchor; a counter's are denser */
#define MISFIT INT32_MAX
#define ANCHORS 3
#define SMALLEST_ROUND 16 /* steps until the number is the same again */
#define BELIEVED 90
#define FEW_PACKETS 48
#define LEAST_OF_FIELDS 140 /* tenths of bits of evidence, where many places are looked at */
#define MAX_PARTS 8
#define MAX_PARTINGS 16
#define MAX_INCREMENT 65536
#define OTHERS_LEAST 24 /* packets that show another increment: a slow clock may pass in fewer */

/* What a packet costs when it is coded as a counter's, in tenths of bits. */
#define COST_NEXT 8
#define COST_JUMP 30
#define COST_LATE 30
#define COST_REPEAT 45
#define COST_MISFIT 40
#define COST_DOUBLING 12 /* for each doubling of the distance */

/* Evidence that is believed, by the bits of the number; tenths of bits. */
static const struct least_evidence {
	uint64_t modulus; /* up to this one */
	int tenths;
} least_evidence[] = {
	{ 1u << 7, 280 }, { 1u << 8, 140 }, { 1u << 16, 110 }, { 0, 70 }, /* 2^64 */
};

/* How the numbers of some packets run. */
struct course {
	unsigned packets, followed, late, repeats, misfits;
	unsigned lateness;       /* positions that late packets came behind the next one, summed */
	unsigned distinct, span; /* positions met, and from the lowest to the highest */
	unsigned gaps;           /* stretches between them that were not met */
	int cost, evidence;      /* tenths of bits */
	uint64_t fits;           /* bit i: packet i is no misfit */
	discover_confidence confidence;
};

struct counter {
	uint64_t modulus;
	uint32_t increment;
};

/* Ten times the logarithm to base 2 of `value` >= 1, the chord between powers of two. */
static int tenths_log2(unsigned value)
{
	int whole = 31 - __builtin_clz(value);

	return 10 * whole + (int)(10 * (value - (1u << whole)) >> whole);
}

static int least_tenths(uint64_t modulus)
{
	size_t i = 0;

	while (modulus - 1 > least_evidence[i].modulus - 1)
		i++;
	return least_evidence[i].tenths;
}

/* The position of `number` as seen from `anchor`, MISFIT if it has none. */
static int32_t position_from(struct counter counter, uint64_t number, uint64_t anchor)
{
	uint64_t up = number - anchor + (number < anchor ? counter.modulus : 0);
	uint64_t down = up ? counter.modulus - up : 0;
	uint64_t distance = up <= down ? up : down;

	if (counter.modulus && (number >= counter.modulus || anchor >= counter.modulus))
		return MISFIT;
	if (distance % counter.increment || distance / counter.increment > REACH)
		return MISFIT;
	distance /= counter.increment;
	return up <= down ? (int32_t)distance : -(int32_t)distance;
}

/* Numbers that wrap again and again: each is placed near the highest one before it. */
static void unwrap(
	struct counter counter, const uint64_t *numbers, unsigned count, int32_t position[])
{
	int32_t highest = 0;
	uint64_t anchor = numbers[0];

	for (unsigned i = 0; i < count; i++) {
		int32_t step = position_from(counter, numbers[i], anchor);

		position[i] = step == MISFIT || highest + step > REACH ? MISFIT : highest + step;
		if (position[i] == MISFIT || step < 0)
			continue;
		highest += step;
		anchor = numbers[i];
	}
}

/* Codes one packet that has a position, with `next` the one expected. */
static void take_step(struct course *course, int32_t *next, int32_t position, bool seen)
{
	unsigned distance = (unsigned)(position > *next ? position - *next : *next - position);
	int far = distance ? COST_DOUBLING * tenths_log2(distance) / 10 : 0;

	if (seen) {
		course->repeats++;
		course->cost += COST_REPEAT + far;
	} else if (position < *next) {
		course->late++;
		course->lateness += distance;
		course->cost += COST_LATE + far;
	} else {
		course->followed += position == *next;
		course->cost += position == *next ? COST_NEXT : COST_JUMP + far;
	}
	if (position >= *next)
		*next = position + 1;
}

/* Whether a position is in the set. */
static bool has(const uint64_t *seen, int32_t position)
{
	unsigned bit = (unsigned)(position + REACH);

	return seen[bit / 64] >> bit % 64 & 1;
}

static void walk(struct course *course, const int32_t position[], unsigned count)
{
	uint64_t seen[2 * REACH / 64 + 1] = { 0 };
	int32_t next = 0, lowest = REACH, highest = -REACH;

	*course = (struct course){ .packets = count };
	for (unsigned i = 0; i < count; i++) {
		unsigned bit;
		bool again;

		if (position[i] == MISFIT) {
			course->misfits++;
			continue;
		}
		again = has(seen, position[i]);
		bit = (unsigned)(position[i] + REACH);
		if (!course->fits)
			next = position[i] + 1;
		else
			take_step(course, &next, position[i], again);
		course->fits |= UINT64_C(1) << i;
		course->distinct += !again;
		seen[bit / 64] |= UINT64_C(1) << bit % 64;
		lowest = position[i] < lowest ? position[i] : lowest;
		highest = position[i] > highest ? position[i] : highest;
	}
	for (int32_t i = lowest + 1; i <= highest; i++)
		course->gaps += has(seen, i - 1) && !has(seen, i);
	course->span = course->fits ? (unsigned)(highest - lowest + 1) : 1;
	course->evidence = (int)(count - course->misfits - 1) * tenths_log2(course->span) -
			   course->cost - (int)course->misfits * COST_MISFIT;
}

/*
 * Up to 18 % of repeats, 55 % of late packets, an eighth of foreign ones; and as dense as a loss of
 * a third leaves it, of a fifth where packets are few.  What is lost leaves fewer gaps than a clock
 * that often goes on by two; and many packets that are half the range late are another stream.
 */
static bool is_shaped(const struct course *course)
{
	unsigned received = course->packets - course->misfits;
	unsigned dense = 82 - (received < 32 ? received : 32) / 2;

	return course->misfits * 8 <= course->packets && received > 1 &&
	       course->distinct * 100 >= 82 * received && course->late * 100 <= 55 * received &&
	       course->distinct * 100 >= dense * course->span &&
	       course->gaps * 4 <= course->span + 4 &&
	       (course->late * 8 <= received ||
		       course->lateness * 3 <= course->late * course->span);
}

static discover_confidence weigh(const struct course *course, int least)
{
	int surplus = (course->evidence - least) / 40;

	if (!is_shaped(course) || course->evidence <= 0)
		return 0;
	if (course->evidence < least)
		return (discover_confidence)(1 + 88 * course->evidence / least);
	return (discover_confidence)(90 + (surplus < 10 ? surplus : 10));
}

/* The course around the anchor that gives the best one: some may be foreign to the stream. */
static struct course follow(struct counter counter, const uint64_t *numbers, unsigned count)
{
	bool narrow = counter.modulus && counter.modulus / counter.increment < 4 * count;
	int32_t position[DISCOVER_PACKETS];
	struct course best = { .packets = count }, course;

	for (unsigned k = 1; k <= (narrow ? 1 : ANCHORS); k++) {
		uint64_t anchor = numbers[k * count / (ANCHORS + 1)];

		for (unsigned i = 0; i < count && !narrow; i++)
			position[i] = position_from(counter, numbers[i], anchor);
		if (narrow)
			unwrap(counter, numbers, count, position);
		walk(&course, position, count);
		if (k == 1 || course.evidence > best.evidence)
			best = course;
		if (!course.misfits)
			break;
	}
	best.confidence = weigh(&best, least_tenths(counter.modulus));
	return best;
}

discover_confidence discover_counts(
	const uint64_t *numbers, unsigned count, uint64_t modulus, uint32_t increment)
{
	struct counter counter = { .modulus = modulus, .increment = increment ? increment : 1 };

	if (count < DISCOVER_LEAST || (modulus && modulus / counter.increment < SMALLEST_ROUND))
		return 0;
	return follow(counter, numbers, count < DISCOVER_PACKETS ? count : DISCOVER_PACKETS)
		.confidence;
}

/* The packets of a stream that are looked at. */
struct view {
	const struct discover_packet *packet[DISCOVER_PACKETS];
	unsigned count;
};

/* A reading of `width` bytes whose lowest one, which counts, is at `low`. */
struct reading {
	unsigned low, width;
	bool little;
};

static unsigned offset_of(struct reading reading)
{
	return reading.little ? reading.low : reading.low + 1 - reading.width;
}

/* The place of the byte of significance `i` from 0. */
static unsigned place_of(struct reading reading, unsigned i)
{
	return reading.little ? reading.low + i : reading.low - i;
}

static bool read_number(
	const struct discover_packet *packet, struct reading reading, uint64_t *number)
{
	*number = 0;
	if (offset_of(reading) + reading.width > packet->length)
		return false;
	for (unsigned i = reading.width; i-- > 0;)
		*number = *number << 8 | packet->data[place_of(reading, i)];
	return true;
}

/* The course of what is read; packets too short for it count as foreign. */
static struct course follow_reading(
	const struct view *view, struct reading reading, uint32_t increment)
{
	struct counter counter = {
		.modulus = reading.width < 8 ? UINT64_C(1) << 8 * reading.width : 0,
		.increment = increment,
	};
	uint64_t numbers[DISCOVER_PACKETS];
	unsigned map[DISCOVER_PACKETS];
	unsigned count = 0;
	uint64_t fits = 0;
	struct course course = { .packets = 0 };

	if (counter.modulus && counter.modulus / increment < SMALLEST_ROUND)
		return course;
	for (unsigned i = 0; i < view->count; i++) {
		map[count] = i;
		count += read_number(view->packet[i], reading, &numbers[count]);
	}
	if (count < DISCOVER_LEAST || (view->count - count) * 8 > view->count)
		return course;
	course = follow(counter, numbers, count);
	for (unsigned i = 0; i < count; i++)
		fits |= (course.fits >> i & 1) << map[i];
	course.fits = fits;
	return course;
}

/* What the packets that fit have at a place. */
enum byte_kind { BYTE_VARIES, BYTE_ZERO, BYTE_CONSTANT };

static enum byte_kind kind_of(const struct view *view, uint64_t fits, unsigned place)
{
	int value = -1;

	for (unsigned i = 0; i < view->count; i++) {
		if (!(fits >> i & 1))
			continue;
		if (value >= 0 && view->packet[i]->data[place] != value)
			return BYTE_VARIES;
		value = view->packet[i]->data[place];
	}
	return value ? BYTE_CONSTANT : BYTE_ZERO;
}

/* How far a field reaches above its lowest byte. */
struct reach {
	unsigned counting; /* bytes that were seen to count, the lowest one included */
	unsigned zero;     /* these and zero bytes above them, the second of all aside */
	unsigned constant; /* these and bytes above them that do not change */
};

/*
 * Bytes above belong to the number as long as it still counts with them; `base` is the course of
 * `reading`.
 */
static struct reach find_reach(const struct view *view, struct reading reading, uint32_t increment,
	const struct course *base)
{
	struct reach reach = { reading.width, reading.width, reading.width };
	unsigned room = reading.little ? DISCOVER_BYTES - reading.low : reading.low + 1;

	while (reading.width < 8 && reading.width < room) {
		struct course course;
		enum byte_kind kind;

		reading.width++;
		course = follow_reading(view, reading, increment);
		if (course.followed < base->followed)
			break;
		kind = kind_of(view, course.fits, place_of(reading, reading.width - 1));
		if (kind == BYTE_VARIES)
			reach.counting = reach.zero = reading.width;
		if (reach.zero == reading.width - 1 &&
			(kind == BYTE_ZERO || (reading.width == 2 && kind == BYTE_CONSTANT)))
			reach.zero = reading.width;
		reach.constant = reading.width;
	}
	return reach;
}

/*
 * Widths that protocols have, best first.  Zero bytes above are the number's if it is then aligned
 * as such numbers are; others may be types or flags, so only one that completes an aligned pair is
 * taken, or two that complete a word other than the first, where versions stand.
 */
static const struct shape {
	unsigned width, align, rest; /* the offset leaves this rest */
	unsigned from;               /* and is not below this */
	bool big_only;
	unsigned carried; /* bytes seen to count that let constant ones stand above */
	unsigned rank;    /* among byte orders */
} shapes[] = {
	{ .width = 8, .align = 4, .rank = 8 },
	{ .width = 6, .align = 2, .rest = 1, .big_only = true, .rank = 6 },
	{ .width = 4, .align = 2, .rank = 7 },
	{ .width = 4, .align = 4, .from = 4, .carried = 2, .rank = 5 },
	{ .width = 3, .align = 2, .rest = 1, .big_only = true, .rank = 3 },
	{ .width = 2, .align = 2, .rank = 4 },
};

static bool has_shape(struct reading reading, struct reach reach, const struct shape *shape)
{
	unsigned offset;

	reading.width = shape->width;
	if (shape->width < reach.counting || (reading.little && shape->big_only) ||
		(!reading.little && reading.low + 1 < shape->width))
		return false;
	offset = offset_of(reading);
	if (offset % shape->align != shape->rest || offset < shape->from)
		return false;
	return shape->width <= reach.zero ||
	       (shape->carried == reach.counting && shape->width <= reach.constant);
}

/* Gives the reading the width it has by its shape.  Returns how well that looks. */
static unsigned shape_reading(const struct view *view, struct reading *reading, uint32_t increment,
	const struct course *base)
{
	struct reach reach = find_reach(view, *reading, increment, base);

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (!has_shape(*reading, reach, &shapes[i]))
			continue;
		reading->width = shapes[i].width;
		return 10 * reach.counting + shapes[i].rank;
	}
	reading->width = reach.counting;
	return 10 * reach.counting;
}

/* A counter that was seen, best so far. */
struct candidate {
	struct reading reading;
	uint32_t increment;
	struct course course;
};

/* Whether `a` is the better one: more followers, then the wider, then the lower offset. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->course.followed != b->course.followed)
		return a->course.followed > b->course.followed;
	if (a->reading.width != b->reading.width)
		return a->reading.width > b->reading.width;
	return offset_of(a->reading) < offset_of(b->reading);
}

/*
 * Copies were left out, so what repeats itself now and then is a slow clock; and few packets in
 * perfect order with many gaps are a fast one rather than a stream with such loss.
 */
static bool may_be_clock(const struct course *course)
{
	return course->repeats * 16 > course->packets ||
	       (!course->late && course->packets < FEW_PACKETS &&
		       course->gaps * 5 > course->span + 2);
}

static void consider(
	const struct view *view, struct candidate *best, struct reading low, uint32_t increment)
{
	struct candidate candidate = { .reading = low, .increment = increment };
	struct reading other = low;
	struct course base = follow_reading(view, low, increment);
	unsigned rank;

	if (base.confidence < BELIEVED || base.evidence < LEAST_OF_FIELDS || may_be_clock(&base) ||
		(increment > 1 && base.misfits))
		return;
	rank = shape_reading(view, &candidate.reading, increment, &base);
	if (low.width == 1) {
		other.little = true;
		if (shape_reading(view, &other, increment, &base) > rank)
			candidate.reading = other;
	}
	candidate.course = follow_reading(view, candidate.reading, increment);
	if (candidate.course.confidence < BELIEVED)
		return;
	if (!best->increment || is_better(&candidate, best))
		*best = candidate;
}

/* Fields that go up by one: their lowest byte does so by itself. */
static void search_ones(const struct view *view, struct candidate *best)
{
	for (unsigned low = 0; low < DISCOVER_BYTES; low++)
		consider(view, best, (struct reading){ .low = low, .width = 1 }, 1);
}

/*
 * The same among packets of other kinds, such as handshakes: by one byte they cannot be told from
 * the counter's, by an aligned pair they mostly can.
 */
static void search_pairs(const struct view *view, struct candidate *best)
{
	for (unsigned low = 0; low < DISCOVER_BYTES; low++)
		consider(view, best,
			(struct reading){ .low = low, .width = 2, .little = low % 2 == 0 }, 1);
}

/*
 * The greatest step of which all differences of neighbours are multiples, so that neither loss nor
 * order matters; 0 if it is too great.
 */
static uint32_t common_step(const struct view *view, struct reading reading)
{
	unsigned unused = 64 - 8 * reading.width;
	uint64_t step = 0, before, number;

	if (!read_number(view->packet[0], reading, &before))
		return 0;
	for (unsigned i = 1; i < view->count && step != 1; i++) {
		int64_t signed_difference;
		uint64_t rest;

		if (!read_number(view->packet[i], reading, &number))
			continue;
		signed_difference = (int64_t)((number - before) << unused);
		rest = (signed_difference < 0 ? -(uint64_t)signed_difference
					      : (uint64_t)signed_difference) >>
		       unused;
		before = number;
		while (rest) {
			uint64_t next = step % rest;

			step = rest;
			rest = next;
		}
	}
	return step < MAX_INCREMENT ? (uint32_t)step : 0;
}

/*
 * Fields that go up by another constant.  A multiple of 256 is a one in the other byte order, or
 * read too far.
 */
static void search_others(const struct view *view, struct candidate *best)
{
	static const unsigned widths[] = { 1, 2, 4 };

	for (size_t i = 0; i < 2 * sizeof(widths) / sizeof(widths[0]) && !best->increment; i++)
		for (unsigned low = 0; low < DISCOVER_BYTES; low++) {
			struct reading reading = {
				.low = low, .width = widths[i / 2], .little = i & 1
			};
			uint32_t step;

			if (!reading.little && low + 1 < reading.width)
				continue;
			step = common_step(view, reading);
			if (step > 1 && step % 256)
				consider(view, best, reading, step);
		}
}

/* The packets without those that are copies of another one. */
static struct view without_copies(const struct discover_packet *packets, unsigned count)
{
	struct view view = { .count = 0 };

	for (unsigned i = 0; i < count && view.count < DISCOVER_PACKETS; i++) {
		bool copy = false;

		for (unsigned k = 0; k < view.count && !copy; k++)
			copy = view.packet[k]->length == packets[i].length &&
			       !memcmp(view.packet[k]->data, packets[i].data, packets[i].length);
		if (!copy)
			view.packet[view.count++] = &packets[i];
	}
	return view;
}

/* The packets parted by a byte: streams that are interleaved. */
struct parts {
	unsigned place; /* of the byte */
	struct view view[MAX_PARTS];
	unsigned count;
	uint64_t print; /* alike for bytes that part the packets alike */
};

static struct view *part_of(struct parts *parts, uint8_t value)
{
	for (unsigned i = 0; i < parts->count; i++)
		if (parts->view[i].packet[0]->data[parts->place] == value)
			return &parts->view[i];
	if (parts->count == MAX_PARTS)
		return NULL;
	parts->view[parts->count].count = 0;
	return &parts->view[parts->count++];
}

/* Returns false if the byte does not part the packets into a few streams of enough each. */
static bool part(struct parts *parts, const struct view *view, unsigned place)
{
	parts->place = place;
	parts->count = 0;
	parts->print = 0;
	for (unsigned i = 0; i < view->count; i++) {
		struct view *one;

		if (view->packet[i]->length <= place)
			return false;
		one = part_of(parts, view->packet[i]->data[place]);
		if (!one)
			return false;
		one->packet[one->count++] = view->packet[i];
		parts->print = parts->print * 31 + (uint64_t)(one - parts->view);
	}
	for (unsigned i = 0; i < parts->count; i++)
		if (parts->view[i].count < DISCOVER_LEAST)
			return false;
	return parts->count > 1;
}

/* Whether the field counts in each of the parts; sums up their courses. */
static bool counts_in_all(const struct parts *parts, struct candidate *candidate)
{
	struct course sum = { .confidence = 100 };

	for (unsigned i = 0; i < parts->count; i++) {
		struct course course = follow_reading(
			&parts->view[i], candidate->reading, candidate->increment);

		if (course.confidence < BELIEVED)
			return false;
		sum.followed += course.followed;
		sum.packets += course.packets - (i > 0);
		sum.repeats += course.repeats;
		sum.late += course.late;
		sum.gaps += course.gaps;
		if (course.confidence < sum.confidence)
			sum.confidence = course.confidence;
	}
	candidate->course = sum;
	return true;
}

/*
 * A byte alone that misses a number or has one twice, with nothing late, is rather the upper one of
 * something that grows by about 256.
 */
static bool is_part_of_meter(const struct candidate *candidate)
{
	const struct course *course = &candidate->course;

	return candidate->reading.width == 1 &&
	       (course->repeats || (course->gaps && !course->late));
}

/* What counts in all parts, with the widest reading that any of them shows. */
static bool search_parts(const struct parts *parts, struct candidate *best)
{
	bool found = false;

	for (unsigned low = 0; low < DISCOVER_BYTES; low++) {
		struct candidate candidate = { .reading = { .low = low, .width = 1 },
			.increment = 1 };

		if (!counts_in_all(parts, &candidate))
			continue;
		for (unsigned i = 0; i < parts->count; i++) {
			struct candidate one = { .increment = 0 };

			consider(&parts->view[i], &one, (struct reading){ .low = low, .width = 1 },
				1);
			if (one.increment && one.reading.width > candidate.reading.width)
				candidate.reading = one.reading;
		}
		if (!counts_in_all(parts, &candidate) || is_part_of_meter(&candidate) ||
			(best->increment && !is_better(&candidate, best)))
			continue;
		*best = candidate;
		found = true;
	}
	return found;
}

static bool is_constant_in_each(const struct parts *parts, unsigned place)
{
	for (unsigned i = 0; i < parts->count; i++)
		for (unsigned k = 0; k < parts->view[i].count; k++) {
			const struct discover_packet *packet = parts->view[i].packet[k];

			if (packet->length <= place ||
				packet->data[place] != parts->view[i].packet[0]->data[place])
				return false;
		}
	return true;
}

/* The aligned word or pair around the byte that parts them, as far as it is constant in each. */
static struct field_bytes widen_key(const struct parts *parts, struct reading reading)
{
	unsigned start = offset_of(reading);

	for (unsigned width = 4; width > 1; width /= 2) {
		unsigned offset = parts->place / width * width;
		bool constant = offset + width <= start || offset >= start + reading.width;

		for (unsigned k = 0; k < width && constant; k++)
			constant = is_constant_in_each(parts, offset + k);
		if (constant)
			return (struct field_bytes){ (uint16_t)offset, (uint8_t)width };
	}
	return (struct field_bytes){ (uint16_t)parts->place, 1 };
}

static void search_keyed(const struct view *view, struct candidate *best, struct field_bytes *key)
{
	uint64_t tried[MAX_PARTINGS] = { 0 };
	unsigned count = 0;
	struct parts parts;

	for (unsigned place = 0; place < DISCOVER_BYTES && count < MAX_PARTINGS; place++) {
		bool known = false;

		if (!part(&parts, view, place))
			continue;
		for (unsigned i = 0; i < count; i++)
			known |= tried[i] == parts.print;
		if (known)
			continue;
		tried[count++] = parts.print;
		if (search_parts(&parts, best))
			*key = widen_key(&parts, best->reading);
	}
}

bool discover_field(
	const struct discover_packet *packets, unsigned count, struct discover_found *found)
{
	struct view view = without_copies(packets, count);
	struct candidate best = { .increment = 0 };
	struct field_bytes key = { 0 };

	if (view.count < DISCOVER_LEAST)
		return false;
	search_ones(&view, &best);
	if (!best.increment)
		search_pairs(&view, &best);
	if (!best.increment)
		search_keyed(&view, &best, &key);
	if (!best.increment && view.count >= OTHERS_LEAST)
		search_others(&view, &best);
	if (!best.increment)
		return false;
	*found = (struct discover_found){
		.offset = (uint16_t)offset_of(best.reading),
		.width = (uint8_t)best.reading.width,
		.little = best.reading.little,
		.increment = best.increment,
		.keyed = key.width != 0,
		.key = key,
		.followed = best.course.followed,
		.steps = best.course.packets - 1,
		.confidence = best.course.confidence,
	};
	return true;
}
