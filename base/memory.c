/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation that cannot fail in the caller's eyes: without memory the program ends, once, here. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096 /* at most, of what is backed at once */
#define HUGE_PAGE_BYTES (2u << 20)

static void out_of_memory(void)
{
	fputs("pktlint: out of memory\n", stderr);
	exit(2);
}

void *memory_alloc(size_t count, size_t size)
{
	void *area = calloc(count ? count : 1, size ? size : 1);

	if (!area)
		out_of_memory();
	return area;
}

void *memory_grow(void *array, size_t count, size_t size)
{
	void *area = reallocarray(array, count ? count : 1, size ? size : 1);

	if (!area)
		out_of_memory();
	return area;
}

void *memory_append(void *array, size_t *count, size_t size)
{
	size_t n = (*count)++;

	/* Full exactly at the powers of two, so the capacity need not be kept. */
	if ((n & (n - 1)) == 0)
		array = memory_grow(array, n ? 2 * n : 1, size);
	memset((char *)array + n * size, 0, size);
	return array;
}

char *memory_copy_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		out_of_memory();
	return copy;
}

/* Linux aligns for huge pages only areas that are a whole number of them (mm/mmap.c). */
static size_t whole_pages(size_t bytes)
{
	if (bytes < HUGE_PAGE_BYTES)
		return bytes;
	return (bytes + HUGE_PAGE_BYTES - 1) & ~(size_t)(HUGE_PAGE_BYTES - 1);
}

void *memory_map(size_t bytes)
{
	void *area;

	bytes = whole_pages(bytes);
	area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED)
		out_of_memory();
	if (bytes >= HUGE_PAGE_BYTES)
		madvise(area, bytes, MADV_HUGEPAGE);
	return area;
}

void memory_populate(void *area, size_t bytes)
{
	volatile char *at = area;

	for (size_t i = 0; i < bytes; i += PAGE_BYTES)
		at[i] = 0;
}

void memory_unmap(void *area, size_t bytes)
{
	if (area)
		munmap(area, whole_pages(bytes));
}
