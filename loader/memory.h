/*
 * A linear memory: wasm pages of 64 KiB in a reservation that holds every address the guest can form: 32-bit index +
 * 32-bit offset + access size, and what the native code makes of an index less a small constant (aot/address). What
 * lies before the pages and beyond is inaccessible.
 *
 * At most three mappings: the image, private (copy on write); zero pages behind it; the
 * inaccessible rest.
 *
 * Overcommit: everything is mapped MAP_NORESERVE, so with vm.overcommit_memory 0 and 1 only touched
 * pages count. With 2 the kernel ignores that: the reservation still costs nothing as it is not
 * writable, but pages count when they are made accessible, image pages included, and a refusal is
 * NO_MEMORY, or a refused memory_grow(). An address space limit (RLIMIT_AS) must leave 8 GiB a box.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "module_abi.h"
#include "pybox.h"

#define MEMORY_PAGE_BYTES UINT64_C(65536)
/* 4 GiB less 64 KiB: no address that wraps below 0 by less than that is a memory's. */
#define MEMORY_MAX_PAGES UINT64_C(65535)
/* From the first page: 2^32 - 1 + 2^32 - 1 + an access of up to 64 KiB. */
#define MEMORY_RESERVED_BYTES ((UINT64_C(8) << 30) + UINT64_C(65536))
#define MEMORY_BEFORE_BYTES ((uint64_t)MODULE_MEMORY_BEFORE)

/* Belongs to one thread at a time. Zeroes: destroyed, or never created. */
struct memory {
    uint8_t *base;        /* of the first page, aligned to 4096 */
    uint64_t pages;       /* accessible; never more than limit_pages */
    uint64_t limit_pages; /* at most MEMORY_MAX_PAGES */
};

/* Reserves the address space and makes the first `pages` accessible, zeroed.
 * Errors: LIMIT (pages > limit_pages, or limit_pages > MEMORY_MAX_PAGES), NO_MEMORY. */
pybox_status memory_create(uint64_t pages, uint64_t limit_pages, struct memory *memory);

/*
 * Maps `bytes` of the file `fd` from `offset` over the start of the memory, copy on write. Both are
 * multiples of 4096 and `bytes` is at most the accessible size. The file must not shrink while the
 * memory lives (a sealed memfd cannot): what is then missing is a fault of the guest's, or a SIGBUS
 * for a host that reads it. May be done again, over the old one. Errors: ARGUMENT; IO (not a file
 * of that size); NO_MEMORY: then the memory is destroyed.
 */
pybox_status memory_map_image(struct memory *memory, int fd, uint64_t offset, uint64_t bytes);

/* Makes `delta` more pages accessible, zeroed. The old number of pages; or UINT64_MAX and
 * nothing changed, if that would exceed the limit or the host has no memory. */
uint64_t memory_grow(struct memory *memory, uint64_t delta);

/* The kernel forgets what was written to `bytes` at `address` (multiples of 4096, within the memory):
 * they are the image again, or zero. 0, or -1: not forgotten (errno). */
int memory_forget(const struct memory *memory, uint64_t address, uint64_t bytes);

/* A piece of a memory; multiples of 4096. */
struct memory_range {
    uint64_t address, bytes;
};

/* The ranges are about to be written: their pages become private now, as far as they are in the memory and the
 * kernel does it. */
void memory_prefault(const struct memory *memory, const struct memory_range *ranges, uint32_t count);

/* Makes the memory `pages` (at most what it has) large; what is behind is inaccessible, and zero
 * when it grows again. The image's part must stay. 0, or -1: its size is as before (errno). */
int memory_shrink(struct memory *memory, uint64_t pages);

/* Unmaps it all and zeroes *memory. Harmless on a destroyed one. */
void memory_destroy(struct memory *memory);

/* The accessible size. Less than 4 GiB. */
static inline uint64_t memory_bytes(const struct memory *memory)
{
    return memory->pages * MEMORY_PAGE_BYTES;
}

/* The host's address of `length` guest bytes at `address`, or NULL if they are not all in the
 * memory. */
static inline uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t length)
{
    uint64_t size = memory_bytes(memory);
    return length <= size && address <= size - length ? memory->base + address : NULL;
}

#endif
