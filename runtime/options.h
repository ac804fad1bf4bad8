/* Option structs of callers that were compiled with an older or newer header. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

#include "pybox.h"

/* Copies an option struct that begins with `size_t size` into `chosen` (zeroed, `known` bytes). NULL options
 * or size 0 stand for all defaults and for `known`. A larger struct is accepted if what this library does not
 * know of it is zero. Errors: ARGUMENT. */
pybox_status options_copy(void *chosen, size_t known, const void *options, const char *name);

#endif
