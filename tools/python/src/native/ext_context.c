/* The box's methods on contexts and variables. */
#include "ext.h"

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

/* ---- contexts ---- */

static PyObject *context_create(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "parent", NULL};
    struct ext_box *self = (struct ext_box *)object;
    const char *name, *parent = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|z:context_create", names, &name, &parent))
        return NULL;
    EXT_FRAME_CALL(self, pybox_context_create(self->box, name, parent));
}

static PyObject *context_copy(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "source", NULL};
    struct ext_box *self = (struct ext_box *)object;
    const char *name, *source;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "ss:context_copy", names, &name, &source))
        return NULL;
    EXT_FRAME_CALL(self, pybox_context_copy(self->box, name, source));
}

static PyObject *context_reset(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", NULL};
    struct ext_box *self = (struct ext_box *)object;
    const char *name;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s:context_reset", names, &name))
        return NULL;
    EXT_FRAME_CALL(self, pybox_context_reset(self->box, name));
}

static PyObject *context_destroy(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", NULL};
    struct ext_box *self = (struct ext_box *)object;
    const char *name;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s:context_destroy", names, &name))
        return NULL;
    EXT_FRAME_CALL(self, pybox_context_destroy(self->box, name));
}

static int add_context(void *context, const char *name, const char *parent)
{
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 1;
    PyObject *name_text = ext_string(name), *parent_text = ext_text_or_none(parent);
    PyObject *item = name_text != NULL && parent_text != NULL ? PyTuple_Pack(2, name_text, parent_text) : NULL;
    int failed = item == NULL || PyList_Append(context, item) != 0;
    if (failed)
        ext_frame_stop(frame);
    Py_XDECREF(item);
    Py_XDECREF(name_text);
    Py_XDECREF(parent_text);
    ext_frame_end_callback(frame);
    return failed;
}

static PyObject *context_list(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    PyObject *list = PyList_New(0);
    if (list == NULL || ext_frame_enter(&frame, self) != 0) {
        Py_XDECREF(list);
        return NULL;
    }
    ext_frame_release(&frame);
    pybox_status status = pybox_context_list(self->box, add_context, list);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, list);
}

typedef pybox_status protection(pybox_box *box, const char *context, const char *const *names, size_t count);

static PyObject *set_protection(struct ext_box *self, protection *set, const char *context, const char **texts,
                                size_t count)
{
    EXT_FRAME_CALL(self, set(self->box, context, texts, count));
}

static PyObject *context_protection(PyObject *object, PyObject *arguments, PyObject *keywords, const char *format,
                                    protection *set)
{
    static char *names[] = {"context", "names", NULL};
    struct ext_keep keep = {0};
    const char *context, **texts;
    size_t count;
    PyObject *given = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, format, names, &context, &given))
        return NULL;
    PyObject *made = ext_texts_of(&keep, given, "names", &texts, &count) == 0
                         ? set_protection((struct ext_box *)object, set, context, texts, count)
                         : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *context_protect(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    return context_protection(self, arguments, keywords, "sO:context_protect", pybox_context_protect);
}

static PyObject *context_unprotect(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    return context_protection(self, arguments, keywords, "s|O:context_unprotect", pybox_context_unprotect);
}

/* ---- variables ---- */

static PyObject *do_set(struct ext_box *self, const pybox_variable *variable, const pybox_value *value)
{
    EXT_FRAME_CALL(self, pybox_variable_set(self->box, variable, value));
}

static PyObject *variable_set(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "value", "context", "form", "frozen", NULL};
    struct ext_keep keep = {0};
    PyObject *given;
    int form = 0;
    pybox_variable variable = {0};
    pybox_value value;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "sO|$zip:variable_set", names, &variable.name, &given,
                                     &variable.context, &form, &variable.frozen))
        return NULL;
    variable.form = (pybox_form_of_values)form;
    PyObject *made =
        ext_value_of(&keep, given, &value) == 0 ? do_set((struct ext_box *)object, &variable, &value) : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *variable_get(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "context", "form", NULL};
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    const pybox_result *result = NULL;
    int form = 0;
    pybox_variable variable = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|$zi:variable_get", names, &variable.name,
                                     &variable.context, &form) ||
        ext_frame_enter(&frame, self) != 0)
        return NULL;
    variable.form = (pybox_form_of_values)form;
    ext_frame_release(&frame);
    pybox_status status = pybox_variable_get(self->box, &variable, &result);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? ext_result(result) : NULL);
}

static PyObject *variable_delete(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "context", NULL};
    struct ext_box *self = (struct ext_box *)object;
    pybox_variable variable = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|$z:variable_delete", names, &variable.name,
                                     &variable.context))
        return NULL;
    EXT_FRAME_CALL(self, pybox_variable_delete(self->box, &variable));
}

const PyMethodDef ext_context_methods[] = {
    {"context_create", KEYWORDS(context_create), "Makes a context, which may inherit from another one."},
    {"context_copy", KEYWORDS(context_copy), "Makes a context with the names of another."},
    {"context_reset", KEYWORDS(context_reset), "Empties a context."},
    {"context_destroy", KEYWORDS(context_destroy), "Destroys a context."},
    {"context_list", context_list, METH_NOARGS, "(name, parent) of all, \"main\" first."},
    {"context_protect", KEYWORDS(context_protect), "The guest can neither bind nor delete these names."},
    {"context_unprotect", KEYWORDS(context_unprotect), "Takes that back; without names, of all."},
    {"variable_set", KEYWORDS(variable_set), "Binds a variable."},
    {"variable_get", KEYWORDS(variable_get), "The value of a variable, as a Result."},
    {"variable_delete", KEYWORDS(variable_delete), "Unbinds a variable."},
    {NULL, NULL, 0, NULL},
};
