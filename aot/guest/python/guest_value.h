/*
 * Values: Python objects as JSON text in UTF-8 and back, by the rules of docs/VALUES.md. Neither direction calls code of the
 * program's for the types that are listed there.
 */
#ifndef GUEST_VALUE_H
#define GUEST_VALUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "guest_abi.h"

/* What value_encode() gives and takes. */
struct value_text {
    char *bytes; /* value_text_free() */
    size_t length, capacity;
    int refused; /* after a failure: the exception says why the value has no such form */
};

struct value_options {
    enum guest_value_form form;
    PyObject *names; /* a namespace: where classes of `__main__` are looked for */
    PyObject *blobs; /* encode: bytes objects are appended to this list and written as {"$blob": index}; or NULL */
    int frozen;      /* decode: lists become tuples, sets frozensets, and dicts cannot be changed */
};

/* The private half in Python. 0, or -1 with an exception. */
int value_start(void);

/* 0, or -1 with an exception: a TypeError or ValueError that names the place in the value and the remedy, MemoryError, what code
 * of the program's raised, or a stop. `text` is empty or the last one's. */
int value_encode(PyObject *value, const struct value_options *options, struct value_text *text);

/* A new reference; or NULL with a ValueError that names the place in the text, or one of the others. A NUL must follow the
 * text, which stays as it is. */
PyObject *value_decode(const char *bytes, size_t length, const struct value_options *options);

void value_text_free(struct value_text *text);

#endif
