#define Py_BUILD_CORE 1
#include "guest_stop.h"

#include "internal/pycore_ceval.h"    /* _PY_SIGNALS_PENDING_BIT */
#include "internal/pycore_pyerrors.h" /* _PyErr_StopHook */

#include <signal.h>
#include <stdint.h>

#include "guest_abi.h"
#include "guest_where.h"

/* By enum guest_stop. */
static const struct {
    const char *name;
    const char *message;
} stops[] = {
    [GUEST_STOP_FUEL] = {"OutOfFuel", "the run has used up its fuel"},
    [GUEST_STOP_DEADLINE] = {"DeadlineExceeded", "the run took longer than it may"},
    [GUEST_STOP_CPU] = {"DeadlineExceeded", "the run took more CPU time than it may"},
    [GUEST_STOP_INTERRUPT] = {"Interrupted", "the host has interrupted the run"},
};
enum { STOP_KINDS = sizeof stops / sizeof *stops };

/* How far back in the history of an exception that is being handled a stop is looked for. */
#define MAX_CONTEXTS 16

/* How many checks in the standard library a stop lets pass, so that it comes at a line of the program's: the library is
 * seldom made for an exception at any line (asyncio loses tasks). A few hundred units of fuel each. */
#define PATIENCE 1000

static PyThreadState *thread; /* the guest's only one */
static PyObject *classes[STOP_KINDS];
static uint32_t in_force; /* enum guest_stop */
static int was_raised;    /* since it is in force */
static int has_ended;     /* the code that was to be stopped */
static int patience = PATIENCE;

/* Where the interpreter would look for signals, it is to call the hook. Consistent at any time. */
static void ask_again(void)
{
    _Py_set_eval_breaker_bit(thread, _PY_SIGNALS_PENDING_BIT);
}

/* Is the stop being handled: does a `finally`, `except` or `with` block run that it has led to, also if the block handles
 * another exception that was raised on the stop's way? Blocks of suspended generators do not count. */
static int is_handled(const PyThreadState *tstate)
{
    const _PyErr_StackItem *item = tstate->exc_info;
    for (; item != NULL; item = item->previous_item) {
        PyObject *exception = item->exc_value;
        for (int i = 0; i < MAX_CONTEXTS; i++) {
            if (exception == NULL || !PyExceptionInstance_Check(exception))
                break;
            if (PyObject_TypeCheck(exception, (PyTypeObject *)_PyErr_StopClass))
                return 1;
            exception = ((PyBaseExceptionObject *)exception)->context;
        }
    }
    return 0;
}

static int raise_stop(void)
{
    _PyErr_StopHeld++;
    PyObject *exception = PyObject_CallFunction(classes[in_force], "s", stops[in_force].message);
    _PyErr_StopHeld--;
    if (exception != NULL) { /* else no memory for it: that is raised, and the stop later */
        was_raised = 1;
        PyErr_SetObject(classes[in_force], exception);
        Py_DECREF(exception);
    }
    return -1;
}

static int on_check(PyThreadState *tstate)
{
    if (_PyErr_StopHeld > 0) {
        ask_again();
        return 0;
    }
    if (in_force == GUEST_STOP_KEYBOARD) { /* as the signal: the program may have a handler of its own */
        _PyErr_StopHook = NULL;
        in_force = GUEST_STOP_NONE;
        PyErr_SetInterruptEx(SIGINT);
        return 0;
    }
    /* The eval loop has cleared the bit; C code that looks for signals by itself has not. */
    const int in_eval_loop = !_Py_eval_breaker_bit_is_set(tstate, _PY_SIGNALS_PENDING_BIT);
    ask_again();
    if ((has_ended && was_raised) || is_handled(tstate))
        return 0;
    if (in_eval_loop && patience > 0 && where_in_library(tstate)) {
        patience--;
        return 0;
    }
    patience = PATIENCE;
    return raise_stop();
}

int stop_start(void)
{
    PyObject *module = PyImport_ImportModule("pybox");
    if (module == NULL)
        return -1;
    _PyErr_StopClass = PyObject_GetAttrString(module, "Stopped");
    int failed = _PyErr_StopClass == NULL;
    for (int i = GUEST_STOP_FUEL; i < STOP_KINDS && !failed; i++) {
        classes[i] = PyObject_GetAttrString(module, stops[i].name);
        failed = classes[i] == NULL;
        if (!failed) /* no program changes how they are made */
            ((PyTypeObject *)classes[i])->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    }
    Py_DECREF(module);
    if (failed)
        return -1;
    ((PyTypeObject *)_PyErr_StopClass)->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    thread = PyThreadState_Get();
    return 0;
}

int stop_swallowed(void)
{
    return _PyErr_StopHook != NULL && was_raised ? raise_stop() : 0;
}

int stop_was_raised(void)
{
    return was_raised;
}

void stop_code_begins(void)
{
    has_ended = 0;
}

void stop_code_ended(void)
{
    has_ended = 1;
}

void stop_put_aside(struct stop_saved *saved)
{
    *saved = (struct stop_saved){(void *)_PyErr_StopHook, _PyErr_StopHeld, was_raised, has_ended,
                                 patience, in_force};
    _PyErr_StopHook = NULL;
    _PyErr_StopHeld = 0;
    was_raised = 0;
    in_force = GUEST_STOP_NONE;
}

/* A stop that is in force now has been told behind the code within, and is of the code that goes on. */
void stop_take_back(const struct stop_saved *saved)
{
    _PyErr_StopHeld = saved->held;
    has_ended = saved->has_ended;
    if (in_force != GUEST_STOP_NONE &&
        (saved->in_force == GUEST_STOP_NONE || saved->in_force == GUEST_STOP_KEYBOARD))
        return;
    patience = saved->patience;
    was_raised = saved->was_raised;
    in_force = saved->in_force;
    _PyErr_StopHook = saved->hook != NULL ? on_check : NULL;
    if (_PyErr_StopHook != NULL)
        ask_again();
}

/* Called in the middle of other guest code: it may neither use the stack (a function that calls no other keeps data
 * below the stack pointer) nor look at anything that is changed in several steps. */
__attribute__((export_name(GUEST_EXPORT_STOP))) void pybox_stop(uint32_t kind)
{
    if (kind == GUEST_STOP_NONE) {
        _PyErr_StopHook = NULL;
        _PyErr_StopHeld = 0;
        in_force = GUEST_STOP_NONE;
        was_raised = 0;
        patience = PATIENCE;
        return;
    }
    if (thread == NULL || kind > GUEST_STOP_KEYBOARD)
        return;
    if (in_force == GUEST_STOP_NONE || in_force == GUEST_STOP_KEYBOARD)
        in_force = kind;
    _PyErr_StopHook = on_check;
    ask_again();
}
