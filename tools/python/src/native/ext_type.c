#include "ext.h"

#include <string.h>

static int add_type(PyObject *module, const char *name, PyObject *type)
{
    const char *dot = strrchr(name, '.');
    return type != NULL ? PyObject_SetAttrString(module, dot != NULL ? dot + 1 : name, type) : -1;
}

PyTypeObject *ext_type_make(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromSpec(spec);
    if (add_type(module, spec->name, type) != 0)
        Py_CLEAR(type);
    return (PyTypeObject *)type;
}

PyTypeObject *ext_record_make(PyObject *module, PyStructSequence_Desc *description)
{
    PyTypeObject *type = PyStructSequence_NewType(description);
    if (add_type(module, description->name, (PyObject *)type) != 0)
        Py_CLEAR(type);
    return type;
}

PyObject *ext_type_no_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)arguments;
    (void)keywords;
    PyObject *name = PyObject_GetAttrString((PyObject *)type, "__name__");
    if (name != NULL)
        PyErr_Format(PyExc_TypeError, "cannot create '%U' instances", name);
    Py_XDECREF(name);
    return NULL;
}

void *ext_type_alloc(PyTypeObject *type)
{
    return PyType_GenericAlloc(type, 0);
}

void ext_type_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

PyObject *ext_record(PyTypeObject *type, Py_ssize_t count, PyObject *const *fields)
{
    int whole = 1;
    PyObject *record = PyStructSequence_New(type);
    for (Py_ssize_t i = 0; i < count; i++) {
        whole = whole && fields[i] != NULL;
        if (record != NULL)
            PyStructSequence_SetItem(record, i, fields[i]);
        else
            Py_XDECREF(fields[i]);
    }
    if (!whole)
        Py_CLEAR(record);
    return record;
}
