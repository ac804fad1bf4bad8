/* What a result says of a run that did not end by itself: which limit it met, where, and what to raise. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stddef.h>

#include "handles.h"


/* Why the box's run was stopped: box->stop has a cause. `ended` says that the guest came to its end in its grace.
 * Returns the length. */
size_t explain_stop(const struct pybox_box *box, int ended, char text[EXPLAIN_BYTES]);

/* The same for a trap with that text. */
size_t explain_trap(const struct pybox_box *box, const char *trap, char text[EXPLAIN_BYTES]);

#endif
