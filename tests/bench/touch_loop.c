/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor: reads a file in large pieces and touches every cache line of it.  No program that
 * looks at whole packets, to sum them for one, can take less.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define PIECE_BYTES (1 << 18)
#define CACHE_LINE 64

int main(int argc, char **argv)
{
	static uint8_t piece[PIECE_BYTES];
	int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	volatile uint64_t result;
	uint64_t sum = 0;
	ssize_t count;

	if (file < 0) {
		fputs("touch_loop: cannot read the file\n", stderr);
		return 2;
	}
	while ((count = read(file, piece, sizeof(piece))) > 0)
		for (ssize_t i = 0; i < count; i += CACHE_LINE)
			sum += piece[i];
	result = sum;
	(void)result;
	return count < 0 ? 2 : 0;
}
