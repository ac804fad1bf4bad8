#include "hot_pages.h"

#include <stdlib.h>

#define MAX_RANGES 256
#define MAX_BYTES (UINT64_C(1) << 20) /* a run that writes more is no measure for others */
#define MAX_ATTEMPTS 8                /* then all runs are like that */

struct hot_pages {
    uint32_t count;
    uint64_t bytes; /* of all ranges */
    struct memory_range ranges[MAX_RANGES];
};

void hot_pages_prefault(const struct pybox_box *box)
{
    if (box->image == NULL)
        return;
    const struct hot_pages *hot = atomic_load_explicit(&box->image->hot, memory_order_acquire);
    if (hot != NULL)
        memory_prefault(&box->memory, hot->ranges, hot->count);
}

/* rollback_range_function. */
static pybox_status hot_pages_add(void *context, uint64_t address, uint64_t bytes)
{
    struct hot_pages *hot = context;
    if (hot->count == MAX_RANGES || hot->bytes + bytes > MAX_BYTES)
        return PYBOX_ERROR_LIMIT;
    hot->ranges[hot->count++] = (struct memory_range){address, bytes};
    hot->bytes += bytes;
    return PYBOX_OK;
}

void hot_pages_learn(struct pybox_box *box)
{
    struct pybox_image *image = box->image;
    struct hot_pages *none = NULL;
    if (image == NULL || atomic_load_explicit(&image->hot, memory_order_relaxed) != NULL ||
        atomic_fetch_add_explicit(&image->hot_attempts, 1, memory_order_relaxed) >= MAX_ATTEMPTS)
        return;
    struct hot_pages *hot = calloc(1, sizeof *hot);
    if (hot == NULL)
        return; /* it is no more than quicker */
    if (rollback_each_private(box->rollback, hot_pages_add, hot) != PYBOX_OK ||
        !atomic_compare_exchange_strong(&image->hot, &none, hot))
        free(hot);
}

void hot_pages_free(struct hot_pages *hot)
{
    free(hot);
}
