/* The same program in the native module, for check_python.c. */
#ifndef PYTHON_NATIVE_H
#define PYTHON_NATIVE_H

#include "pybox.h"

/* Starts the module from nothing, with seed and clock fixed at 0, runs the program, and says what the run used. `output`, of
 * `capacity` bytes, takes what it has written; *length says how much that is. Errors: those of pybox.h. */
pybox_status python_native_run(const char *module, const void *code, size_t code_length,
                               uint64_t *fuel, char *output, size_t capacity, size_t *length);

#endif
