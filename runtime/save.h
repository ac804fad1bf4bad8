/* What is saved of a box at rest. */
#ifndef SAVE_H
#define SAVE_H

#include "handles.h"
#include "snapshot_write.h"

/* A box's state as a snapshot takes it; the memory is the box's own. */
struct save_state {
    struct snapshot_content content;
    struct snapshot_global *globals;
    void *tree;
};

/* Looks at a box at rest, which must not run until save_free(). `metadata` is borrowed; NULL: "{}".
 * To be freed in either case. Errors: NO_MEMORY. */
pybox_status save_take(struct pybox_box *box, const char *metadata, struct save_state *state);

void save_free(struct save_state *state);

/* Checks that the box can be saved, and settles one that was started from nothing.
 * Errors: BUSY, DIRTY, UNSUPPORTED, GUEST, NO_MEMORY. */
pybox_status save_prepare(struct pybox_box *box);

/* Writes a prepared box to `path`, as a delta of `parent` (the image that it was made from, or the root of that) or, if
 * that is NULL, in full. `how` without created_ns, which is filled in. Errors: as pybox_box_save(). */
pybox_status save_write(struct pybox_box *box, const char *path, struct image *parent, const char *metadata,
                        const struct snapshot_write_options *how);

#endif
