/* A memory as a base that is mapped or zero and pages that lie over it: what a delta is read and
 * written against. */
#ifndef PAGE_SOURCE_H
#define PAGE_SOURCE_H

#include "pybox.h"

#include <stdint.h>

#define PAGE_SOURCE_BYTES 4096u /* a page here */

/* Pages with their bytes, ascending by number, none twice. Zeroes: none. */
struct page_overlay {
    uint32_t *pages;
    uint8_t *bytes; /* PAGE_SOURCE_BYTES each */
    uint32_t count;
};

struct page_source {
    const uint8_t *base; /* may be NULL if base_bytes is 0; what is behind reads as zeroes */
    uint64_t base_bytes;
    const struct page_overlay *overlay; /* NULL: none */
};

/* The position of the first page of the overlay that is not below `page`; count if there is none.
 */
uint32_t page_overlay_find(const struct page_overlay *overlay, uint32_t page);

/* Puts the pages of `upper` over those of `lower`. Both stay. Error: NO_MEMORY. */
pybox_status page_overlay_merge(const struct page_overlay *lower, const struct page_overlay *upper,
                                struct page_overlay *merged);

/* Frees it; it is empty afterwards. */
void page_overlay_free(struct page_overlay *overlay);

/* The bytes of a page. Lives as long as the source. */
const uint8_t *page_source_at(const struct page_source *source, uint32_t page);

#endif
