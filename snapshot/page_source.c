#include "page_source.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t zero_page[PAGE_SOURCE_BYTES];

uint32_t page_overlay_find(const struct page_overlay *overlay, uint32_t page)
{
    uint32_t low = 0, high = overlay->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (overlay->pages[middle] < page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void overlay_append(struct page_overlay *to, const struct page_overlay *from, uint32_t i)
{
    to->pages[to->count] = from->pages[i];
    memcpy(to->bytes + (size_t)to->count * PAGE_SOURCE_BYTES,
           from->bytes + (size_t)i * PAGE_SOURCE_BYTES, PAGE_SOURCE_BYTES);
    to->count++;
}

pybox_status page_overlay_merge(const struct page_overlay *lower, const struct page_overlay *upper,
                                struct page_overlay *merged)
{
    size_t most = (size_t)lower->count + upper->count;
    *merged = (struct page_overlay){.pages = malloc(most * sizeof *merged->pages + 1),
                                    .bytes = malloc(most * PAGE_SOURCE_BYTES + 1)};
    if (merged->pages == NULL || merged->bytes == NULL) {
        page_overlay_free(merged);
        return error_set_memory("the pages of a snapshot", most * PAGE_SOURCE_BYTES);
    }
    for (uint32_t i = 0, k = 0; i < lower->count || k < upper->count;) {
        if (k == upper->count || (i < lower->count && lower->pages[i] < upper->pages[k])) {
            overlay_append(merged, lower, i++);
            continue;
        }
        if (i < lower->count && lower->pages[i] == upper->pages[k])
            i++;
        overlay_append(merged, upper, k++);
    }
    return PYBOX_OK;
}

void page_overlay_free(struct page_overlay *overlay)
{
    free(overlay->pages);
    free(overlay->bytes);
    *overlay = (struct page_overlay){0};
}

const uint8_t *page_source_at(const struct page_source *source, uint32_t page)
{
    const struct page_overlay *overlay = source->overlay;
    if (overlay != NULL) {
        uint32_t at = page_overlay_find(overlay, page);
        if (at < overlay->count && overlay->pages[at] == page)
            return overlay->bytes + (size_t)at * PAGE_SOURCE_BYTES;
    }
    uint64_t offset = (uint64_t)page * PAGE_SOURCE_BYTES;
    return offset < source->base_bytes ? source->base + offset : zero_page;
}
