/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_MEMORY_H
#define PKTLINT_BASE_MEMORY_H

#include <stddef.h>

/*
 * Returns `count` zeroed objects of `size` bytes; owned by the caller, freed with free(3).
 * Ends the program with a message when there is no memory; therefore whatever traffic can make
 * grow has a cap of its own.
 */
void *memory_alloc(size_t count, size_t size);

/* As realloc(3) of an array; new elements are not cleared.  Ends the program as memory_alloc(). */
void *memory_grow(void *array, size_t count, size_t size);

/*
 * Appends a cleared object to an array of `*count`, which goes up by one; the array grows by
 * doubling, so it must have grown by this function only.  Ends the program as memory_alloc().
 */
void *memory_append(void *array, size_t *count, size_t size);

/* A copy of `text`, freed with free(3).  Ends the program as memory_alloc(). */
char *memory_copy_text(const char *text);

/*
 * Returns `bytes` of zeroed, page-aligned memory that is backed only where it is touched, with
 * huge pages asked for from 2 MiB on (fewer TLB misses in large tables).  Released with
 * memory_unmap() and the same size.  Ends the program as memory_alloc().
 */
void *memory_map(size_t bytes);
void memory_unmap(void *area, size_t bytes);

/* Has `bytes` just mapped by memory_map() backed now, while nothing waits for them. */
void memory_populate(void *area, size_t bytes);

#endif
