/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a frame match a pcap-filter(7) expression?  libpcap compiles it for the frame's link type,
 * once for each; the code runs here.
 */
#include "capture/filter.h"

#include <pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define PROGRAMS 8

/* Of linux/filter.h, which pcap.h cannot bear beside it. */
#define KERNEL_MAX_INSTRUCTIONS 4096
#define KERNEL_VLAN_TAG_PRESENT ((uint32_t)(-0x1000 + 48))

/* Values in files, where they differ from the system's DLT_ (pcap-linktype(7)). */
static const struct {
	uint16_t linktype, dlt;
} differing[] = {
	{ 100, DLT_ATM_RFC1483 },
	{ 101, DLT_RAW },
	{ 102, DLT_SLIP_BSDOS },
	{ 103, DLT_PPP_BSDOS },
	{ 106, DLT_ATM_CLIP },
};

#define LINKTYPE_NULL 0
#define LINKTYPE_LOOP 108
#define LOOPBACK_HEADER 4

struct program {
	struct bpf_program code;
	uint16_t linktype;
	bool compiled, usable;
};

struct filter {
	char *expression;
	struct program programs[PROGRAMS];
	unsigned next; /* to be replaced when all are in use */
	uint64_t unusable;
};

static int dlt_of(uint16_t linktype)
{
	for (size_t i = 0; i < sizeof(differing) / sizeof(*differing); i++)
		if (differing[i].linktype == linktype)
			return differing[i].dlt;
	/*
	 * For the loopback types libpcap would look for this system's address families in this
	 * system's byte order, and find no IPv6 of another system's: only what follows is shown
	 * to the filter.
	 */
	if (linktype == LINKTYPE_NULL || linktype == LINKTYPE_LOOP)
		return DLT_RAW;
	return linktype;
}

/* Whether the code asks for what only the kernel knows, such as "inbound" (SKF_AD_OFF). */
static bool needs_kernel(const struct bpf_program *code)
{
	for (u_int i = 0; i < code->bf_len; i++)
		if (BPF_CLASS(code->bf_insns[i].code) == BPF_LD &&
			BPF_MODE(code->bf_insns[i].code) == BPF_ABS &&
			(int32_t)code->bf_insns[i].k < 0)
			return true;
	return false;
}

static bool compile(struct program *program, const char *expression, uint16_t linktype,
	uint32_t snaplen, struct error *error)
{
	pcap_t *pcap = pcap_open_dead(dlt_of(linktype), (int)snaplen);

	*program = (struct program){ .linktype = linktype, .compiled = true };
	if (!pcap) {
		error_set(error, "cannot compile filter '%s'", expression);
	} else if (pcap_compile(pcap, &program->code, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		error_set(error, "wrong filter '%s': %s", expression, pcap_geterr(pcap));
	} else if (needs_kernel(&program->code)) {
		error_set(error, "filter '%s' asks for what a capture file does not tell",
			expression);
		pcap_freecode(&program->code);
	} else {
		program->usable = true;
	}
	if (pcap)
		pcap_close(pcap);
	return program->usable;
}

static void forget(struct program *program)
{
	if (program->usable)
		pcap_freecode(&program->code);
	*program = (struct program){ 0 };
}

/* The program for `linktype`; beyond PROGRAMS link types the oldest gives way. */
static struct program *program_for(struct filter *filter, uint16_t linktype)
{
	struct program *program;

	for (unsigned i = 0; i < PROGRAMS; i++)
		if (filter->programs[i].compiled && filter->programs[i].linktype == linktype)
			return &filter->programs[i];
	program = &filter->programs[filter->next];
	filter->next = (filter->next + 1) % PROGRAMS;
	forget(program);
	compile(program, filter->expression, linktype, FILTER_MAX_SNAPLEN, NULL);
	return program;
}

struct filter *filter_new(const char *expression, struct error *error)
{
	enum { LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101 };
	struct filter *filter = memory_alloc(1, sizeof(*filter));

	filter->expression = memory_copy_text(expression);
	filter->next = 1;
	if (!compile(&filter->programs[0], expression, LINKTYPE_RAW, FILTER_MAX_SNAPLEN, NULL) &&
		!compile(&filter->programs[0], expression, LINKTYPE_ETHERNET, FILTER_MAX_SNAPLEN,
			error)) {
		filter_free(filter);
		return NULL;
	}
	return filter;
}

bool filter_match(struct filter *filter, const struct frame *frame)
{
	struct program *program = program_for(filter, frame->linktype);
	uint32_t skip = 0;

	if (!program->usable) {
		filter->unusable++;
		return false;
	}
	if (frame->linktype == LINKTYPE_NULL || frame->linktype == LINKTYPE_LOOP)
		skip = frame->caplen < LOOPBACK_HEADER ? frame->caplen : LOOPBACK_HEADER;
	return bpf_filter(program->code.bf_insns, frame->data + skip, frame->wirelen,
		       frame->caplen - skip) != 0;
}

uint64_t filter_unusable(const struct filter *filter)
{
	return filter->unusable;
}

int filter_kernel_code(const char *expression, uint16_t linktype, uint32_t snaplen,
	struct filter_code *code, struct error *error)
{
	const struct filter_instruction head[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, KERNEL_VLAN_TAG_PRESENT },
		{ BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, FILTER_MAX_SNAPLEN },
	};
	const struct filter_instruction all = { BPF_RET | BPF_K, 0, 0, snaplen };
	struct program program = { .usable = false };
	size_t count = 1;

	if (expression) {
		if (!compile(&program, expression, linktype, snaplen, error))
			return -1;
		count = sizeof(head) / sizeof(*head) + program.code.bf_len;
	}
	if (count > KERNEL_MAX_INSTRUCTIONS) {
		forget(&program);
		return error_set(error, "filter '%.100s' is too long for the kernel", expression);
	}
	code->instructions = memory_alloc(count, sizeof(*code->instructions));
	code->count = (uint16_t)count;
	if (!expression) {
		code->instructions[0] = all;
		return 0;
	}
	_Static_assert(sizeof(struct bpf_insn) == sizeof(all), "classic BPF has one layout");
	memcpy(code->instructions, head, sizeof(head));
	memcpy(code->instructions + sizeof(head) / sizeof(*head), program.code.bf_insns,
		program.code.bf_len * sizeof(all));
	forget(&program);
	return 0;
}

int filter_code_append(
	struct filter_code *code, const struct filter_instruction *tail, uint16_t count)
{
	const uint16_t end = code->count;

	if (end + count > KERNEL_MAX_INSTRUCTIONS)
		return -1;
	code->instructions = memory_grow(
		code->instructions, (size_t)end + count, sizeof(*code->instructions));
	for (uint32_t i = 0; i < end; i++) {
		struct filter_instruction *instruction = &code->instructions[i];

		if (instruction->code == (BPF_RET | BPF_K) && instruction->k)
			*instruction = (struct filter_instruction){ .code = BPF_JMP | BPF_JA,
				.k = end - i - 1 };
	}
	memcpy(code->instructions + end, tail, count * sizeof(*tail));
	code->count = (uint16_t)(end + count);
	return 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (unsigned i = 0; i < PROGRAMS; i++)
		forget(&filter->programs[i]);
	free(filter->expression);
	free(filter);
}
