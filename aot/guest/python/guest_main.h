/* What the parts of the guest's C half share. */
#ifndef GUEST_MAIN_H
#define GUEST_MAIN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define GUEST_EXPORT(name) __attribute__((export_name(name)))

extern PyObject *guest_bridge; /* the module _pybox */
extern char *guest_request;    /* what the runtime has written for this call; changes with the next one */

#endif
