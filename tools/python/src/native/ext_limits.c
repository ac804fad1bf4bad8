#include "ext.h"

#include <stddef.h>
#include <string.h>

struct ext_limits {
    PyObject_HEAD
    pybox_limits limits;
};

static PyTypeObject *limits_type;

/* In the order of pybox.h. */
static const struct field {
    const char *name;
    size_t offset;
    int is_small; /* uint32_t */
} fields[] = {
#define LARGE(name) {#name, offsetof(pybox_limits, name), 0}
#define SMALL(name) {#name, offsetof(pybox_limits, name), 1}
    LARGE(fuel),         LARGE(wall_ns),    LARGE(cpu_ns),      LARGE(grace_fuel),   LARGE(grace_ns),
    LARGE(output_bytes), LARGE(host_calls), LARGE(stack_bytes), LARGE(memory_bytes), LARGE(files_bytes),
    SMALL(files),        SMALL(open_files), SMALL(recursion),   SMALL(name_bytes),   SMALL(folder_depth),
#undef LARGE
#undef SMALL
};

#define FIELDS (sizeof fields / sizeof fields[0])

static uint64_t limits_get(const struct ext_limits *self, const struct field *field)
{
    const char *at = (const char *)&self->limits + field->offset;
    return field->is_small ? *(const uint32_t *)at : *(const uint64_t *)at;
}

static int limits_put(struct ext_limits *self, const struct field *field, PyObject *value)
{
    char *at = (char *)&self->limits + field->offset;
    uint64_t number;
    if (!ext_uint64_of(value, &number))
        return -1;
    if (!field->is_small) {
        *(uint64_t *)at = number;
        return 0;
    }
    if (number > UINT32_MAX) {
        ext_error_say(PYBOX_ERROR_ARGUMENT, "limits.%s is over 2^32 - 1", field->name);
        return -1;
    }
    *(uint32_t *)at = (uint32_t)number;
    return 0;
}

static int limits_fill(struct ext_limits *self, PyObject *given)
{
    Py_ssize_t used = 0;
    for (size_t i = 0; i < FIELDS && given != NULL; i++) {
        PyObject *value = PyDict_GetItemString(given, fields[i].name);
        if (value == NULL)
            continue;
        used++;
        if (limits_put(self, &fields[i], value) != 0)
            return -1;
    }
    if (given == NULL || used == PyDict_Size(given))
        return 0;
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(given, &at, &key, &value)) {
        size_t i = 0;
        while (i < FIELDS && PyUnicode_CompareWithASCIIString(key, fields[i].name) != 0)
            i++;
        if (i == FIELDS) {
            PyErr_Format(PyExc_TypeError, "there is no limit '%U'; LIMIT_FIELDS has their names", key);
            return -1;
        }
    }
    return 0;
}

static PyObject *limits_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    if (PyTuple_Size(arguments) != 0)
        return PyErr_Format(PyExc_TypeError, "Limits() takes keyword arguments only");
    struct ext_limits *self = ext_type_alloc(type);
    if (self != NULL && limits_fill(self, keywords) != 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *limits_field(PyObject *self, void *which)
{
    return PyLong_FromUnsignedLongLong(limits_get((struct ext_limits *)self, which));
}

static PyObject *limits_as_dict(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    PyObject *made = PyDict_New();
    for (size_t i = 0; i < FIELDS && made != NULL; i++) {
        PyObject *value = limits_field(self, (void *)&fields[i]);
        if (value == NULL || PyDict_SetItemString(made, fields[i].name, value) != 0)
            Py_CLEAR(made);
        Py_XDECREF(value);
    }
    return made;
}

static PyObject *limits_repr(PyObject *self)
{
    PyObject *text = PyUnicode_FromString("Limits(");
    const char *between = "";
    for (size_t i = 0; i < FIELDS && text != NULL; i++) {
        const uint64_t value = limits_get((struct ext_limits *)self, &fields[i]);
        if (value == 0)
            continue;
        PyObject *longer =
            PyUnicode_FromFormat("%U%s%s=%llu", text, between, fields[i].name, (unsigned long long)value);
        Py_DECREF(text);
        text = longer;
        between = ", ";
    }
    PyObject *whole = text != NULL ? PyUnicode_FromFormat("%U)", text) : NULL;
    Py_XDECREF(text);
    return whole;
}

static PyObject *limits_compare(PyObject *a, PyObject *b, int how)
{
    if ((how != Py_EQ && how != Py_NE) || !PyObject_TypeCheck(b, limits_type)) {
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    int same = 1;
    for (size_t i = 0; i < FIELDS; i++)
        same = same && limits_get((struct ext_limits *)a, &fields[i]) == limits_get((struct ext_limits *)b, &fields[i]);
    return PyBool_FromLong(same == (how == Py_EQ));
}

static Py_hash_t limits_hash(PyObject *self)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < FIELDS; i++)
        hash = (hash ^ limits_get((struct ext_limits *)self, &fields[i])) * UINT64_C(0x9e3779b97f4a7c15);
    return (Py_hash_t)(hash >> 2);
}

PyObject *ext_limits(const pybox_limits *limits)
{
    struct ext_limits *made = ext_type_alloc(limits_type);
    if (made != NULL)
        made->limits = *limits;
    return (PyObject *)made;
}

int ext_limits_of(PyObject *object, const pybox_limits **limits)
{
    *limits = NULL;
    if (object == NULL || object == Py_None)
        return 0;
    if (!PyObject_TypeCheck(object, limits_type)) {
        PyErr_SetString(PyExc_TypeError, "limits is no Limits");
        return -1;
    }
    *limits = &((struct ext_limits *)object)->limits;
    return 0;
}

static PyGetSetDef limits_fields[FIELDS + 1];

static PyMethodDef limits_methods[] = {
    {"as_dict", limits_as_dict, METH_NOARGS, "All fields, in the order of pybox.h."},
    {NULL, NULL, 0, NULL},
};

int ext_limits_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"pybox_limits, checked once. Does not change. 0 is the default."},
        {Py_tp_new, limits_new},
        {Py_tp_dealloc, ext_type_free},
        {Py_tp_getset, limits_fields},
        {Py_tp_methods, limits_methods},
        {Py_tp_repr, limits_repr},
        {Py_tp_richcompare, limits_compare},
        {Py_tp_hash, limits_hash},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Limits", sizeof(struct ext_limits), 0, Py_TPFLAGS_DEFAULT, slots};
    PyObject *names = PyTuple_New(FIELDS);
    for (size_t i = 0; i < FIELDS && names != NULL; i++) {
        limits_fields[i] = (PyGetSetDef){.name = fields[i].name, .get = limits_field, .closure = (void *)&fields[i]};
        PyTuple_SetItem(names, (Py_ssize_t)i, PyUnicode_FromString(fields[i].name));
    }
    if (names == NULL || PyModule_AddObject(module, "LIMIT_FIELDS", names) != 0)
        return -1;
    limits_type = ext_type_make(module, &spec);
    return limits_type != NULL ? 0 : -1;
}
