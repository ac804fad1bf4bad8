#include "ext.h"

#include <stdlib.h>
#include <string.h>

void ext_keep_free(struct ext_keep *keep)
{
    while (keep->block_count > 0)
        free(keep->blocks[--keep->block_count]);
    Py_CLEAR(keep->held);
}

void *ext_keep_array(struct ext_keep *keep, Py_ssize_t count, size_t item_bytes)
{
    if (keep->block_count == sizeof keep->blocks / sizeof keep->blocks[0]) {
        PyErr_SetString(PyExc_SystemError, "too many arguments to keep");
        return NULL;
    }
    void *block = calloc(count > 0 ? (size_t)count : 1, item_bytes);
    if (block == NULL)
        return PyErr_NoMemory();
    keep->blocks[keep->block_count++] = block;
    return block;
}

/* Takes the reference, also on failure. */
static int keep_object(struct ext_keep *keep, PyObject *object)
{
    if (object != NULL && keep->held == NULL)
        keep->held = PyList_New(0);
    int failed = object == NULL || keep->held == NULL || PyList_Append(keep->held, object) != 0;
    Py_XDECREF(object);
    return failed ? -1 : 0;
}

static int wrong_type(const char *what, const char *expected, PyObject *object)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
    if (name != NULL)
        PyErr_Format(PyExc_TypeError, "%s is of type %U; expected %s", what, name, expected);
    Py_XDECREF(name);
    return -1;
}

/* PyUnicode_AsUTF8AndSize() is not in the limited API of 3.9, but what parses arguments is: it keeps the encoded text
 * with the object in the same way. */
int ext_text_of(PyObject *object, const char *what, const char **text, Py_ssize_t *length)
{
    const char *bytes;
    Py_ssize_t count;
    if (!PyUnicode_Check(object))
        return wrong_type(what, "str", object);
    if (!PyArg_Parse(object, "s#", &bytes, &count))
        return -1;
    if (length == NULL && strlen(bytes) != (size_t)count) {
        PyErr_Format(PyExc_ValueError, "%s has a NUL character", what);
        return -1;
    }
    *text = bytes;
    if (length != NULL)
        *length = count;
    return 0;
}

int ext_path_of(struct ext_keep *keep, PyObject *object, const char **path)
{
    PyObject *encoded;
    return PyUnicode_FSConverter(object, &encoded) ? ext_path_take(keep, encoded, path) : -1;
}

int ext_path_take(struct ext_keep *keep, PyObject *encoded, const char **path)
{
    char *bytes;
    if (keep_object(keep, encoded) != 0 || PyBytes_AsStringAndSize(encoded, &bytes, NULL) != 0)
        return -1;
    *path = bytes;
    return 0;
}

static int has_bytes(PyObject *object)
{
    return PyBytes_Check(object) || PyByteArray_Check(object) || PyMemoryView_Check(object);
}

int ext_bytes_of(struct ext_keep *keep, PyObject *object, const char *what, const char **bytes, Py_ssize_t *length)
{
    char *start;
    if (!PyBytes_Check(object)) {
        if (!has_bytes(object))
            return wrong_type(what, "bytes", object);
        object = PyBytes_FromObject(object);
        if (keep_object(keep, object) != 0)
            return -1;
    }
    if (PyBytes_AsStringAndSize(object, &start, length) != 0)
        return -1;
    *bytes = start;
    return 0;
}

/* Text or bytes. */
int ext_source_of(struct ext_keep *keep, PyObject *object, const char *what, const char **bytes, Py_ssize_t *length)
{
    if (PyUnicode_Check(object))
        return ext_text_of(object, what, bytes, length);
    return has_bytes(object) ? ext_bytes_of(keep, object, what, bytes, length)
                             : wrong_type(what, "str or bytes", object);
}

int ext_value_of(struct ext_keep *keep, PyObject *object, pybox_value *value)
{
    Py_ssize_t length = 0;
    *value = (pybox_value){.kind = PYBOX_VALUE_NONE};
    if (object == Py_None)
        return 0;
    if (PyUnicode_Check(object)) {
        value->kind = PYBOX_VALUE_JSON;
        if (ext_text_of(object, "a value", &value->bytes, &length) != 0)
            return -1;
    } else {
        value->kind = PYBOX_VALUE_BYTES;
        if (ext_bytes_of(keep, object, "a value", &value->bytes, &length) != 0)
            return -1;
    }
    value->length = (size_t)length;
    return 0;
}

int ext_sequence_of(struct ext_keep *keep, PyObject *object, const char *what, PyObject **sequence, Py_ssize_t *count)
{
    *sequence = NULL;
    *count = 0;
    if (object == NULL || object == Py_None)
        return 0;
    if (PyUnicode_Check(object) || PyBytes_Check(object))
        return wrong_type(what, "a sequence", object);
    PyObject *made = PySequence_Tuple(object);
    if (keep_object(keep, made) != 0)
        return -1;
    *sequence = made;
    *count = PyTuple_Size(made);
    return 0;
}

int ext_texts_of(struct ext_keep *keep, PyObject *object, const char *what, const char ***texts, size_t *count)
{
    PyObject *sequence;
    Py_ssize_t length;
    *texts = NULL;
    *count = 0;
    if (ext_sequence_of(keep, object, what, &sequence, &length) != 0)
        return -1;
    if (sequence == NULL)
        return 0;
    const char **made = ext_keep_array(keep, length, sizeof *made);
    for (Py_ssize_t i = 0; made != NULL && i < length; i++)
        if (ext_text_of(PyTuple_GetItem(sequence, i), what, &made[i], NULL) != 0)
            return -1;
    *texts = made;
    *count = (size_t)length;
    return made != NULL ? 0 : -1;
}

int ext_paths_of(struct ext_keep *keep, PyObject *object, const char *what, const char ***paths, size_t *count)
{
    PyObject *sequence;
    Py_ssize_t length;
    *paths = NULL;
    *count = 0;
    if (ext_sequence_of(keep, object, what, &sequence, &length) != 0)
        return -1;
    if (sequence == NULL)
        return 0;
    const char **made = ext_keep_array(keep, length, sizeof *made);
    for (Py_ssize_t i = 0; made != NULL && i < length; i++)
        if (ext_path_of(keep, PyTuple_GetItem(sequence, i), &made[i]) != 0)
            return -1;
    *paths = made;
    *count = (size_t)length;
    return made != NULL ? 0 : -1;
}

int ext_uint64_of(PyObject *object, void *number)
{
    if (!PyLong_Check(object)) {
        wrong_type("a number", "int", object);
        return 0;
    }
    unsigned long long value = PyLong_AsUnsignedLongLong(object);
    if (value == (unsigned long long)-1 && PyErr_Occurred())
        return 0;
    *(uint64_t *)number = value;
    return 1;
}

int ext_callable_of(PyObject *object, const char *what, PyObject **callable)
{
    *callable = NULL;
    if (object == NULL || object == Py_None)
        return 0;
    if (!PyCallable_Check(object))
        return wrong_type(what, "a callable", object);
    *callable = object;
    return 0;
}

PyObject *ext_text(const char *bytes, size_t length)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, "replace");
}

PyObject *ext_string(const char *text)
{
    return text != NULL ? ext_text(text, strlen(text)) : ext_text("", 0);
}

PyObject *ext_text_or_none(const char *text)
{
    return text != NULL ? ext_string(text) : ext_none();
}

PyObject *ext_bytes(pybox_bytes bytes)
{
    return PyBytes_FromStringAndSize(bytes.bytes, (Py_ssize_t)bytes.length);
}
