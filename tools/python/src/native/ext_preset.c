#include "ext.h"

static const char *const names[] = {"normal", "strict", "permissive"};

#define PRESETS ((int)(sizeof names / sizeof names[0]))

static PyObject *preset_find(PyObject *ignored, PyObject *arguments)
{
    (void)ignored;
    const char *name;
    if (!PyArg_ParseTuple(arguments, "s:preset_find", &name))
        return NULL;
    for (int i = 0; i < PRESETS; i++)
        if (strcmp(names[i], name) == 0)
            return PyLong_FromLong(i);
    return ext_error_say(PYBOX_ERROR_ARGUMENT, "there is no preset '%s'; expected strict, normal or permissive", name);
}

static PyObject *preset_name(PyObject *ignored, PyObject *arguments)
{
    (void)ignored;
    int preset;
    if (!PyArg_ParseTuple(arguments, "i:preset_name", &preset))
        return NULL;
    if (preset < 0 || preset >= PRESETS)
        return ext_error_say(PYBOX_ERROR_ARGUMENT, "there is no preset %d", preset);
    return ext_string(names[preset]);
}

static PyObject *preset_limits(PyObject *ignored, PyObject *arguments)
{
    (void)ignored;
    int preset;
    const pybox_limits limits = {0};
    if (!PyArg_ParseTuple(arguments, "i:preset_limits", &preset))
        return NULL;
    if (preset < 0 || preset >= PRESETS)
        return ext_error_say(PYBOX_ERROR_ARGUMENT, "there is no preset %d", preset);
    return ext_limits(&limits);
}

static PyMethodDef functions[] = {
    {"preset_find", preset_find, METH_VARARGS, "The number of a preset."},
    {"preset_name", preset_name, METH_VARARGS, "Its name."},
    {"preset_limits", preset_limits, METH_VARARGS, "Its limits."},
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
