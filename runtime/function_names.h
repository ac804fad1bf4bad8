/* Names that host functions and their modules may have. */
#ifndef FUNCTION_NAMES_H
#define FUNCTION_NAMES_H

#include "pybox.h"

/* Errors: ARGUMENT. */
pybox_status function_names_check(const char *name, const char *module);

#endif
