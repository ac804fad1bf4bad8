/* Contexts of a box, for the rest of the runtime. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "handles.h"

#define CONTEXT_MAIN "main"

/* Whether it can be a context's name. Errors: ARGUMENT (what is wrong with it). */
pybox_status context_check_name(const char *name);

/* Where the guest's list of them begins. What the guest does for it changes nothing in its state, nor in that of a run
 * that waits. Errors: GUEST. */
pybox_status context_find_first(struct pybox_box *box, uint32_t *first);

/* Calls `each` (or nothing, if it is NULL) for those from there on, until it returns other than 0; the box must not run
 * meanwhile. Errors: GUEST (it is no list). */
pybox_status context_go_through(struct pybox_box *box, uint32_t first,
                                int (*each)(void *context, const char *name, const char *parent),
                                void *context);

/* Metadata for a snapshot of the box: those of the host, and with "contexts" if it has any besides "main" and that is
 * not there. The box is savable and may be asked. *with is to be freed; NULL: as they are. Errors: GUEST, NO_MEMORY. */
pybox_status context_add_summary(struct pybox_box *box, const char *metadata, char **with);

#endif
