/* Checkpoints and rollbacks of a box at rest, and what it keeps for them. */
#include "box.h"
#include "error.h"
#include "point.h"

#define MAX_CHECKPOINTS 1024
#define KEPT_BYTES (UINT64_C(32) << 20) /* of checkpoints, up to which one that is dropped is kept to be renewed */

static pybox_status checkpoint_need_box(const pybox_box *box)
{
    return box != NULL ? PYBOX_OK : error_set(PYBOX_ERROR_ARGUMENT, "box is NULL; expected a box");
}

/* A box that was cut off or has ended can go back all the same. */
static pybox_status checkpoint_need_rest(const pybox_box *box)
{
    pybox_status status = checkpoint_need_box(box);
    if (status != PYBOX_OK || box->state == BOX_DIRTY || box->state == BOX_FINISHED)
        return status;
    return box_check_still(box);
}

/* The library's own point goes before the host's are looked at. */
static pybox_status checkpoint_drop_run(pybox_box *box)
{
    return point_top_is(box, POINT_RUN) ? point_drop(box) : PYBOX_OK;
}

pybox_status pybox_box_checkpoint(pybox_box *box)
{
    pybox_status status = checkpoint_need_box(box);
    if (status == PYBOX_OK)
        status = box_check_still(box);
    if (status != PYBOX_OK)
        return status;
    status = box_check_savable(box);
    if (status != PYBOX_OK)
        return status;
    if (box->checkpoints >= MAX_CHECKPOINTS)
        return error_set(PYBOX_ERROR_LIMIT, "the box has %u checkpoints; expected fewer than %d",
                         (unsigned)box->checkpoints, MAX_CHECKPOINTS);
    rollback_enter(box->rollback);
    if (!point_top_is(box, POINT_RUN))
        return point_push(box, POINT_HOST);
    status = point_renew(box);
    if (status == PYBOX_OK) {
        box->top->kind = POINT_HOST;
        box->checkpoints++;
    }
    return status;
}

pybox_status pybox_box_rollback(pybox_box *box)
{
    pybox_status status = checkpoint_need_rest(box);
    if (status != PYBOX_OK)
        return status;
    rollback_enter(box->rollback);
    status = checkpoint_drop_run(box);
    if (status != PYBOX_OK) {
        box->state = BOX_DIRTY;
        return status;
    }
    if (box->top == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the box has no checkpoint, and no image of its own; expected one of them");
    return point_restore(box);
}

pybox_status pybox_box_drop(pybox_box *box)
{
    pybox_status status = checkpoint_need_rest(box);
    if (status != PYBOX_OK)
        return status;
    if (box->checkpoints == 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "the box has no checkpoint to drop; expected one");
    if (box->state == BOX_WAITING && point_top_is(box, POINT_RUN))
        return error_set(PYBOX_ERROR_BUSY, "the last checkpoint cannot be dropped while a run waits that may have to be undone to "
                                           "the state behind it; go on with the run first");
    rollback_enter(box->rollback);
    status = checkpoint_drop_run(box);
    if (status != PYBOX_OK)
        return status;
    /* The next checkpoint has most of its pages in common with this one, and then need not copy them again. */
    if (rollback_statistics(box->rollback).storage_bytes > KEPT_BYTES)
        return point_drop(box);
    box->top->kind = POINT_RUN;
    box->checkpoints--;
    vfs_drop(box->vfs);
    return vfs_checkpoint(box->vfs); /* cannot fail: it takes what the drop has left */
}

pybox_status pybox_box_trim(pybox_box *box)
{
    pybox_status status = checkpoint_need_rest(box);
    if (status != PYBOX_OK)
        return status;
    rollback_enter(box->rollback);
    result_reset(&box->result);
    output_trim(&box->output);
    if (box->state != BOX_WAITING) /* its run may have to return to it */
        status = checkpoint_drop_run(box);
    return status == PYBOX_OK ? rollback_trim(box->rollback) : status;
}

uint32_t pybox_box_checkpoints(const pybox_box *box)
{
    return box != NULL ? box->checkpoints : 0;
}
