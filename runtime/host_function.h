/* Calls of host functions: from the guest's import to the host's function and back. */
#ifndef HOST_FUNCTION_H
#define HOST_FUNCTION_H

#include <stddef.h>
#include <stdint.h>

#include "pybox.h"

struct pybox_box;

/* An answer that was too long for the guest's buffer, until it takes it. */
struct host_answer {
    char *bytes;
    size_t length;
};

/* Rows of host_import.c. */
void host_function_call(struct pybox_box *box, uint64_t *values);
void host_function_take(struct pybox_box *box, uint64_t *values);

/* Tells the guest of the host's functions, if it does not know them yet. In the set-up of a run. Errors: GUEST,
 * LIMIT, NO_MEMORY. */
pybox_status host_function_declare(struct pybox_box *box);

/* The number of the exception of that name (enum guest_error; NULL: pybox.HostError), or -1: there is none that the
 * host may raise. */
int host_function_error(const char *type);

#endif
