#include "guest_trace.h"

#include <string.h>

#include "guest_abi.h"
#include "guest_monitor.h"

__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_TRACE))) uint32_t
host_trace(uint32_t event, const char *file, uint32_t file_length, uint32_t line,
           const char *function, uint32_t function_length);

#define PATTERN_BYTES 512
/* Files of the library and of the interpreter: told of only if the pattern begins like this. */
static const char *const library[] = {GUEST_STDLIB_PATH, "<frozen "};

static uint32_t events;
static char pattern[PATTERN_BYTES];
static int is_over;              /* the host wants no more */
static PyCodeObject *last;       /* that was looked at, borrowed: it is compared, and is alive while it runs */
static int last_fits;
static PyObject *disable;        /* sys.monitoring.DISABLE */

void trace_configure(uint32_t chosen, const char *text, uint32_t length)
{
    events = chosen;
    if (length > sizeof pattern - 1)
        length = sizeof pattern - 1;
    memcpy(pattern, text, length);
    pattern[length] = '\0';
}

/* `*` and `?`, without recursion: after a mismatch the last star takes one character more. */
static int fits_pattern(const char *p, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text != '\0') {
        if (*p == '*') {
            star = p++;
            resume = text;
        } else if (*p == '?' || *p == *text) {
            p++;
            text++;
        } else if (star != NULL) {
            p = star + 1;
            text = ++resume;
        } else {
            return 0;
        }
    }
    while (*p == '*')
        p++;
    return *p == '\0';
}

static int fits(PyCodeObject *code)
{
    if (code == last)
        return last_fits;
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    int wanted = file != NULL;
    if (file == NULL)
        PyErr_Clear(); /* a lone surrogate */
    for (size_t i = 0; wanted && i < sizeof library / sizeof *library; i++) {
        size_t length = strlen(library[i]);
        if (strncmp(file, library[i], length) == 0 && strncmp(pattern, library[i], length) != 0)
            wanted = 0;
    }
    last = code;
    last_fits = wanted && fits_pattern(pattern, file);
    return last_fits;
}

/* Of a place that is of no interest, nothing is to be told again, where sys.monitoring has that. */
static PyObject *answer(int again)
{
    if (again || disable == NULL)
        Py_RETURN_NONE;
    return Py_NewRef(disable);
}

static uint32_t text_of(PyObject *text, const char **bytes)
{
    Py_ssize_t length = 0;
    *bytes = PyUnicode_AsUTF8AndSize(text, &length);
    if (*bytes != NULL)
        return (uint32_t)length;
    PyErr_Clear();
    *bytes = "";
    return 0;
}

/* Whether the place is one to be told of again. */
static int tell(enum guest_trace event, PyObject *object, long line)
{
    PyCodeObject *code = (PyCodeObject *)object;
    if (is_over || !PyCode_Check(object) || !fits(code))
        return 0;
    const char *file, *function;
    const uint32_t file_length = text_of(code->co_filename, &file);
    const uint32_t function_length = text_of(code->co_qualname, &function);
    is_over = host_trace(event, file, file_length, line > 0 ? (uint32_t)line : 0, function,
                         function_length) != 0;
    return !is_over;
}

static long line_at(PyObject *object, PyObject *offset)
{
    if (!PyCode_Check(object))
        return 0;
    const long at = PyLong_AsLong(offset);
    PyErr_Clear();
    int line = 0, end_line, column, end_column; /* PyCode_Addr2Line() does not know all lines of code that is followed */
    if (at >= 0 && at <= INT32_MAX)
        PyCode_Addr2Location((PyCodeObject *)object, (int)at, &line, &column, &end_line, &end_column);
    return line;
}

static PyObject *on_call(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count < 1 || !PyCode_Check(arguments[0]))
        return answer(0);
    return answer(tell(GUEST_TRACE_CALL, arguments[0], ((PyCodeObject *)arguments[0])->co_firstlineno));
}

static PyObject *on_line(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count < 2 || !PyLong_Check(arguments[1]))
        return answer(0);
    const long line = PyLong_AsLong(arguments[1]);
    PyErr_Clear();
    return answer(tell(GUEST_TRACE_LINE, arguments[0], line));
}

static PyObject *on_return(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    return answer(count >= 2 && tell(GUEST_TRACE_RETURN, arguments[0], line_at(arguments[0], arguments[1])));
}

/* These events cannot be disabled place by place. */
static PyObject *on_unwind(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count >= 2)
        tell(GUEST_TRACE_RETURN, arguments[0], line_at(arguments[0], arguments[1]));
    Py_RETURN_NONE;
}

static PyObject *on_raise(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count >= 2)
        tell(GUEST_TRACE_RAISE, arguments[0], line_at(arguments[0], arguments[1]));
    Py_RETURN_NONE;
}

static PyMethodDef call_method = {"call", _PyCFunction_CAST(on_call), METH_FASTCALL, NULL};
static PyMethodDef line_method = {"line", _PyCFunction_CAST(on_line), METH_FASTCALL, NULL};
static PyMethodDef return_method = {"return", _PyCFunction_CAST(on_return), METH_FASTCALL, NULL};
static PyMethodDef unwind_method = {"unwind", _PyCFunction_CAST(on_unwind), METH_FASTCALL, NULL};
static PyMethodDef raise_method = {"raise", _PyCFunction_CAST(on_raise), METH_FASTCALL, NULL};

static const struct {
    uint32_t asked;
    struct monitor_callback callback;
} sources[] = {
    {GUEST_TRACE_CALL, {PY_MONITORING_EVENT_PY_START, &call_method}},
    {GUEST_TRACE_LINE, {PY_MONITORING_EVENT_LINE, &line_method}},
    {GUEST_TRACE_RETURN, {PY_MONITORING_EVENT_PY_RETURN, &return_method}},
    {GUEST_TRACE_RETURN, {PY_MONITORING_EVENT_PY_UNWIND, &unwind_method}},
    {GUEST_TRACE_RAISE, {PY_MONITORING_EVENT_RAISE, &raise_method}},
};
enum { SOURCES = sizeof sources / sizeof *sources };

static struct monitor_callback callbacks[SOURCES];
static struct monitor monitor = {callbacks, 0, -1};

int trace_begin(void)
{
    monitor.count = 0;
    for (int i = 0; i < SOURCES; i++)
        if (events & sources[i].asked)
            callbacks[monitor.count++] = sources[i].callback;
    is_over = 0;
    last = NULL;
    PyObject *module = PySys_GetObject("monitoring");
    Py_XSETREF(disable, module != NULL ? PyObject_GetAttrString(module, "DISABLE") : NULL);
    PyErr_Clear();
    if (monitor_begin(&monitor) < 0)
        return -1;
    monitor_enable_all();
    return 0;
}

void trace_end(void)
{
    PyObject *exception = PyErr_GetRaisedException();
    monitor_end(&monitor);
    PyErr_SetRaisedException(exception);
    last = NULL;
}
