#include "guest_nest.h"

#include "internal/pycore_pyerrors.h" /* _PyErr_CheckStop */
#include "internal/pycore_pymem.h"    /* _PyMem_AllocationFailed */

void nest_begin(struct nest *nest)
{
    PyThreadState *thread = PyThreadState_Get();
    request_put_aside(&nest->request);
    stop_put_aside(&nest->stop);
    value_reply_put_aside(&nest->value);
    nest->handled = (_PyErr_StackItem){NULL, NULL};
    nest->outer_handled = thread->exc_info;
    thread->exc_info = &nest->handled;
    nest->allocation_failed = _PyMem_AllocationFailed;
}

int nest_end(struct nest *nest)
{
    PyThreadState *thread = PyThreadState_Get();
    thread->exc_info = nest->outer_handled;
    _PyMem_AllocationFailed = nest->allocation_failed;
    value_reply_take_back(&nest->value);
    stop_take_back(&nest->stop);
    request_take_back(&nest->request);
    return _PyErr_CheckStop();
}
