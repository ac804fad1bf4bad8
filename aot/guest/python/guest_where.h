/* Which line of the program is running, or has raised: of the innermost frame that is not in the standard library. */
#ifndef GUEST_WHERE_H
#define GUEST_WHERE_H

#include <Python.h>

/* Is the innermost frame one of a module that every box has? */
int where_in_library(const PyThreadState *thread);

/* The line in the innermost of a traceback's frames (may be NULL) that is not in the library, or 0. Allocates nothing. */
int where_raised(const PyTracebackObject *step);

/* The number of its frames. */
Py_ssize_t where_depth(const PyTracebackObject *step);

/* What a brief traceback shows: a list of (file name, line, function), at most the ten outermost and the ten innermost
 * frames, with the number of frames between the two if there are any. NULL with an exception. */
PyObject *where_frames(const PyTracebackObject *step);

#endif
