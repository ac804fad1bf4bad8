/* Where in a value something is: a chain from the inside out, on the C stack. NULL is the value itself. */
#ifndef GUEST_VALUE_PLACE_H
#define GUEST_VALUE_PLACE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

struct value_place {
    const struct value_place *outer;
    PyObject *container;
    PyObject *key;    /* of a dict; else NULL */
    Py_ssize_t index; /* of what is in the container */
    int is_key;       /* in the key, not in what is behind it */
};

/* Raises "at $.a[3]: what". Returns -1. */
int value_place_raise(PyObject *kind, const struct value_place *place, const char *what);

/* Whether the container is one of those around the place. */
int value_place_repeats(const struct value_place *place, PyObject *container);

#endif
