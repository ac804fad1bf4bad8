#define PY_SSIZE_T_CLEAN
#include "guest_context.h"

#include "guest_registry.h"

static struct context *current;
static struct context *showing; /* whose `_` is that of the module builtins */
static PyObject *main_name, *shown_name;
static PyObject *normalize, *normal_form; /* unicodedata.normalize("NFKC", name) */

int context_start(void)
{
    main_name = PyUnicode_InternFromString("__main__");
    shown_name = PyUnicode_InternFromString("_");
    normal_form = PyUnicode_InternFromString("NFKC");
    PyObject *module = PyImport_ImportModule("unicodedata");
    normalize = module != NULL ? PyObject_GetAttrString(module, "normalize") : NULL;
    Py_XDECREF(module);
    if (main_name == NULL || shown_name == NULL || normal_form == NULL || normalize == NULL || registry_start() < 0)
        return -1;
    showing = registry_first();
    return 0;
}

struct context *context_find(const char *name)
{
    PyObject *text = PyUnicode_FromString(name);
    if (text == NULL) {
        PyErr_Clear();
        return NULL;
    }
    struct context *found = registry_find(text);
    Py_DECREF(text);
    return found;
}

/* ------------------------------------------------------------------------------------------
 * Its names
 */

const char *context_name(const struct context *context)
{
    return PyUnicode_AsUTF8(context->name);
}

PyObject *context_globals(const struct context *context)
{
    return (PyObject *)context->globals;
}

PyCompilerFlags *context_flags(struct context *context)
{
    return &context->flags;
}

int context_bind(struct context *context, PyObject *name, PyObject *value)
{
    space_allow(context->globals, name, value);
    const int result = value != NULL ? PyDict_SetItem((PyObject *)context->globals, name, value)
                                     : PyDict_DelItem((PyObject *)context->globals, name);
    space_allow_no_more();
    return result;
}

PyObject *context_variable(const char *text, Py_ssize_t bytes)
{
    PyObject *name = PyUnicode_DecodeUTF8(text, bytes, "strict");
    if (name != NULL && !PyUnicode_IS_ASCII(name) && PyUnicode_IsIdentifier(name))
        Py_SETREF(name, PyObject_CallFunctionObjArgs(normalize, normal_form, name, NULL));
    if (name != NULL)
        PyUnicode_InternInPlace(&name);
    return name;
}

PyObject *context_look_up(struct context *context, PyObject *name)
{
    PyObject *value = NULL;
    if (PyDict_GetItemRef((PyObject *)context->globals, name, &value) != 0)
        return value;
    PyObject *inherited = context->inherited != NULL ? (PyObject *)context->inherited
                                                     : (PyObject *)space_root()->globals;
    (void)PyDict_GetItemRef(inherited, name, &value);
    return value;
}

/* ------------------------------------------------------------------------------------------
 * Running in it
 */

/* `_`, which the interactive mode binds among the built-ins, is each context's own. */
static void show(struct context *context)
{
    PyObject *builtins = (PyObject *)space_root()->globals;
    PyObject *shown = NULL, *next = context->shown;
    if (showing == context)
        return;
    if (PyDict_GetItemRef(builtins, shown_name, &shown) < 0)
        PyErr_Clear();
    if (shown != NULL || next != NULL) {
        context->shown = NULL;
        Py_XSETREF(showing->shown, Py_XNewRef(shown));
        if ((next != NULL ? PyDict_SetItem(builtins, shown_name, next)
                          : PyDict_DelItem(builtins, shown_name)) < 0)
            PyErr_Clear();
    }
    showing = context;
    Py_XDECREF(shown);
    Py_XDECREF(next);
}

void context_forget_shown(struct context *context)
{
    if (showing == context && context != registry_first())
        show(registry_first());
    else if (showing == context &&
             PyDict_Pop((PyObject *)space_root()->globals, shown_name, NULL) < 0)
        PyErr_Clear();
    Py_CLEAR(context->shown);
}

/* What `__main__` was, a new reference. */
static PyObject *put_main(PyObject *module)
{
    PyObject *modules = PyImport_GetModuleDict(), *before = NULL;
    if (!PyDict_CheckExact(modules)) /* the program's own affair */
        return NULL;
    if (PyDict_GetItemRef(modules, main_name, &before) < 0 || before == module ||
        PyDict_SetItem(modules, main_name, module) < 0) {
        PyErr_Clear();
        Py_CLEAR(before);
    }
    return before;
}

void context_enter(struct context *context, struct context_visit *visit)
{
    *visit = (struct context_visit){.outer = current};
    current = context;
    context->visits++;
    show(context);
    /* A program may have put something else there for good. */
    if (context != registry_first() || visit->outer != NULL)
        visit->module = put_main(context->module);
}

void context_leave(struct context_visit *visit)
{
    current->visits--;
    current = visit->outer;
    if (current != NULL)
        show(current);
    if (visit->module != NULL)
        Py_XDECREF(put_main(visit->module));
    Py_CLEAR(visit->module);
}

struct context *context_current(void)
{
    return current;
}

