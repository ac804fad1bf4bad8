/*
 * Calls of host functions in progress, and the runs within them.
 * While a host function is called, its frame lies on box->host_frame, and the function may run code in the box again:
 * a nested run. What a box holds of the run in progress (limits, account of fuel, clock, stop, result, ...) is put
 * aside in the frame meanwhile. A nested run may not use more than is left of the run around it, and what it uses is
 * added to that one's account. Its frames lie above; if it is cut, so is the run around it, when the host function
 * returns.
 */
#ifndef HOST_FRAME_H
#define HOST_FRAME_H

#include <pthread.h>

#include "handles.h"

#define HOST_FRAMES_MOST 16

/* A run that is put aside. */
struct run_aside {
    pybox_limits limits;
    pybox_refill_callback *refill;
    void *refill_context;
    int profiling;
    enum box_phase phase;
    struct run_clock clock;
    struct fuel fuel;
    struct stop stop; /* but what was asked for */
    uint64_t host_calls;
    struct result result;
    void *guest_stack;
    char context[CONTEXT_NAME_BYTES];
    uint64_t output_limit_bytes;
};

/* The result of a nested run, which lasts as long as the host function. */
struct nested_result {
    struct nested_result *older;
    struct result result;
    char *captured[2]; /* what the run has written, by stream */
};

struct host_frame {
    struct host_frame *outer;
    pthread_t thread;
    unsigned depth;
    uint32_t cut; /* 0, or the MODULE_TRAP_* with which the calling run is to be cut, as one within it was */
    int in_run;   /* a nested run is in progress: `aside` and what follows hold */
    int has_account; /* it has come so far that it has an account of its own */
    int fuel_is_own; /* it has a limit of fuel that is lower than what is left of the run around it */
    struct run_aside aside;
    size_t captured_before[2];
    uint64_t written_before;
    struct nested_result *results; /* the newest first; of the run in progress, that too */
};

/* A host function is called, and has returned. */
void host_frame_push(struct pybox_box *box, struct host_frame *frame);
void host_frame_pop(struct pybox_box *box);

/* Whether a run may begin: the box is at rest, or in a host function of this thread's. Errors: BUSY, DIRTY, LIMIT
 * (too deep). */
pybox_status host_frame_check_run(const struct pybox_box *box);

/* In a host function: puts the run around it aside, for one with `limits`, which are lowered to what is left. The
 * set-up comes next. Errors: NO_MEMORY (nothing has changed). */
pybox_status host_frame_begin_run(struct pybox_box *box, pybox_limits *limits);

/* The nested run has ended: the run around it goes on. *result is where its result stays. Returns `status`, or what
 * went wrong in keeping the result. */
pybox_status host_frame_end_run(struct pybox_box *box, pybox_status status, const pybox_result **result);

/* In a nested run that has used what it may: more from the run around it, if that is what was used up. 0: there is
 * none. */
uint64_t host_frame_refill(struct pybox_box *box);

/* What the runs around the one in progress have used. */
uint64_t host_frame_fuel_around(const struct pybox_box *box);

/* The guest code that is in progress is a nested run's, or its set-up. */
static inline int host_frame_in_nested_run(const struct pybox_box *box)
{
    return box->host_frame != NULL && box->host_frame->in_run;
}

#endif
