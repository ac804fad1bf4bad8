/* Which functions check the counter when they are entered. */
#ifndef BOUND_H
#define BOUND_H

#include "wasm_module.h"

#include <stdbool.h>

/* How much a function that does not check may use before it returns, those it calls that do not check included. */
#define BOUND_UNCHECKED 10000u

/*
 * Sets checks[i] for each function of the module that is not imported, i from 0: true if it closes a circle of direct
 * calls, or if what it and the functions it calls that do not check can use is more than BOUND_UNCHECKED. (Loops
 * and indirect calls check by themselves, and between two checks each instruction of a call is executed once at
 * most.) Errors: NO_MEMORY.
 */
pybox_status bound_find(const struct wasm_module *module, bool *checks);

#endif
