/* Which functions check the counter when they are entered. */
#ifndef BOUND_H
#define BOUND_H

#include "wasm_module.h"

#include <stdbool.h>

/* How much a function that does not check may use before it returns, callees included. */
#define BOUND_UNCHECKED 1000u
/* How much a function that checks may, in callees that do not, loops left out. */
#define BOUND_CHECKED 1000000u

/*
 * Sets checks[i] for each function of the module that is not imported, i from 0: false if it calls nothing
 * through tables, is in no circle of calls, and all its instructions together, with those of the callees
 * that do not check, cost at most BOUND_UNCHECKED. (Between the checks of its loops, each is executed once
 * at most.) Errors: NO_MEMORY.
 */
pybox_status bound_find(const struct wasm_module *module, bool *checks);

#endif
