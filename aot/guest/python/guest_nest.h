/*
 * Code within code: a host function may have the guest do other things, before the code that has called it goes on. That
 * code's state, as far as it is not on its own stack, is put aside meanwhile.
 */
#ifndef GUEST_NEST_H
#define GUEST_NEST_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>

#include "guest_main.h"
#include "guest_stop.h"
#include "guest_value_reply.h"

struct nest {
    struct request_saved request;
    struct stop_saved stop;
    struct value_saved value;
    _PyErr_StackItem handled; /* nothing is being handled within */
    _PyErr_StackItem *outer_handled;
    int allocation_failed;
};

/* No exception may be set. */
void nest_begin(struct nest *nest);

/* 0; or -1 with an exception: what the code that goes on has been told to raise meanwhile. */
int nest_end(struct nest *nest);

#endif
