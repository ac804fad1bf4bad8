#include "ext.h"

#include <stdarg.h>

static PyObject *error_class; /* pybox.Error */
static PyObject *closed_class, *path_class;

/* The classes, by the first and last of their statuses; two bases where programs catch such errors already. */
static struct {
    const char *name;
    pybox_status first, last;
    PyObject **base; /* besides Error, or a subclass of it */
    PyObject *class;
} kinds[] = {
    {"pybox.ArgumentError", PYBOX_ERROR_ARGUMENT, PYBOX_ERROR_ARGUMENT, &PyExc_ValueError, NULL},
    {"pybox.NoMemoryError", PYBOX_ERROR_NO_MEMORY, PYBOX_ERROR_NO_MEMORY, &PyExc_MemoryError, NULL},
    {"pybox.FileError", PYBOX_ERROR_IO, PYBOX_ERROR_IO, NULL, NULL},
    {"pybox.UnsupportedError", PYBOX_ERROR_UNSUPPORTED, PYBOX_ERROR_UNSUPPORTED, NULL, NULL},
    {"pybox.BusyError", PYBOX_ERROR_BUSY, PYBOX_ERROR_BUSY, NULL, NULL},
    {"pybox.DirtyError", PYBOX_ERROR_DIRTY, PYBOX_ERROR_DIRTY, NULL, NULL},
    {"pybox.LimitError", PYBOX_ERROR_LIMIT, PYBOX_ERROR_LIMIT, NULL, NULL},
    {"pybox.ModuleError", PYBOX_ERROR_MODULE_FORMAT, PYBOX_ERROR_MODULE_EXPORT, NULL, NULL},
    {"pybox.SnapshotError", PYBOX_ERROR_SNAPSHOT_FORMAT, PYBOX_ERROR_SNAPSHOT_PARENT, NULL, NULL},
    {"pybox.PathError", PYBOX_ERROR_PATH, PYBOX_ERROR_PATH, NULL, NULL},
    {"pybox.MissingError", PYBOX_ERROR_MISSING, PYBOX_ERROR_MISSING, &path_class, NULL},
    {"pybox.ArchiveError", PYBOX_ERROR_ARCHIVE, PYBOX_ERROR_ARCHIVE, NULL, NULL},
    {"pybox.GuestError", PYBOX_ERROR_GUEST, PYBOX_ERROR_GUEST, NULL, NULL},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

static PyObject *make_class(PyObject *module, const char *name, PyObject *base)
{
    PyObject *bases = base == NULL || base == path_class ? PyTuple_Pack(1, base != NULL ? base : error_class)
                                                         : PyTuple_Pack(2, error_class, base);
    PyObject *class = bases != NULL ? PyErr_NewException(name, bases, NULL) : NULL;
    Py_XDECREF(bases);
    if (class == NULL || PyObject_SetAttrString(module, name + sizeof "pybox." - 1, class) != 0)
        return NULL;
    return class;
}

int ext_error_init(PyObject *module)
{
    if (error_class == NULL)
        error_class = PyErr_NewExceptionWithDoc(
            "pybox.Error",
            "A call into the library did not work. str() says what was wrong, what was expected, and what to do.",
            NULL, NULL);
    if (error_class == NULL || PyObject_SetAttrString(module, "Error", error_class) != 0)
        return -1;
    for (size_t i = 0; i < KINDS; i++) {
        kinds[i].class = make_class(module, kinds[i].name, kinds[i].base != NULL ? *kinds[i].base : NULL);
        if (kinds[i].class == NULL)
            return -1;
        if (kinds[i].first == PYBOX_ERROR_PATH)
            path_class = kinds[i].class;
    }
    closed_class = make_class(module, "pybox.ClosedError", PyExc_ValueError);
    return closed_class != NULL ? 0 : -1;
}

static void raise_class(PyObject *class, pybox_status status, PyObject *message)
{
    PyObject *error = message != NULL ? PyObject_CallFunctionObjArgs(class, message, NULL) : NULL;
    PyObject *number = error != NULL ? PyLong_FromLong(status) : NULL;
    PyObject *name = number != NULL ? PyUnicode_FromString(pybox_status_name(status)) : NULL;
    if (name != NULL && PyObject_SetAttrString(error, "status", number) == 0 &&
        PyObject_SetAttrString(error, "status_name", name) == 0)
        PyErr_SetObject(class, error);
    Py_XDECREF(name);
    Py_XDECREF(number);
    Py_XDECREF(error);
    Py_XDECREF(message);
}

static PyObject *class_of(pybox_status status)
{
    for (size_t i = 0; i < KINDS; i++)
        if (status >= kinds[i].first && status <= kinds[i].last)
            return kinds[i].class;
    return error_class;
}

void *ext_error_raise(pybox_status status)
{
    const char *said = pybox_error_message();
    raise_class(class_of(status), status, ext_text(said, strlen(said)));
    return NULL;
}

void *ext_error_say(pybox_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PyObject *message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    raise_class(class_of(status), status, message);
    return NULL;
}

void *ext_error_closed(const char *what)
{
    raise_class(closed_class, PYBOX_ERROR_ARGUMENT, PyUnicode_FromFormat("the %s is closed; make a new one", what));
    return NULL;
}
