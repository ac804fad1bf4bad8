/* The steps of a run, for those that begin or go on with one (pybox_run.c). */
#ifndef RUN_H
#define RUN_H

#include "handles.h"

/* Errors: ARGUMENT (no box), MODULE_EXPORT (its module is no Python guest). */
pybox_status run_need_python(const struct pybox_box *box);

/* The run's own state is as before its first step. The box is running; its run_limits have been chosen. */
void run_reset(struct pybox_box *box);

/* Begins a run, in its set-up: of a box at rest, or within a host function. `given` limits may be NULL: the box's
 * hold. After a success run_end() or run_return() must follow. Errors: ARGUMENT, BUSY, DIRTY, LIMIT, UNSUPPORTED,
 * NO_MEMORY. */
pybox_status run_begin(struct pybox_box *box, const pybox_limits *given);

/* In the set-up: what the guest has not been told yet, and new random numbers. Errors: GUEST, ARGUMENT, NO_MEMORY. */
pybox_status run_prepare(struct pybox_box *box);

/* The run is in that context (NULL: "main"), for those that ask later. Returns the name. */
const char *run_set_context(struct pybox_box *box, const char *name);

/* Calls the export that is the run, with its arguments in box->values, and reads what it has come to; `next` and
 * `answers` as below. */
pybox_status run_call(struct pybox_box *box, const struct module_export *export,
                      enum box_state next, int answers);

/* The guest has been left with that trap or 0; `next` is the state after a run that came to its end, `answers` says
 * that its export returned a reply. */
pybox_status run_leave(struct pybox_box *box, uint32_t trap, enum box_state next, int answers);

/* The end of every call for a run: its figures and its result. A guest that broke its protocol is not to be run
 * again. Returns the status. */
pybox_status run_return(struct pybox_box *box, pybox_status status, const pybox_result **result);

/* The same for runs that the box's options may have undone. */
pybox_status run_end(struct pybox_box *box, pybox_status status, const pybox_result **result);

#endif
