/* Contexts of a box, for the rest of the runtime. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "handles.h"

#define CONTEXT_MAIN "main"

/* Whether it can be a context's name. Errors: ARGUMENT (what is wrong with it). */
pybox_status context_check_name(const char *name);

#endif
