#include "ext.h"

PyTypeObject *ext_module_type;

static PyObject *module_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", NULL};
    PyObject *given = Py_None;
    struct ext_keep keep = {0};
    char home[4096 + 16];
    const char *path = home;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:Module", names, &given))
        return NULL;
    if (given == Py_None)
        PyOS_snprintf(home, sizeof home, "%s/python.so", ext_process_home());
    else if (ext_path_of(&keep, given, &path) != 0) {
        ext_keep_free(&keep);
        return NULL;
    }
    pybox_engine *engine = ext_process_engine();
    struct ext_module *self = engine != NULL ? ext_type_alloc(type) : NULL;
    pybox_status status = PYBOX_OK;
    if (self != NULL) {
        EXT_WITHOUT_GIL(status = pybox_module_open(engine, path, &self->module));
        self->generation = ext_process_generation();
    }
    ext_keep_free(&keep);
    if (status != PYBOX_OK) {
        ext_error_raise(status);
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static void module_dealloc(PyObject *object)
{
    struct ext_module *self = (struct ext_module *)object;
    if (ext_process_is_alive(self->generation))
        pybox_module_close(self->module);
    ext_type_free(object);
}

struct ext_module *ext_module_default(void)
{
    static struct ext_module *made;
    if (made == NULL || !ext_process_is_alive(made->generation))
        made = (struct ext_module *)PyObject_CallFunctionObjArgs((PyObject *)ext_module_type, NULL);
    Py_XINCREF(made);
    return made;
}

/* ---- facts ---- */

enum fact { NAME, HASH, HOME, MEMORY_BYTES, IS_PYTHON, IS_COMMAND };

static PyObject *module_fact(PyObject *object, void *which)
{
    struct ext_module *self = (struct ext_module *)object;
    pybox_module_info info = {0};
    if (ext_process_check(self->generation) != 0)
        return NULL;
    pybox_module_describe(self->module, &info);
    switch ((enum fact)(intptr_t)which) {
    case NAME:
        return ext_string(info.name);
    case HASH:
        return ext_string(info.hash);
    case HOME:
        return info.home != NULL ? PyUnicode_DecodeFSDefault(info.home) : ext_none();
    case MEMORY_BYTES:
        return PyLong_FromUnsignedLongLong(info.memory_bytes);
    case IS_PYTHON:
        return PyBool_FromLong(info.is_python);
    case IS_COMMAND:
        break;
    }
    return PyBool_FromLong(info.is_command);
}

static PyGetSetDef module_facts[] = {
    {"name", module_fact, NULL, NULL, (void *)NAME},
    {"hash", module_fact, NULL, "SHA-256 of the metered wasm", (void *)HASH},
    {"home", module_fact, NULL, "the folder it came from", (void *)HOME},
    {"memory_bytes", module_fact, NULL, "linear memory at start", (void *)MEMORY_BYTES},
    {"is_python", module_fact, NULL, NULL, (void *)IS_PYTHON},
    {"is_command", module_fact, NULL, NULL, (void *)IS_COMMAND},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyObject *default_module(PyObject *self, PyObject *ignored)
{
    (void)self;
    (void)ignored;
    return (PyObject *)ext_module_default();
}

static PyMethodDef default_method = {"default_module", default_module, METH_NOARGS,
                                     "The Python module of the package, opened once."};

int ext_module_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"One guest compiled to native code. Shareable by threads."},
        {Py_tp_new, module_new},
        {Py_tp_dealloc, module_dealloc},
        {Py_tp_getset, module_facts},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Module", sizeof(struct ext_module), 0, Py_TPFLAGS_DEFAULT, slots};
    ext_module_type = ext_type_make(module, &spec);
    PyObject *function = PyCFunction_NewEx(&default_method, NULL, NULL);
    if (function == NULL || PyModule_AddObject(module, default_method.ml_name, function) != 0)
        return -1;
    return ext_module_type != NULL ? 0 : -1;
}
