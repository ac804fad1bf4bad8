/* A box without module and guest: a memory, and what the imports of host functions look at. For hostile calls of
 * them. */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include <stdlib.h>
#include <string.h>

#include "guest_abi.h"
#include "handles.h"
#include "host_function.h"

#define FAKE_GUEST_BYTES 65536u /* exactly one page of wasm, so that a sanitizer sees what is beyond */

static inline struct pybox_box *fake_guest_make(pybox_functions *functions)
{
    struct pybox_box *box = calloc(1, sizeof *box);
    if (box == NULL)
        abort();
    box->memory.base = calloc(1, FAKE_GUEST_BYTES);
    if (box->memory.base == NULL)
        abort();
    box->memory.pages = 1;
    box->phase = BOX_RUN;
    box->state = BOX_RUNNING;
    box->functions = functions;
    memcpy(box->context, "main", 5);
    return box;
}

static inline void fake_guest_free(struct pybox_box *box)
{
    free(box->answer.bytes);
    free(box->memory.base);
    free(box);
}

/* The import host_call, and host_take. */
static inline uint32_t fake_guest_call(struct pybox_box *box, uint32_t number, uint32_t address)
{
    uint64_t values[2] = {number, address};
    host_function_call(box, values);
    return (uint32_t)values[0];
}

static inline uint32_t fake_guest_take(struct pybox_box *box, uint32_t address, uint32_t capacity)
{
    uint64_t values[2] = {address, capacity};
    host_function_take(box, values);
    return (uint32_t)values[0];
}

#endif
