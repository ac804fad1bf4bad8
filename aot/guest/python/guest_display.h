/* Values that a program shows to the host in rich forms; the rules are the bridge's (bridge/_pybox_display.py). */
#ifndef GUEST_DISPLAY_H
#define GUEST_DISPLAY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Gives the bridge its way to the host. 0, or -1 with an exception. */
int display_start(void);

/* Shows the value of a run if its class has rich forms. 0, or -1 with an exception. */
int display_value(PyObject *value);

#endif
