#include "guest_value_helper.h"

#include "guest_value.h"

/* The bridge's functions, taken at the start: what a program does to the module later does not matter. */
static PyObject *describe, *create, *finish;

int value_start(void)
{
    PyObject *module = PyImport_ImportModule("_pybox_values");
    if (module == NULL)
        return -1;
    describe = PyObject_GetAttrString(module, "describe");
    create = PyObject_GetAttrString(module, "create");
    finish = PyObject_GetAttrString(module, "finish");
    Py_DECREF(module);
    return describe != NULL && create != NULL && finish != NULL ? 0 : -1;
}

PyObject *value_helper_describe(PyObject *value, PyObject *names)
{
    PyObject *description = PyObject_CallFunctionObjArgs(describe, value, names, NULL);
    if (description == NULL || PyTuple_CheckExact(description) || PyUnicode_CheckExact(description))
        return description;
    Py_DECREF(description);
    PyErr_SetString(PyExc_SystemError, "_pybox_values has been tampered with");
    return NULL;
}

PyObject *value_helper_create(PyObject *tag, PyObject *payload, PyObject *names)
{
    return PyObject_CallFunctionObjArgs(create, tag, payload, names, NULL);
}

PyObject *value_helper_finish(PyObject *tag, PyObject *object, PyObject *members, PyObject *names)
{
    return PyObject_CallFunctionObjArgs(finish, tag, object, members, names, NULL);
}
