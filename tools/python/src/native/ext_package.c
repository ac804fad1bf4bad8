#include "ext.h"

struct ext_package {
    PyObject_HEAD
    pybox_package *package;
    unsigned generation;
};

static PyTypeObject *package_type;

static PyObject *package_take(PyTypeObject *type, pybox_package *package)
{
    struct ext_package *self = ext_type_alloc(type);
    if (self == NULL) {
        pybox_package_close(package);
        return NULL;
    }
    self->package = package;
    self->generation = ext_process_generation();
    return (PyObject *)self;
}

static PyObject *package_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "max_bytes", "max_files", NULL};
    struct ext_keep keep = {0};
    PyObject *given, *made = NULL;
    const char *path;
    pybox_package *package = NULL;
    pybox_package_options options = {0};
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|$O&I:Package", names, &given, ext_uint64_of,
                                     &options.bytes, &options.files))
        return NULL;
    if (ext_path_of(&keep, given, &path) == 0) {
        EXT_WITHOUT_GIL(status = pybox_package_open(path, &options, &package));
        made = status == PYBOX_OK ? package_take(type, package) : ext_error_raise(status);
    }
    ext_keep_free(&keep);
    return made;
}

static void package_dealloc(PyObject *object)
{
    struct ext_package *self = (struct ext_package *)object;
    if (ext_process_is_alive(self->generation))
        pybox_package_close(self->package);
    ext_type_free(object);
}

static PyObject *package_compile(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"image", NULL};
    struct ext_package *self = (struct ext_package *)object;
    struct ext_module *module;
    struct ext_image *image;
    PyObject *given = Py_None;
    pybox_package *compiled = NULL;
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:compile", names, &given) ||
        ext_process_check(self->generation) != 0 || ext_image_choose(Py_None, given, 0, &module, &image) != 0)
        return NULL;
    EXT_WITHOUT_GIL(status = pybox_package_compile(self->package, image->image, &compiled));
    PyObject *made = status == PYBOX_OK ? package_take(package_type, compiled) : ext_error_raise(status);
    Py_DECREF(module);
    Py_DECREF(image);
    return made;
}

int ext_package_array(PyObject *given, struct ext_keep *keep, const pybox_package *const **packages, size_t *count)
{
    PyObject *sequence;
    Py_ssize_t length;
    *packages = NULL;
    *count = 0;
    if (ext_sequence_of(keep, given, "packages", &sequence, &length) != 0)
        return -1;
    if (sequence == NULL)
        return 0;
    const pybox_package **made = ext_keep_array(keep, length, sizeof *made);
    for (Py_ssize_t i = 0; made != NULL && i < length; i++) {
        PyObject *item = PyTuple_GetItem(sequence, i);
        if (!PyObject_TypeCheck(item, package_type)) {
            PyErr_SetString(PyExc_TypeError, "packages has what is no Package");
            return -1;
        }
        if (ext_process_check(((struct ext_package *)item)->generation) != 0)
            return -1;
        made[i] = ((struct ext_package *)item)->package;
    }
    *packages = made;
    *count = (size_t)length;
    return made != NULL ? 0 : -1;
}

/* ---- what they need ---- */

/* With the GIL: it is short, and runs no guest code. */
static int add_requirement(void *context, const char *package, const char *requirement)
{
    PyObject *item = Py_BuildValue("NN", ext_string(package), ext_string(requirement));
    int failed = item == NULL || PyList_Append(context, item) != 0;
    Py_XDECREF(item);
    return failed;
}

static PyObject *package_check(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    static char *names[] = {"packages", "image", NULL};
    struct ext_keep keep = {0};
    PyObject *given, *image = Py_None, *list = NULL;
    const pybox_package *const *packages;
    size_t count;
    struct ext_module *module = NULL;
    struct ext_image *chosen = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O:package_check", names, &given, &image) ||
        (image != Py_None && ext_image_choose(Py_None, image, 0, &module, &chosen) != 0))
        return NULL;
    if (ext_package_array(given, &keep, &packages, &count) == 0 && (list = PyList_New(0)) != NULL) {
        pybox_status status =
            pybox_package_check(packages, count, chosen != NULL ? chosen->image : NULL, add_requirement, list);
        if (status != PYBOX_OK)
            ext_error_raise(status);
        if (PyErr_Occurred())
            Py_CLEAR(list);
    }
    ext_keep_free(&keep);
    Py_XDECREF(module);
    Py_XDECREF(chosen);
    return list;
}

/* ---- facts ---- */

enum fact { NAME, VERSION, SUMMARY, REQUIRES_PYTHON, REQUIRES, BYTES, FILES, COMPILED };

static PyObject *requirements_of(const pybox_package_info *info)
{
    PyObject *made = PyTuple_New((Py_ssize_t)info->require_count);
    for (size_t i = 0; i < info->require_count && made != NULL; i++) {
        PyObject *item = ext_string(info->requires[i]);
        if (item == NULL || PyTuple_SetItem(made, (Py_ssize_t)i, item) != 0)
            Py_CLEAR(made);
    }
    return made;
}

static PyObject *package_fact(PyObject *object, void *which)
{
    struct ext_package *self = (struct ext_package *)object;
    if (ext_process_check(self->generation) != 0)
        return NULL;
    const pybox_package_info *info = pybox_package_inform(self->package);
    switch ((enum fact)(intptr_t)which) {
    case NAME:
        return ext_string(info->name);
    case VERSION:
        return ext_string(info->version);
    case SUMMARY:
        return ext_string(info->summary);
    case REQUIRES_PYTHON:
        return ext_string(info->requires_python);
    case REQUIRES:
        return requirements_of(info);
    case BYTES:
        return PyLong_FromUnsignedLongLong(info->bytes);
    case FILES:
        return PyLong_FromUnsignedLong(info->files);
    case COMPILED:
        break;
    }
    return PyBool_FromLong(info->compiled);
}

static PyGetSetDef package_facts[] = {
    {"name", package_fact, NULL, NULL, (void *)NAME},
    {"version", package_fact, NULL, NULL, (void *)VERSION},
    {"summary", package_fact, NULL, NULL, (void *)SUMMARY},
    {"requires_python", package_fact, NULL, NULL, (void *)REQUIRES_PYTHON},
    {"requires", package_fact, NULL, "what it needs, as it says", (void *)REQUIRES},
    {"bytes", package_fact, NULL, "of all its files", (void *)BYTES},
    {"files", package_fact, NULL, NULL, (void *)FILES},
    {"compiled", package_fact, NULL, "it comes from compile()", (void *)COMPILED},
    {NULL, NULL, NULL, NULL, NULL},
};

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef package_methods[] = {
    {"compile", KEYWORDS(package_compile), "The same package with its modules compiled."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef check_method = {"package_check", KEYWORDS(package_check),
                                   "The requirements of packages that nothing fulfils."};

int ext_package_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"A pure-Python wheel or folder that boxes show read-only. Shareable by threads."},
        {Py_tp_new, package_new},
        {Py_tp_dealloc, package_dealloc},
        {Py_tp_getset, package_facts},
        {Py_tp_methods, package_methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Package", sizeof(struct ext_package), 0, Py_TPFLAGS_DEFAULT, slots};
    package_type = ext_type_make(module, &spec);
    PyObject *function = PyCFunction_NewEx(&check_method, NULL, NULL);
    if (function == NULL || PyModule_AddObject(module, check_method.ml_name, function) != 0)
        return -1;
    return package_type != NULL ? 0 : -1;
}
