/*
 * The states that a box can return to: a stack of points, each the memory, the mutable globals, the file tree with
 * its descriptors, the clocks and random numbers of the shim, and the box's own flags at one moment between two runs.
 * From the bottom: the origin, in which the box was made (boxes from an image have it, and others whose options ask
 * for rollbacks); the host's checkpoints; the run's, in boxes that undo single runs. What is private to one level of
 * the four parts is theirs: memory has as many checkpoints as there are points, less one for a POINT_IMAGE; the tree
 * as many as there are points.
 */
#ifndef POINT_H
#define POINT_H

#include "handles.h"

enum point_kind {
    POINT_IMAGE,  /* an origin whose memory is the image itself: costs nothing */
    POINT_ORIGIN, /* another origin */
    POINT_HOST,   /* pybox_box_checkpoint() */
    POINT_RUN,    /* the library's own: before a run, or left by a drop for the next checkpoint to renew */
};

struct point {
    struct point *lower;
    enum point_kind kind;
    int unrestored, configured;
    uint32_t renewals;
    int waits; /* a run waited for the host */
    size_t input_used;
    struct wasi_saved wasi;
    uint64_t globals[]; /* the mutable ones, in the order of the module's descriptor */
};

/* All of these belong to the thread that has called rollback_enter() for the box's memory, which is to be called
 * again before the guest runs. */

/* Puts a point of the state now on the stack. Errors: LIMIT, NO_MEMORY: nothing changed. */
pybox_status point_push(struct pybox_box *box, enum point_kind kind);

/* The state now replaces the top point, which there must be. Errors: NO_MEMORY: nothing changed. */
pybox_status point_renew(struct pybox_box *box);

/* Forgets the top point, which there must be. Errors: NO_MEMORY: nothing changed. */
pybox_status point_drop(struct pybox_box *box);

/* Returns to the top point, which there must be and which stays: the box is idle, or waits for the host. New random
 * numbers are due unless the seed is fixed. Errors: NO_MEMORY: the box is dirty. */
pybox_status point_restore(struct pybox_box *box);

/* Frees them all; the state stays. Before the memory's rollback goes. */
void point_free(struct pybox_box *box);

/* What a clone's callbacks get. */
struct box_contexts {
    void *output, *input, *display;
};

/* pybox_box_clone() of a box at rest that can be saved. `origin` is what the clone can be rolled back to: POINT_ORIGIN,
 * or POINT_IMAGE if the box is just that; NULL: nothing. Errors: IO, LIMIT, NO_MEMORY. */
pybox_status box_clone(struct pybox_box *box, const struct box_contexts *contexts,
                       const enum point_kind *origin, struct pybox_box **clone);

/* Whether the box's options have it rolled back to its origin, whatever that is. */
static inline int point_keeps_origin(const struct pybox_box *box)
{
    return box->policy == PYBOX_ROLLBACK_STOPPED || box->policy == PYBOX_ROLLBACK_ALWAYS;
}

/* The top point is of that kind. */
static inline int point_top_is(const struct pybox_box *box, enum point_kind kind)
{
    return box->top != NULL && box->top->kind == kind;
}

#endif
