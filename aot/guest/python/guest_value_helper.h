/* The half in Python (bridge/_pybox_values.py): types that are easier taken apart and put together there. */
#ifndef GUEST_VALUE_HELPER_H
#define GUEST_VALUE_HELPER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* How to write `value`: (is_shared, key, payload, key, payload, ...), or a str that says why it cannot be; a new
 * reference. NULL with an exception. */
PyObject *value_helper_describe(PyObject *value, PyObject *names);

/* The object that a tag and its payload begin; members that follow are for value_helper_finish(). */
PyObject *value_helper_create(PyObject *tag, PyObject *payload, PyObject *names);

/* The object with its other members, a dict; a new reference. */
PyObject *value_helper_finish(PyObject *tag, PyObject *object, PyObject *members, PyObject *names);

#endif
