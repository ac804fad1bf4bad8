#include "guest_profile.h"

#include <stdlib.h>

#include "guest_abi.h"
#include "guest_account.h"
#include "guest_monitor.h"

__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_FUEL))) uint64_t
fuel_used(void);

/* What the interpreter spends on an event around its callback, half of it before and half behind. */
enum event { EVENT_LINE, EVENT_FRAME, EVENTS };

static struct account account;
static uint64_t last;           /* fuel used when the last callback returned */
static enum event last_event;   /* which that was */
static uint64_t inside;         /* fuel that callbacks have used themselves, in this profile */
static uint64_t counts[EVENTS]; /* of this profile */
static uint64_t costs[EVENTS];  /* of one event, in sixteenths; found by calibration */
static int is_calibrated;
static char *text;

/* The fuel since the last event belongs to what has run since, but for what the two events have cost. */
static uint64_t open_event(enum event event)
{
    const uint64_t now = fuel_used();
    const uint64_t cost = (costs[last_event] + costs[event]) / 32;
    account_charge(&account, now - last > cost ? now - last - cost : 0);
    counts[event]++;
    last_event = event;
    return now;
}

static PyObject *close_event(uint64_t opened)
{
    last = fuel_used();
    inside += last - opened;
    return Py_None; /* immortal */
}

static PyObject *on_frame(PyObject *const *arguments, int enters, int calls)
{
    const uint64_t opened = open_event(EVENT_FRAME);
    PyCodeObject *code = (PyCodeObject *)arguments[0];
    if (!PyCode_Check(arguments[0]))
        return close_event(opened);
    if (enters)
        account_enter(&account, code, calls);
    else
        account_leave(&account, code);
    return close_event(opened);
}

static PyObject *on_start(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    return on_frame(arguments, 1, 1);
}

static PyObject *on_resume(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    return on_frame(arguments, 1, 0);
}

static PyObject *on_leave(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    return on_frame(arguments, 0, 0);
}

static PyObject *on_line(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    const uint64_t opened = open_event(EVENT_LINE);
    const long line = PyLong_AsLong(arguments[1]);
    if (PyCode_Check(arguments[0]) && line > 0)
        account_line(&account, (PyCodeObject *)arguments[0], (uint32_t)line);
    return close_event(opened);
}

static PyMethodDef start_method = {"start", _PyCFunction_CAST(on_start), METH_FASTCALL, NULL};
static PyMethodDef resume_method = {"resume", _PyCFunction_CAST(on_resume), METH_FASTCALL, NULL};
static PyMethodDef leave_method = {"leave", _PyCFunction_CAST(on_leave), METH_FASTCALL, NULL};
static PyMethodDef line_method = {"line", _PyCFunction_CAST(on_line), METH_FASTCALL, NULL};

static const struct monitor_callback callbacks[] = {
    {PY_MONITORING_EVENT_PY_START, &start_method},
    {PY_MONITORING_EVENT_PY_RESUME, &resume_method},
    {PY_MONITORING_EVENT_PY_THROW, &resume_method},
    {PY_MONITORING_EVENT_PY_RETURN, &leave_method},
    {PY_MONITORING_EVENT_PY_YIELD, &leave_method},
    {PY_MONITORING_EVENT_PY_UNWIND, &leave_method},
    {PY_MONITORING_EVENT_LINE, &line_method},
};
static struct monitor monitor = {callbacks, sizeof callbacks / sizeof *callbacks, -1};

static int follow(void)
{
    free(text);
    text = NULL;
    inside = 0;
    counts[EVENT_LINE] = counts[EVENT_FRAME] = 0;
    if (account_open(&account) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (monitor_begin(&monitor) < 0) {
        account_close(&account);
        return -1;
    }
    last_event = EVENT_FRAME;
    last = fuel_used();
    return 0;
}

int profile_begin(void)
{
    profile_calibrate();
    return follow();
}

void profile_go_on(void)
{
    last = fuel_used();
}

const char *profile_end(uint32_t *bytes)
{
    open_event(EVENT_FRAME);
    counts[EVENT_FRAME]--;
    monitor_end(&monitor);
    account_finish(&account);
    uint64_t overhead = inside;
    for (int i = 0; i < EVENTS; i++)
        overhead += counts[i] * costs[i] / 16;
    text = account_text(&account, overhead, bytes);
    account_close(&account);
    return text;
}

/* Calls a function a few times: 0, or -1 with an exception. *used: fuel without that of callbacks. */
static int call_measured(PyObject *function, uint64_t *used)
{
    enum { CALLS = 8 };
    const uint64_t before = fuel_used() - inside;
    for (int i = 0; i < CALLS; i++) {
        PyObject *result = PyObject_CallNoArgs(function);
        if (result == NULL)
            return -1;
        Py_DECREF(result);
    }
    *used = fuel_used() - inside - before;
    return 0;
}

/* What following the function costs: how much, and by how many events. */
static int measure(PyObject *function, uint64_t *cost, uint64_t events[EVENTS])
{
    uint64_t plain, followed = 0;
    inside = 0;
    if (call_measured(function, &plain) < 0 || call_measured(function, &plain) < 0 || follow() < 0)
        return -1;
    int failed = call_measured(function, &followed) < 0; /* its code is prepared for it */
    for (int i = 0; i < EVENTS; i++)
        counts[i] = 0;
    failed = failed || call_measured(function, &followed) < 0;
    *cost = followed > plain ? followed - plain : 0;
    for (int i = 0; i < EVENTS; i++)
        events[i] = counts[i];
    monitor_end(&monitor);
    account_close(&account);
    return failed ? -1 : 0;
}

/* A function of many lines and one of a single line: two equations. */
static int solve(PyObject *many, PyObject *one)
{
    uint64_t cost[2], events[2][EVENTS];
    if (measure(many, &cost[0], events[0]) < 0 || measure(one, &cost[1], events[1]) < 0)
        return -1;
    const uint64_t lines = events[0][EVENT_LINE] - events[1][EVENT_LINE];
    if (events[0][EVENT_LINE] <= events[1][EVENT_LINE] || events[1][EVENT_FRAME] == 0 || cost[0] < cost[1])
        return 0; /* a module that is not metered uses none */
    costs[EVENT_LINE] = 16 * (cost[0] - cost[1]) / lines;
    const uint64_t of_lines = costs[EVENT_LINE] * events[1][EVENT_LINE];
    costs[EVENT_FRAME] =
        16 * cost[1] > of_lines ? (16 * cost[1] - of_lines) / events[1][EVENT_FRAME] : 0;
    return 0;
}

void profile_calibrate(void)
{
    if (is_calibrated)
        return;
    static const char source[] = "def many():\n"
                                 " x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n"
                                 " x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n x = 1\n"
                                 "def one():\n"
                                 " x = 1\n";
    PyObject *names = PyDict_New();
    PyObject *code = Py_CompileString(source, "<pybox>", Py_file_input);
    PyObject *done = names != NULL && code != NULL ? PyEval_EvalCode(code, names, names) : NULL;
    costs[EVENT_LINE] = costs[EVENT_FRAME] = 0;
    is_calibrated = done != NULL && solve(PyDict_GetItemString(names, "many"),
                                          PyDict_GetItemString(names, "one")) == 0;
    PyErr_Clear();
    Py_XDECREF(done);
    Py_XDECREF(code);
    Py_XDECREF(names);
}
