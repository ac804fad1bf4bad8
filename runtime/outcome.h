/* From how a call into the guest ended to the result of the run. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "handles.h"

/* The guest's export returned the reply at `address`. Errors: GUEST, NO_MEMORY; ARGUMENT, LIMIT (the guest has refused
 * the request, and run nothing). */
pybox_status outcome_of_reply(struct pybox_box *box, uint32_t address);

/* The call was cut off; sets the box's state. Errors: NO_MEMORY. */
pybox_status outcome_of_trap(struct pybox_box *box, uint32_t trap);

/* The run is pending: what for. */
void outcome_add_wait(struct pybox_box *box);

/* The fields that every result has. The account has been settled. */
void outcome_add_figures(struct pybox_box *box);

#endif
