#include "spare.h"

void spare_init(struct pybox_image *image)
{
    pthread_mutex_init(&image->spares.lock, NULL);
}

int spare_take(struct pybox_box *box, uint64_t limit_pages)
{
    struct spares *spares = &box->image->spares;
    struct spare spare = {0};
    pthread_mutex_lock(&spares->lock);
    if (spares->count > 0)
        spare = spares->spares[--spares->count];
    pthread_mutex_unlock(&spares->lock);
    if (spare.rollback == NULL)
        return 0;
    box->memory = spare.memory;
    box->memory.limit_pages = limit_pages;
    box->rollback = spare.rollback;
    rollback_move(box->rollback, &box->memory);
    return 1;
}

int spare_keep(struct pybox_box *box)
{
    if (box->image == NULL || box->rollback == NULL)
        return 0;
    struct spares *spares = &box->image->spares;
    pthread_mutex_lock(&spares->lock);
    int kept = spares->count + spares->coming < SPARE_LIMIT;
    spares->coming += kept;
    pthread_mutex_unlock(&spares->lock);
    if (!kept)
        return 0;
    kept = rollback_reset(box->rollback) == PYBOX_OK; /* it leaves no more than ROLLBACK_RESIDENT_BYTES private */
    pthread_mutex_lock(&spares->lock);
    spares->coming--;
    if (kept)
        spares->spares[spares->count++] = (struct spare){box->memory, box->rollback};
    pthread_mutex_unlock(&spares->lock);
    if (kept) {
        box->memory = (struct memory){0};
        box->rollback = NULL;
    }
    return kept;
}

void spare_free(struct pybox_image *image)
{
    struct spares *spares = &image->spares;
    for (uint32_t i = 0; i < spares->count; i++) {
        rollback_destroy(spares->spares[i].rollback);
        memory_destroy(&spares->spares[i].memory);
    }
    pthread_mutex_destroy(&spares->lock);
}
