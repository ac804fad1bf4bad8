/* Which line of the program is running, or has raised: of the innermost frame that is not in the standard library. */
#ifndef GUEST_WHERE_H
#define GUEST_WHERE_H

#include <Python.h>

/* Is this the file name of a module that every box has? */
int where_is_library(PyObject *filename);

/* The line in the innermost of a traceback's frames (may be NULL) that is not in the library, or 0. Allocates nothing. */
int where_raised(const PyTracebackObject *step);

#endif
