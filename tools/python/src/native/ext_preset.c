#include "ext.h"

static PyObject *preset_find(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    static char *names[] = {"name", NULL};
    const char *name;
    pybox_preset preset;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s:preset_find", names, &name))
        return NULL;
    pybox_status status = pybox_preset_find(name, &preset);
    return status == PYBOX_OK ? PyLong_FromLong(preset) : ext_error_raise(status);
}

/* A number that is a preset's. 0, or -1 with ArgumentError. */
static int preset_of(PyObject *arguments, PyObject *keywords, const char *format, pybox_preset *preset)
{
    static char *names[] = {"preset", NULL};
    int number;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, format, names, &number))
        return -1;
    *preset = (pybox_preset)number;
    if (pybox_preset_limits(*preset) != NULL)
        return 0;
    ext_error_say(PYBOX_ERROR_ARGUMENT, "there is no preset %d", number);
    return -1;
}

static PyObject *preset_name(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    pybox_preset preset;
    if (preset_of(arguments, keywords, "i:preset_name", &preset) != 0)
        return NULL;
    return ext_string(pybox_preset_name(preset));
}

static PyObject *preset_limits(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    pybox_preset preset;
    if (preset_of(arguments, keywords, "i:preset_limits", &preset) != 0)
        return NULL;
    return ext_limits(pybox_preset_limits(preset));
}

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef functions[] = {
    {"preset_find", KEYWORDS(preset_find), "The number of a preset."},
    {"preset_name", KEYWORDS(preset_name), "Its name."},
    {"preset_limits", KEYWORDS(preset_limits), "All of its limits, each field set."},
};

int ext_preset_init(PyObject *module)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        PyObject *function = PyCFunction_NewEx(&functions[i], NULL, NULL);
        if (function == NULL || PyModule_AddObject(module, functions[i].ml_name, function) != 0)
            return -1;
    }
    return 0;
}
