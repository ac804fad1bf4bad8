/* A traced run: what the guest does is told to the host, event by event. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

#include "pybox.h"

struct pybox_box;

/* Cut texts of the guest's: file and function names. */
#define TRACE_TEXT_MOST 256

struct trace {
    pybox_trace_callback *callback; /* NULL: the run is not traced */
    void *context;
    uint64_t left; /* events that may still be told */
};

/* What a run asks for; tells the guest. NULL: it is not traced. Errors: ARGUMENT, UNSUPPORTED (the guest cannot),
 * NO_MEMORY, GUEST. */
pybox_status trace_prepare(struct pybox_box *box, const pybox_run *run);

/* The import "trace" (guest_abi.h, host_import.h). */
void trace_import(struct pybox_box *box, uint64_t *values);

#endif
