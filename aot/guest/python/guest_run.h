/* Running the code of a request, in one of the modes of guest_abi.h. */
#ifndef GUEST_RUN_H
#define GUEST_RUN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#include "guest_context.h"

/* The name of the context that it is to run in. */
const char *run_context_name(uint32_t code_length, uint32_t filename_length);

/* The value of the requested code (a new reference; None but for MODE_EVAL), or NULL with an exception, or because it waits
 * for the host (async_waits()). */
PyObject *run_request(struct context *context, uint32_t mode, uint32_t code_length,
                      uint32_t filename_length);

#endif
