/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the audited machine set to do to packets? For each interface a line and a picture of its
 * queues: which CPU takes the interrupt, where to packets are steered, who sends by them. Then the
 * settings that are not as usual.
 */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/draft.h"
#include "report/escape.h"
#include "report/units.h"

#define INDENT 7
#define MATRIX_CPUS 32 /* of more no matrix is drawn, but lists are written */
#define SPACED_CPUS 16 /* up to these their columns stand apart */
#define MATRIX_HEAD 4  /* letters before the first CPU */
#define MAX_ROWS 32
#define CELL 128
#define LIST_BYTES 20 /* a list of CPUs is cut at the first comma behind */

/* The queues of an interface, on their way to paper. */
struct picture {
	const struct layout *layout;
	struct report_queue *queues; /* a row each */
	size_t count, rows;          /* of them, and those that are shown */
	size_t left;                 /* of them: those that are not */
	unsigned cpus;               /* columns of the matrix; 0: none */
	uint64_t received;           /* packets of all queues */
	bool lands;                  /* an interrupt's CPU is known */
	bool rps, steers;            /* rps is known; it steers */
	bool xps, sends;             /* xps is known; it is set */
	bool counted;                /* packets of a queue are known */
};

/* Which letters have been explained. */
struct legend {
	bool lands, steers;
};

struct column {
	const char *head;
	bool (*is_used)(const struct picture *picture);
	void (*cell)(const struct picture *picture, const struct report_queue *queue, char *text);
	bool left; /* aligned; else right */
	bool kept; /* else it gives way where the line is narrow */
};

/* The set as a list: "0-3,8", "-" if it is empty, "?" if it is not known; ".." where it is cut. */
static void list_cpus(const struct report_cpus *cpus, char *text)
{
	char *comma;

	strcpy(text, cpus->known ? "-" : "?");
	if (cpus_count(&cpus->set) > 0)
		cpus_list(&cpus->set, text, CELL);
	comma = strlen(text) > LIST_BYTES ? strchr(text + LIST_BYTES + 1, ',') : NULL;
	if (comma)
		strcpy(comma, ",..");
}

static void name_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	snprintf(text, CELL, "%s", queue->name);
}

static void irq_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	strcpy(text, "-");
	if (queue->irq >= 0)
		snprintf(text, CELL, "%" PRId64, queue->irq);
}

/* Where in a line of the matrix a CPU stands: there is a blank between them where there is room. */
static unsigned place_of(const struct picture *picture, unsigned cpu)
{
	return MATRIX_HEAD + cpu * (picture->cpus <= SPACED_CPUS ? 2 : 1);
}

static void matrix_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	const struct report_cpus *cpus = picture->lands ? &queue->lands : &queue->rps;
	unsigned width = place_of(picture, picture->cpus - 1) + 1;

	memset(text, ' ', width);
	text[width] = '\0';
	for (unsigned cpu = 0; cpu < picture->cpus; cpu++)
		text[place_of(picture, cpu)] = !cpus_has(&cpus->set, cpu) ? '.'
					       : picture->lands           ? '#'
									  : 'r';
}

static void lands_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	list_cpus(&queue->lands, text);
}

static void rps_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	list_cpus(&queue->rps, text);
}

static void xps_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	list_cpus(&queue->xps, text);
}

static void share_cell(const struct picture *picture, const struct report_queue *queue, char *text)
{
	strcpy(text, "?");
	if (queue->packets >= 0)
		snprintf(text, CELL, "%s",
			units_share((uint64_t)queue->packets, picture->received).text);
}

static bool always(const struct picture *picture)
{
	return true;
}

static bool uses_irqs(const struct picture *picture)
{
	return picture->lands;
}

static bool uses_matrix(const struct picture *picture)
{
	return picture->cpus > 0 && (picture->lands || picture->steers);
}

static bool uses_lands(const struct picture *picture)
{
	return picture->lands && picture->cpus == 0;
}

/* Where no interrupt is drawn, the matrix shows it. */
static bool uses_rps(const struct picture *picture)
{
	return picture->rps && (picture->lands || !uses_matrix(picture));
}

static bool uses_xps(const struct picture *picture)
{
	return picture->xps;
}

static bool uses_share(const struct picture *picture)
{
	return picture->counted && picture->received > 0;
}

static const struct column columns[] = {
	{ .head = "", .is_used = always, .cell = name_cell, .left = true, .kept = true },
	{ .head = "irq", .is_used = uses_irqs, .cell = irq_cell, .kept = true },
	{ .head = "", .is_used = uses_matrix, .cell = matrix_cell, .left = true, .kept = true },
	{ .head = "lands on", .is_used = uses_lands, .cell = lands_cell, .kept = true },
	{ .head = "rps", .is_used = uses_rps, .cell = rps_cell },
	{ .head = "xps", .is_used = uses_xps, .cell = xps_cell },
	{ .head = "received", .is_used = uses_share, .cell = share_cell },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define MATRIX 2 /* place of the matrix among them */

static bool is_drawn(const struct picture *picture)
{
	return picture->lands || picture->steers || picture->sends || uses_share(picture);
}

static size_t letters(const struct report_queue *queue)
{
	return strcspn(queue->name, "0123456789");
}

static bool is_same_set(const struct report_cpus *a, const struct report_cpus *b)
{
	return a->known == b->known && cpus_equal(&a->set, &b->set);
}

/* Whether all that is told of them is the same, so that they have one row. */
static bool is_alike(const struct report_queue *a, const struct report_queue *b)
{
	return a->irq < 0 && b->irq < 0 && a->packets < 0 && b->packets < 0 &&
	       letters(a) == letters(b) && strncmp(a->name, b->name, letters(a)) == 0 &&
	       is_same_set(&a->lands, &b->lands) && is_same_set(&a->rps, &b->rps) &&
	       is_same_set(&a->xps, &b->xps);
}

/* Returns the rows, "q0" or "q0..3", to be freed. */
static struct report_queue *merge(const struct report_interface *interface, size_t *rows)
{
	struct report_queue *merged = memory_alloc(interface->queue_count + 1, sizeof(*merged));

	*rows = 0;
	for (size_t first = 0, next; first < interface->queue_count; first = next) {
		const struct report_queue *queues = interface->queues;
		struct report_queue *row = &merged[(*rows)++];

		*row = queues[first];
		for (next = first + 1; next < interface->queue_count; next++)
			if (!is_alike(&queues[first], &queues[next]))
				break;
		if (next > first + 1)
			snprintf(row->name, sizeof(row->name), "%.7s..%.6s", queues[first].name,
				queues[next - 1].name + letters(row));
	}
	return merged;
}

static struct picture picture_make(const struct layout *layout, const struct report_host *host,
	const struct report_interface *interface, bool verbose)
{
	struct picture picture = {
		.layout = layout,
		.cpus = host->cpus <= MATRIX_CPUS ? host->cpus : 0,
	};

	picture.queues = merge(interface, &picture.count);
	picture.rows = !verbose && picture.count > MAX_ROWS ? MAX_ROWS : picture.count;
	picture.left = picture.count - picture.rows;
	for (size_t i = 0; i < interface->queue_count; i++) {
		const struct report_queue *queue = &interface->queues[i];

		picture.lands |= queue->lands.known;
		picture.rps |= queue->rps.known;
		picture.xps |= queue->xps.known;
		picture.steers |= cpus_count(&queue->rps.set) > 0;
		picture.sends |= cpus_count(&queue->xps.set) > 0;
		picture.counted |= queue->packets >= 0;
		if (queue->packets > 0)
			picture.received += (uint64_t)queue->packets;
	}
	return picture;
}

/* Fills the widths of the columns, 0 for those that are not used or find no room. */
static void measure(const struct picture *picture, unsigned *widths)
{
	unsigned total = 2;

	for (size_t c = 0; c < COLUMNS; c++) {
		char text[CELL];

		widths[c] = 0;
		if (!columns[c].is_used(picture))
			continue;
		widths[c] = (unsigned)strlen(columns[c].head);
		for (size_t i = 0; i < picture->rows; i++) {
			columns[c].cell(picture, &picture->queues[i], text);
			if (strlen(text) > widths[c])
				widths[c] = (unsigned)strlen(text);
		}
		if (total + widths[c] > picture->layout->columns && !columns[c].kept)
			widths[c] = 0;
		else
			total += widths[c] + 2;
	}
}

static void put_cell(FILE *out, const struct column *column, unsigned width, const char *text)
{
	fprintf(out, "  %*s", column->left ? -(int)width : (int)width, text);
}

/* The numbers of the CPUs above the matrix: their last digits, or the digits before those. */
static void number_cpus(const struct picture *picture, bool tens, char *text)
{
	matrix_cell(picture, &picture->queues[0], text);
	memcpy(text, tens ? "    " : "CPU ", MATRIX_HEAD);
	for (unsigned cpu = 0; cpu < picture->cpus; cpu++) {
		char digit = (char)('0' + (tens ? cpu / 10 : cpu % 10));

		text[place_of(picture, cpu)] = tens && cpu < 10 ? ' ' : digit;
	}
}

static void write_line(const struct picture *picture, const unsigned *widths,
	const struct report_queue *queue, bool tens)
{
	char text[CELL], line[1024];
	size_t length;
	FILE *out = fmemopen(line, sizeof(line), "w");

	if (!out)
		return;
	for (size_t c = 0; c < COLUMNS; c++) {
		if (widths[c] == 0 && c > 0)
			continue;
		snprintf(text, sizeof(text), "%s", tens ? "" : columns[c].head);
		if (queue)
			columns[c].cell(picture, queue, text);
		else if (c == MATRIX)
			number_cpus(picture, tens, text);
		put_cell(out, &columns[c], widths[c], text);
	}
	fclose(out);
	length = strlen(line);
	while (length > 0 && line[length - 1] == ' ')
		line[--length] = '\0';
	fprintf(picture->layout->out, "%s\n", line);
}

/* What the letters of a matrix mean, below the first that has them. */
static void write_legend(const struct picture *picture, struct legend *legend)
{
	if (!uses_matrix(picture))
		return;
	if (picture->lands && !legend->lands)
		layout_text(picture->layout, "", INDENT,
			"# is the CPU where the interrupt really lands");
	if (!picture->lands && !legend->steers)
		layout_text(picture->layout, "", INDENT,
			"r is a CPU to which rps steers what is received; there are no interrupts");
	legend->lands |= picture->lands;
	legend->steers |= !picture->lands;
}

static void write_queues(const struct picture *picture, struct legend *legend)
{
	unsigned widths[COLUMNS];
	char text[96];

	if (!is_drawn(picture))
		return;
	measure(picture, widths);
	if (widths[MATRIX] && picture->cpus > 10)
		write_line(picture, widths, NULL, true);
	write_line(picture, widths, NULL, false);
	for (size_t i = 0; i < picture->rows; i++)
		write_line(picture, widths, &picture->queues[i], false);
	write_legend(picture, legend);
	if (picture->left == 0)
		return;
	snprintf(text, sizeof(text), "and %s row%s more: -v shows them",
		units_count(picture->left).text, draft_plural(picture->left));
	layout_text(picture->layout, "", INDENT, text);
}

/* Those that are not as usual, marked; with `verbose` all. */
static void write_settings(const struct layout *layout, const struct report_setting *settings,
	size_t count, bool verbose)
{
	for (size_t i = 0; i < count; i++) {
		const struct report_setting *setting = &settings[i];
		char text[320];

		if (!verbose && !setting->changed)
			continue;
		snprintf(text, sizeof(text), "%s%s%s", setting->path, setting->known ? " = " : ": ",
			setting->text);
		if (*setting->usual && (setting->changed || !setting->known))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " (usually %s)",
				setting->usual);
		layout_text(layout, setting->changed ? "     *" : "", INDENT, text);
	}
}

static void write_interface(const struct layout *layout, const struct report_host *host,
	const struct report_interface *interface, struct legend *legend, bool verbose)
{
	struct picture picture = picture_make(layout, host, interface, verbose);
	char name[4 * sizeof(interface->name)];

	escape_text(name, sizeof(name), interface->name);
	layout_write(layout, &(struct layout_paragraph){
				     .head = name,
				     .indent = INDENT,
				     .text = interface->about,
			     });
	write_queues(&picture, legend);
	free(picture.queues);
	write_settings(layout, interface->settings, interface->setting_count, verbose);
}

static void write_machine(const struct layout *layout, const struct report_host *host)
{
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	fprintf(out, "Linux %s", *host->kernel ? host->kernel : "of an unknown release");
	if (host->cpus > 0)
		fprintf(out, ", %u CPU%s", host->cpus, draft_plural(host->cpus));
	if (host->role)
		fprintf(out, ", role %s", host->role);
	if (host->taken_ns > 0)
		fprintf(out, ", read at %.19sZ", units_time(host->taken_ns).text);
	if (host->seconds > 0)
		fprintf(out, ", rates over %.1f s", host->seconds);
	else
		fputs(", read once: no rates", out);
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = "host", .indent = INDENT });
}

void text_host(const struct layout *layout, const struct report_host *host, bool verbose)
{
	struct legend legend = { false, false };

	write_machine(layout, host);
	write_settings(layout, host->settings, host->setting_count, verbose);
	for (size_t i = 0; i < host->interface_count; i++)
		write_interface(layout, host, &host->interfaces[i], &legend, verbose);
}
