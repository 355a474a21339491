/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPU handed a frame on, and under which queue tag?  A packet socket tells neither, but its
 * filter sees both and says how many bytes of the frame come: linux/filter.h (SKF_AD_CPU,
 * SKF_AD_QUEUE), net/core/filter.c (convert_bpf_extensions).
 */
#include "capture/steering_code.h"

#include <linux/filter.h>
#include <stdlib.h>

#define MAX_NUMBERS (STEERING_BASE * STEERING_BASE * STEERING_BASE)
#define UNTOLD (STEERING_BASE + 1) /* as a length: a digit of none */
#define UNKNOWN_QUEUES 64          /* where nobody says how many there are */

_Static_assert(STEERING_DIGITS == 3, "MAX_NUMBERS is of as many digits");

struct steering_space steering_space(uint32_t cpus, uint32_t queues)
{
	struct steering_space space = { .digits = 1 };
	uint32_t most;

	space.cpus = cpus < MAX_NUMBERS ? cpus : MAX_NUMBERS;
	if (!space.cpus)
		space.cpus = 1;
	most = MAX_NUMBERS / space.cpus - 1; /* the last one stands for the others */
	if (!queues)
		queues = UNKNOWN_QUEUES;
	space.queues = queues < most ? queues + 1 : most;
	for (uint32_t numbers = STEERING_BASE; numbers < space.cpus * (space.queues + 1);
		numbers *= STEERING_BASE)
		space.digits++;
	return space;
}

static uint32_t power(uint32_t digit)
{
	uint32_t value = 1;

	while (digit-- > 0)
		value *= STEERING_BASE;
	return value;
}

int steering_code(const struct steering_space *space, uint32_t digit, const char *expression,
	uint16_t linktype, struct filter_code *code, struct error *error)
{
	const struct filter_instruction tail[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_QUEUE) },
		{ BPF_JMP | BPF_JGE | BPF_K, 0, 1, space->queues },
		{ BPF_LD | BPF_IMM, 0, 0, space->queues },
		{ BPF_ALU | BPF_MUL | BPF_K, 0, 0, space->cpus },
		{ BPF_MISC | BPF_TAX, 0, 0, 0 },
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU) },
		{ BPF_JMP | BPF_JGE | BPF_K, 5, 0, space->cpus },
		{ BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0 },
		{ BPF_ALU | BPF_DIV | BPF_K, 0, 0, power(digit) },
		{ BPF_ALU | BPF_MOD | BPF_K, 0, 0, STEERING_BASE },
		{ BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1 },
		{ BPF_RET | BPF_A, 0, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, UNTOLD },
	};

	if (filter_kernel_code(expression, linktype, FILTER_MAX_SNAPLEN, code, error) < 0)
		return -1;
	if (filter_code_append(code, tail, sizeof(tail) / sizeof(*tail)) == 0)
		return 0;
	free(code->instructions);
	return error_set(error, "filter '%.100s' is too long for the kernel", expression);
}

int steering_digit(uint32_t captured, uint32_t length)
{
	return captured && captured < length && captured <= STEERING_BASE ? (int)captured - 1 : -1;
}
