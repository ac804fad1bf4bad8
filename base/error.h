/* Errors of the library: a status for the program, one line of text for its user. */
#ifndef ERROR_H
#define ERROR_H

#include "pybox.h"

/* Keeps the formatted message (cut at 1023 bytes) for this thread and returns `status`, so that a
 * function can end with `return error_set(...)`. Newlines and other control characters in it become '?',
 * because parts of it come from hostile input. Never fails, never allocates. */
__attribute__((format(printf, 2, 3))) pybox_status error_set(pybox_status status,
                                                             const char *format, ...);

/* error_set(PYBOX_ERROR_IO, ...) with ": <strerror(error_number)>" behind it. */
__attribute__((format(printf, 2, 3))) pybox_status error_set_io(int error_number,
                                                                const char *format, ...);

/* error_set(PYBOX_ERROR_NO_MEMORY, ...) for an allocation of `bytes` for `what`. */
pybox_status error_set_memory(const char *what, size_t bytes);

/* This thread's message; "" if there is none. Valid until the next error_set of this thread. */
const char *error_message(void);

#endif
