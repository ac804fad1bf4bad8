#include <string.h>

#include "error.h"
#include "handles.h"

/* Zeroes, for what is behind the end of the smaller memory. */
static const uint8_t no_page[PAGE_SOURCE_BYTES];

struct compare_side {
    struct page_source source;
    uint64_t pages;
};

static pybox_status compare_open(pybox_image *image, struct compare_side *side)
{
    side->pages = image_describe(image->image)->content.memory_bytes / PAGE_SOURCE_BYTES;
    return image_page_source(image->image, &side->source);
}

static const uint8_t *compare_page(const struct compare_side *side, uint64_t page)
{
    return page < side->pages ? page_source_at(&side->source, (uint32_t)page) : no_page;
}

static uint64_t compare_count(const uint8_t *a, const uint8_t *b)
{
    uint64_t differing = 0;
    for (size_t i = 0; i < PAGE_SOURCE_BYTES; i++)
        differing += a[i] != b[i];
    return differing;
}

/* Calls `each` for every run of pages that differ. */
static void compare_walk(const struct compare_side sides[2], pybox_difference_callback *each,
                         void *context)
{
    uint64_t pages = sides[0].pages > sides[1].pages ? sides[0].pages : sides[1].pages;
    uint64_t first = 0, differing = 0;
    for (uint64_t page = 0; page <= pages; page++) {
        const uint8_t *a = page < pages ? compare_page(&sides[0], page) : no_page;
        const uint8_t *b = page < pages ? compare_page(&sides[1], page) : no_page;
        if (a != b && memcmp(a, b, PAGE_SOURCE_BYTES) != 0) {
            if (differing == 0)
                first = page;
            differing += compare_count(a, b);
        } else if (differing > 0) {
            if (each(context, first * PAGE_SOURCE_BYTES, (page - first) * PAGE_SOURCE_BYTES,
                     differing) != 0)
                return;
            differing = 0;
        }
    }
}

pybox_status pybox_image_compare(pybox_image *a, pybox_image *b, pybox_difference_callback *each,
                                 void *context)
{
    if (a == NULL || b == NULL || each == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "an image or the callback is NULL; expected all");
    struct compare_side sides[2];
    pybox_status status = compare_open(a, &sides[0]);
    if (status == PYBOX_OK)
        status = compare_open(b, &sides[1]);
    if (status == PYBOX_OK)
        compare_walk(sides, each, context);
    return status;
}
