#include "ext.h"

/* Until the library has packages and presets: what tells a program so. */

static PyObject *package_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)type;
    (void)arguments;
    (void)keywords;
    return ext_error_say(PYBOX_ERROR_UNSUPPORTED, "this build of pybox has no packages");
}

int ext_package_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"A pure-Python wheel or folder that boxes show read-only. Shareable by threads."},
        {Py_tp_new, package_new},
        {Py_tp_dealloc, ext_type_free},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Package", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
    return ext_type_make(module, &spec) != NULL ? 0 : -1;
}
