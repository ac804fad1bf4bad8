/* The parts of a box, and entering it: the one way in which guest code is run. */
#ifndef BOX_H
#define BOX_H

#include "handles.h"

/* An empty box that holds its module and image (or NULL); pybox_box_destroy() frees it however far it is built. NULL:
 * no memory. */
struct pybox_box *box_allocate(struct pybox_module *module, struct pybox_image *image);

/* Its memory, as in its image or as a start from nothing wants it, with a rollback, and its instance. By box->limits.
 * Errors: LIMIT (too low), IO, NO_MEMORY. */
pybox_status box_build_memory(struct pybox_box *box);

/* Lists what its file tree has lost, for pybox_box_lost_files(). Errors: NO_MEMORY. */
pybox_status box_list_lost_files(struct pybox_box *box);

/* The box's linear memory as it is now. */
struct guest_memory box_memory(const struct pybox_box *box);

/*
 * Calls an export of the box's module on a native stack of its own, with arguments from and results to
 * `values`. `*trap` is 0, or the MODULE_TRAP_* code that cut the call off; then the box's state is undefined unless
 * the code is MODULE_TRAP_EXIT of a command, or MODULE_TRAP_YIELD: then the stack is kept, box_resume()
 * goes on, and `values` must stay. Calls nest in host calls. Errors: NO_MEMORY (no stack; nothing was run).
 */
pybox_status box_call(struct pybox_box *box, const struct module_export *export, uint64_t *values,
                      uint32_t *trap);

/* Goes on with the call that yielded. The same as its return. */
uint32_t box_resume(struct pybox_box *box);

/* Gives up the call that yielded, if there is one. */
void box_abandon(struct pybox_box *box);

/* Errors: BUSY (running or pending), DIRTY (cut off, or ended). */
pybox_status box_check_rest(const struct pybox_box *box);

/* The same for what needs no more than that no frame of the guest is on a stack: a box may wait for the host. */
pybox_status box_check_still(const struct pybox_box *box);

/* The guest waits for the host, without a native stack. `has_account`: in a run of the box's, which is gone on with;
 * it has been settled. */
void box_wait(struct pybox_box *box, int has_account);

/* Errors: UNSUPPORTED (the module changes what no snapshot, checkpoint or clone holds). */
pybox_status box_check_savable(const struct pybox_box *box);

/* What a trap code means to a user. */
const char *box_trap_text(uint32_t trap);

/* Copies the bytes of a request into the guest's buffer: `parts` texts, a NUL behind each. The guest may run.
 * Errors: GUEST, LIMIT (the guest has no memory for it), NO_MEMORY. */
struct box_part {
    const char *bytes;
    size_t length;
};
pybox_status box_put_request(struct pybox_box *box, const struct box_part *parts, int count);

/* Copies the bytes of a value to where the guest has made room for them. The guest may run. Errors: the same. */
pybox_status box_put_room(struct pybox_box *box, const pybox_bytes *bytes);

#endif
