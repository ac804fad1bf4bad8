#include "guest_monitor.h"

/* A call of sys.monitoring that returns nothing of interest. Takes the argument. 0, or -1 with an exception. */
static int monitor_call(const char *function, PyObject *arguments)
{
    PyObject *module = PySys_GetObject("monitoring");
    PyObject *callable = module != NULL ? PyObject_GetAttrString(module, function) : NULL;
    PyObject *done =
        callable != NULL && arguments != NULL ? PyObject_CallObject(callable, arguments) : NULL;
    if (module == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, "there is no sys.monitoring to follow a run with");
    Py_XDECREF(callable);
    Py_XDECREF(arguments);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

/* Of the six tools, 4 and 3 have no customary use. */
static int monitor_take_tool(struct monitor *monitor)
{
    for (int tool = 4; tool >= 3; tool--) {
        if (monitor_call("use_tool_id", Py_BuildValue("(is)", tool, "pybox")) == 0) {
            monitor->tool = tool;
            return 0;
        }
        if (tool > 3)
            PyErr_Clear();
    }
    return -1;
}

static int monitor_register(const struct monitor *monitor, int index, int remove)
{
    PyObject *function =
        remove ? Py_NewRef(Py_None) : PyCFunction_New(monitor->callbacks[index].method, NULL);
    if (function == NULL)
        return -1;
    return monitor_call("register_callback", Py_BuildValue("(iiN)", monitor->tool,
                                                           1 << monitor->callbacks[index].event, function));
}

static int monitor_set_events(const struct monitor *monitor, int on)
{
    int mask = 0;
    for (int i = 0; i < monitor->count && on; i++)
        mask |= 1 << monitor->callbacks[i].event;
    return monitor_call("set_events", Py_BuildValue("(ii)", monitor->tool, mask));
}

void monitor_end(struct monitor *monitor)
{
    if (monitor->tool < 0)
        return;
    int failed = monitor_set_events(monitor, 0) < 0;
    for (int i = 0; i < monitor->count; i++)
        failed |= monitor_register(monitor, i, 1) < 0;
    failed |= monitor_call("free_tool_id", Py_BuildValue("(i)", monitor->tool)) < 0;
    if (failed)
        PyErr_Clear(); /* the program has freed the tool itself */
    monitor->tool = -1;
}

int monitor_begin(struct monitor *monitor)
{
    int failed = monitor_take_tool(monitor) < 0;
    for (int i = 0; i < monitor->count && !failed; i++)
        failed = monitor_register(monitor, i, 0) < 0;
    if (!failed && monitor_set_events(monitor, 1) == 0)
        return 0;
    PyObject *error = PyErr_GetRaisedException();
    monitor_end(monitor);
    PyErr_SetRaisedException(error);
    return -1;
}

void monitor_enable_all(void)
{
    if (monitor_call("restart_events", PyTuple_New(0)) < 0)
        PyErr_Clear();
}
