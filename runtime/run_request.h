/* One call into the guest that counts as a run: a program's code, or work on its values. */
#ifndef RUN_REQUEST_H
#define RUN_REQUEST_H

#include "box.h"

struct run_request {
    enum guest_export export;
    uint64_t values[3]; /* its arguments */
    const struct box_part *parts;
    int part_count;
    const char *context; /* NULL: "main" */
    const pybox_bytes *room; /* bytes that go where the guest's pybox_room says; or NULL */
    const pybox_limits *limits; /* NULL: the box's */
    pybox_refill_callback *refill;
    void *refill_context;
    int is_profiled;
    const pybox_run *traced; /* what it says of a trace; or NULL. Not looked at in a nested run */
    int is_kept; /* undone by the box's options only if it is stopped: what the host does between runs */
};

/* From the set-up to the result, of a box at rest or in a host function. Errors: as pybox_box_run(). */
pybox_status run_request(struct pybox_box *box, const struct run_request *request,
                         const pybox_result **result);

#endif
