#include "point.h"

#include <stdlib.h>

#include "box.h"
#include "error.h"

static uint32_t point_global_count(const struct pybox_box *box)
{
    return module_describe(box->module->native)->global_count;
}

/* What is the point's own. */
static void point_fill(const struct pybox_box *box, struct point *point)
{
    point->unrestored = box->unrestored;
    point->renewals = box->renewals;
    point->configured = box->configured;
    point->waits = box->wait.kind == PYBOX_WAIT_HOST;
    point->input_used = box->input_used;
    point->wasi = wasi_save(box->wasi);
    for (uint32_t i = 0; i < point_global_count(box); i++)
        point->globals[i] = instance_global(box->instance, i);
}

pybox_status point_push(struct pybox_box *box, enum point_kind kind)
{
    const size_t bytes = sizeof(struct point) + point_global_count(box) * sizeof(uint64_t);
    struct point *made = malloc(bytes);
    if (made == NULL)
        return error_set_memory("a checkpoint", bytes);
    pybox_status status = vfs_checkpoint(box->vfs);
    if (status == PYBOX_OK && kind != POINT_IMAGE) {
        status = rollback_checkpoint(box->rollback);
        if (status != PYBOX_OK)
            vfs_drop(box->vfs);
    }
    if (status != PYBOX_OK) {
        free(made);
        return status;
    }
    made->lower = box->top;
    made->kind = kind;
    point_fill(box, made);
    box->top = made;
    box->checkpoints += kind == POINT_HOST;
    return PYBOX_OK;
}

pybox_status point_renew(struct pybox_box *box)
{
    struct point *top = box->top;
    pybox_status status = top->kind == POINT_IMAGE ? rollback_checkpoint(box->rollback)
                                                   : rollback_renew(box->rollback);
    if (status != PYBOX_OK)
        return status;
    if (top->kind == POINT_IMAGE)
        top->kind = POINT_ORIGIN;
    point_fill(box, top);
    vfs_drop(box->vfs);
    return vfs_checkpoint(box->vfs); /* cannot fail: it takes what the drop has left */
}

pybox_status point_drop(struct pybox_box *box)
{
    struct point *top = box->top;
    if (top->kind != POINT_IMAGE) {
        pybox_status status = rollback_drop(box->rollback);
        if (status != PYBOX_OK)
            return status;
    }
    vfs_drop(box->vfs);
    box->checkpoints -= top->kind == POINT_HOST;
    box->top = top->lower;
    free(top);
    return PYBOX_OK;
}

pybox_status point_restore(struct pybox_box *box)
{
    const struct point *top = box->top;
    box->state = BOX_DIRTY;
    pybox_status status = rollback_restore(box->rollback);
    if (status != PYBOX_OK)
        return status;
    instance_set_pages(box->instance, box->memory.pages);
    for (uint32_t i = 0; i < point_global_count(box); i++)
        instance_set_global(box->instance, i, top->globals[i]);
    vfs_rollback(box->vfs);
    wasi_restore(box->wasi, &top->wasi);
    box->configured = top->configured;
    box->keeps_set_up |= !top->configured; /* it may come again */
    box->unrestored = box->seeded ? top->unrestored : 1;
    box->renewals = top->renewals;
    box->input_used = top->input_used;
    box->has_run = 0;
    box->state = BOX_IDLE;
    wait_clear(&box->wait);
    if (top->waits)
        box_wait(box, 0);
    return PYBOX_OK;
}

void point_free(struct pybox_box *box)
{
    while (box->top != NULL) {
        struct point *lower = box->top->lower;
        free(box->top);
        box->top = lower;
    }
}
