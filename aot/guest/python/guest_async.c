#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_async.h"

#include "internal/pycore_context.h"  /* PyContext_New */
#include "internal/pycore_pyerrors.h" /* _PyErr_StopHeld */

#include "guest_abi.h"
#include "guest_stop.h"

__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_WAIT))) int32_t
host_wait(const char *requests, uint32_t bytes);

__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_ANSWERS))) void
host_answers(char *answers);

/* What the bridge's functions return first. */
enum { OUTCOME_VALUE, OUTCOME_ERROR, OUTCOME_WAITS };

static PyObject *bridge; /* the module _pybox_async */
static PyObject *waits;  /* while a run waits: what the host was told of it */
static uint64_t last_id;
static int depth;        /* of exports that run the program's code, in each other */

/* ------------------------------------------------------------------------------------------
 * For the bridge
 */

/* Raises what the run has been told to raise, also again if the program has swallowed it. */
static int check_stop(void)
{
    return PyErr_CheckSignals() < 0 || stop_swallowed() < 0 ? -1 : 0;
}

static PyObject *on_check_stop(PyObject *self, PyObject *unused)
{
    return check_stop() < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *refuse(int32_t why)
{
    const char *reason = "the host cannot be waited for here: the run was made by a host function, or is the library's own";
    if (why == GUEST_WAIT_NO_MEMORY)
        return PyErr_NoMemory();
    if (why == GUEST_WAIT_STOPPED)
        reason = "the host cannot be waited for: the run is being stopped";
    if (why == GUEST_WAIT_BROKEN)
        reason = "the host did not understand what it is asked";
    PyErr_SetString(PyExc_RuntimeError, reason);
    return NULL;
}

/* Waits for the host on this stack. */
static PyObject *on_wait(PyObject *self, PyObject *requests)
{
    if (!PyBytes_Check(requests)) {
        PyErr_SetString(PyExc_TypeError, "expected bytes");
        return NULL;
    }
    if (check_stop() < 0)
        return NULL;
    const int32_t length =
        host_wait(PyBytes_AS_STRING(requests), (uint32_t)PyBytes_GET_SIZE(requests));
    PyObject *answers = NULL;
    if (length >= 0) {
        answers = PyBytes_FromStringAndSize(NULL, length);
        if (answers != NULL && length > 0)
            host_answers(PyBytes_AS_STRING(answers));
    }
    if (check_stop() < 0)
        Py_CLEAR(answers);
    else if (length < 0)
        return refuse(length);
    return answers;
}

static PyObject *on_new_id(PyObject *self, PyObject *unused)
{
    return PyLong_FromUnsignedLongLong(async_new_id());
}

static PyObject *on_last_id(PyObject *self, PyObject *unused)
{
    return PyLong_FromUnsignedLongLong(last_id);
}

int async_start(void)
{
    static PyMethodDef functions[] = {
        {"new_id", on_new_id, METH_NOARGS, NULL},
        {"last_id", on_last_id, METH_NOARGS, NULL},
        {"check_stop", on_check_stop, METH_NOARGS, NULL},
        {"wait_on_stack", on_wait, METH_O, NULL},
    };
    bridge = PyImport_ImportModule("_pybox_async");
    if (bridge == NULL)
        return -1;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        PyObject *function = PyCFunction_New(&functions[i], NULL);
        if (function == NULL || PyObject_SetAttrString(bridge, functions[i].ml_name, function) < 0)
            return -1;
        Py_DECREF(function);
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------
 * Requests
 */

uint64_t async_new_id(void)
{
    return ++last_id;
}

PyObject *async_ask(int is_async, uint64_t id, PyObject *name, const char *arguments, size_t bytes,
                    PyObject *function)
{
    return PyObject_CallMethod(bridge, is_async ? "Later" : "ask_and_wait", "KOy#O", (unsigned long long)id,
                               name, arguments, (Py_ssize_t)bytes, function);
}

/* ------------------------------------------------------------------------------------------
 * Runs
 */

void async_enter(void)
{
    depth++;
}

void async_leave(void)
{
    depth--;
}

/* The context of code that is in no task, so that it and code that awaits share their variables. */
static PyObject *context_of_runs(void)
{
    PyThreadState *thread = PyThreadState_Get();
    if (thread->context == NULL) {
        thread->context = PyContext_New();
        thread->context_ver++;
    }
    return thread->context;
}

/* From what the bridge returned (taken; NULL: it failed) to the value. */
static PyObject *take_outcome(PyObject *outcome)
{
    Py_CLEAR(waits);
    if (outcome == NULL && depth <= 1) {
        PyObject *error = PyErr_GetRaisedException();
        outcome = PyObject_CallMethod(bridge, "fail", "O", error);
        if (outcome == NULL)
            PyErr_SetRaisedException(error); /* the first one counts */
        else
            Py_DECREF(error);
    }
    if (outcome == NULL)
        return NULL;
    PyObject *value = NULL;
    long kind = PyTuple_Check(outcome) && PyTuple_GET_SIZE(outcome) == 2
                    ? PyLong_AsLong(PyTuple_GET_ITEM(outcome, 0))
                    : -1;
    PyObject *second = kind >= 0 ? Py_NewRef(PyTuple_GET_ITEM(outcome, 1)) : NULL;
    Py_DECREF(outcome);
    if (kind == OUTCOME_VALUE)
        value = second;
    else if (kind == OUTCOME_ERROR && PyExceptionInstance_Check(second))
        PyErr_SetRaisedException(second);
    else if (kind == OUTCOME_WAITS && PyBytes_Check(second))
        waits = second;
    else {
        Py_XDECREF(second);
        PyErr_SetString(PyExc_SystemError, "the bridge's outcome is none");
    }
    return value;
}

PyObject *async_run(PyObject *first, PyObject *then, PyObject *names)
{
    PyObject *context = context_of_runs();
    if (context == NULL)
        return NULL;
    return take_outcome(PyObject_CallMethod(bridge, depth > 1 ? "run_nested" : "run", "OOOO", first,
                                            then != NULL ? then : Py_None,
                                            names != NULL ? names : Py_None, context));
}

PyObject *async_go_on(const char *answers, uint32_t bytes)
{
    _PyErr_StopHeld++; /* no answer is to be lost */
    PyObject *done =
        PyObject_CallMethod(bridge, "take_answers", "y#", answers, (Py_ssize_t)bytes);
    _PyErr_StopHeld--;
    if (done == NULL) {
        Py_CLEAR(waits);
        return NULL;
    }
    Py_DECREF(done);
    PyObject *value = take_outcome(PyObject_CallMethod(bridge, "go_on", NULL));
    if (value != NULL && stop_swallowed())
        Py_CLEAR(value);
    return value;
}

int async_waits(void)
{
    return waits != NULL;
}

PyObject *async_requests(void)
{
    return Py_XNewRef(waits);
}
