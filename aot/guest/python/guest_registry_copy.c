#define PY_SSIZE_T_CLEAN
#include "guest_registry.h"

static int is_text(PyObject *key, const char *text)
{
    return PyUnicode_CheckExact(key) && PyUnicode_EqualToUTF8(key, text);
}

static PyObject *copy_dict(PyObject *dict)
{
    return dict != NULL && PyDict_Check(dict) ? PyDict_Copy(dict) : Py_XNewRef(dict);
}

/* The function with other globals. What belongs to it alone is copied; its closure is shared. */
static PyObject *remake(PyFunctionObject *function, PyObject *globals)
{
    PyFunctionObject *made = (PyFunctionObject *)PyFunction_New(function->func_code, globals);
    if (made == NULL)
        return NULL;
    Py_XSETREF(made->func_name, Py_NewRef(function->func_name));
    Py_XSETREF(made->func_qualname, Py_NewRef(function->func_qualname));
    Py_XSETREF(made->func_module, Py_XNewRef(function->func_module));
    Py_XSETREF(made->func_doc, Py_XNewRef(function->func_doc));
    Py_XSETREF(made->func_defaults, Py_XNewRef(function->func_defaults));
    Py_XSETREF(made->func_closure, Py_XNewRef(function->func_closure));
    Py_XSETREF(made->func_typeparams, Py_XNewRef(function->func_typeparams));
    Py_XSETREF(made->func_kwdefaults, copy_dict(function->func_kwdefaults));
    Py_XSETREF(made->func_annotations, copy_dict(function->func_annotations));
    Py_XSETREF(made->func_dict, copy_dict(function->func_dict));
    if (PyErr_Occurred())
        Py_CLEAR(made);
    return (PyObject *)made;
}

/* What the copy has in the place of a value: a new reference. One function with two names is still one. */
static PyObject *translate(PyObject *value, const struct context *source, const struct context *copy,
                           PyObject *remade)
{
    if (!PyFunction_Check(value) || PyFunction_GET_GLOBALS(value) != (PyObject *)source->globals)
        return Py_NewRef(value);
    PyObject *made;
    if (PyDict_GetItemRef(remade, value, &made) != 0)
        return made;
    made = remake((PyFunctionObject *)value, (PyObject *)copy->globals);
    if (made != NULL && PyDict_SetItem(remade, value, made) < 0)
        Py_CLEAR(made);
    return made;
}

static int copy_names(struct context *copy, struct context *source)
{
    /* The program's code may run meanwhile, in finalisers. */
    PyObject *from = PyDict_Copy((PyObject *)source->globals);
    PyObject *remade = PyDict_New();
    PyObject *key, *value;
    Py_hash_t hash;
    Py_ssize_t at = 0;
    int result = from != NULL && remade != NULL ? 0 : -1;
    while (result == 0 && _PyDict_Next(from, &at, &key, &value, &hash)) {
        if (is_text(key, "__builtins__"))
            continue;
        value = is_text(key, "__annotations__") ? copy_dict(value) : translate(value, source, copy, remade);
        result = value != NULL
                     ? _PyDict_SetItem_KnownHash((PyObject *)copy->globals, key, value, hash)
                     : -1;
        Py_XDECREF(value);
    }
    Py_XDECREF(from);
    Py_XDECREF(remade);
    return result;
}

static int copy_protection(struct context *copy, const struct context *source)
{
    uint32_t at = 0;
    for (const struct name *each; (each = names_next(&source->protected_names, &at)) != NULL;)
        if (names_add(&copy->protected_names, each->name) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    return 0;
}

struct context *registry_copy(PyObject *name, struct context *source)
{
    struct context *copy = registry_make(name, source->parent);
    if (copy == NULL)
        return NULL;
    copy->flags = source->flags;
    if (copy_names(copy, source) == 0 && copy_protection(copy, source) == 0)
        return copy;
    PyObject *exception = PyErr_GetRaisedException();
    registry_remove(copy);
    PyErr_SetRaisedException(exception);
    return NULL;
}
