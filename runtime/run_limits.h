/* pybox_limits: defaults, checks, and a run's limits over its box's. */
#ifndef RUN_LIMITS_H
#define RUN_LIMITS_H

#include "handles.h"

/* Every field of `chosen` is set: to that of `given` where it is not 0, else to that of `base`, which is
 * complete. Output that is not `captured` has no limit of its own accord.
 * Errors: ARGUMENT (out of range), of which the message begins with `name`. */
pybox_status limits_choose(const pybox_limits *given, const pybox_limits *base, int captured,
                           const char *name, pybox_limits *chosen);

/* Errors: UNSUPPORTED (a limit of fuel for a module that does not count it). */
pybox_status limits_check_module(const pybox_limits *limits, const struct pybox_module *module);

#endif
