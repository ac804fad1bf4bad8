/*
 * Runs whose code awaits (bridge/_pybox_async.py). Such a run may wait for the host without a frame on any stack: then the
 * export that began it replies with what the host is asked, and pybox_resume() goes on.
 */
#ifndef GUEST_ASYNC_H
#define GUEST_ASYNC_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Once, at the guest's start. 0, or -1 with an exception. */
int async_start(void);

/* Around every call of an export that runs the program's code: whether other such code waits on the stack. */
void async_enter(void);
void async_leave(void);

/* Runs `first`, which is code or an awaitable, then `then`, the code of an expression, if it is not NULL; code in `names`. The last value, or
 * NULL: with an exception, or because the run waits, which async_waits() tells. */
PyObject *async_run(PyObject *first, PyObject *then, PyObject *names);

/* Goes on with the run that waits, with these answers of the host's. Returns as async_run(). */
PyObject *async_go_on(const char *answers, uint32_t bytes);

/* A number for a call of a host function: of all that there were in the life of this state. */
uint64_t async_new_id(void);

/* A call that the host answers later. Async: something to await (its value is what `function.answer()` makes of the answer), else the answer, waited for
 * on the stack. A new reference, or NULL with an exception. */
PyObject *async_ask(int is_async, uint64_t id, PyObject *name, const char *arguments, size_t bytes,
                    PyObject *function);

/* A run waits for the host. */
int async_waits(void);

/* What the host is asked, as it is told (a new reference), or NULL with an exception. */
PyObject *async_requests(void);

#endif
