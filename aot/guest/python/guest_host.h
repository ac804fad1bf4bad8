/*
 * Host functions: the built-in module _pybox_host, of which bridge/_pybox_tools.py makes Python functions.
 */
#ifndef GUEST_HOST_H
#define GUEST_HOST_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Before the interpreter's start: _pybox_host can be imported. */
PyStatus host_register(void);

/* Finds what calls need. 0, or -1 with an exception. Once, at the guest's start. */
int host_start(void);

/* Raises an exception that the host names: enum guest_error, message in UTF-8. NULL. */
PyObject *host_raise(uint32_t error, const char *message, uint32_t bytes);

#endif
