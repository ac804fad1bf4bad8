#include "guest_display.h"

#include <errno.h>
#include <stdint.h>

#include "guest_abi.h"

__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_DISPLAY))) uint32_t
host_display(uint32_t number, const char *mime, uint32_t mime_length, const char *data,
             uint32_t data_length);

static PyObject *show; /* of the bridge */

/* send(number, mime, data): one form of the value that has that number. */
static PyObject *send(PyObject *self, PyObject *arguments)
{
    unsigned number;
    const char *mime;
    Py_ssize_t mime_length;
    Py_buffer data;
    if (!PyArg_ParseTuple(arguments, "Is#y*:display", &number, &mime, &mime_length, &data))
        return NULL;
    const uint32_t failed = host_display(number, mime, (uint32_t)mime_length, data.buf, (uint32_t)data.len);
    PyBuffer_Release(&data);
    if (failed == 0)
        Py_RETURN_NONE;
    if (failed == EINVAL)
        return PyErr_Format(PyExc_ValueError, "%R is no MIME type: expected at most 100 printable characters, as \"text/html\"",
                            PyTuple_GET_ITEM(arguments, 1));
    errno = (int)failed;
    return PyErr_SetFromErrno(PyExc_OSError);
}

int display_start(void)
{
    static PyMethodDef method = {"send", send, METH_VARARGS, NULL};
    PyObject *bridge = PyImport_ImportModule("_pybox_display");
    PyObject *function = bridge != NULL ? PyCFunction_New(&method, NULL) : NULL;
    int failed = function == NULL || PyObject_SetAttrString(bridge, "_send", function) < 0;
    if (!failed)
        show = PyObject_GetAttrString(bridge, "show_rich");
    Py_XDECREF(function);
    Py_XDECREF(bridge);
    return show == NULL ? -1 : 0;
}

int display_value(PyObject *value)
{
    if (!PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE) || show == NULL)
        return 0; /* built in: none has */
    PyObject *done = PyObject_CallOneArg(show, value);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}
