#define PY_SSIZE_T_CLEAN
#include "guest_registry.h"

#include <stdlib.h>

#define MAIN_NAME "main"

/* How often what finalisers bind is emptied too. */
#define PASSES 3

static struct names registry;
static struct context *first, *last; /* of the registered ones */
static PyObject *main_name, *loader, *builtins_module;

/* ------------------------------------------------------------------------------------------
 * The registry
 */

struct context *registry_first(void)
{
    return first;
}

uint32_t registry_count(void)
{
    return registry.used;
}

/* Its entry's, for the runtime; 0: none. */
static uint32_t address_of(const struct context *context)
{
    return context != NULL && context != space_root() ? (uint32_t)(uintptr_t)&context->entry : 0;
}

static void set_next(struct context *context, struct context *next)
{
    context->next = next;
    context->entry.next = address_of(next);
}

/* Calls nothing, so that not even the stack changes: a box is as it was. */
__attribute__((export_name(GUEST_EXPORT_CONTEXTS))) uint32_t pybox_contexts(void)
{
    return (uint32_t)(uintptr_t)first; /* its entry comes first in it */
}

/* 0, or -1 with an exception. */
static int enter_in_registry(struct context *context, PyObject *name, PyObject *module)
{
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(name, &length);
    struct name *entry = text != NULL ? names_add(&registry, name) : NULL;
    if (entry == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    entry->context = context;
    context->entry = (struct guest_context_entry){
        .name = (uint32_t)(uintptr_t)text, .name_bytes = (uint32_t)length, .parent = address_of(context->parent)};
    context->name = Py_NewRef(name);
    context->module = Py_NewRef(module);
    context->previous = last;
    if (last != NULL)
        set_next(last, context);
    else
        first = context;
    last = context;
    context->needs++;
    return 0;
}

void registry_remove(struct context *context)
{
    PyObject *name = context->name, *module = context->module;
    context_forget_shown(context);
    names_remove(&registry, name);
    set_next(context->previous, context->next); /* "main" is the first one, and stays */
    if (context->next != NULL)
        context->next->previous = context->previous;
    else
        last = context->previous;
    context->name = context->module = NULL;
    space_drop_need(context);
    Py_DECREF(name);
    Py_DECREF(module); /* and what only its globals keep */
}

struct context *registry_find(PyObject *name)
{
    const struct name *entry = names_find(&registry, name, PyObject_Hash(name));
    return entry != NULL ? entry->context : NULL;
}

/* ------------------------------------------------------------------------------------------
 * Making one
 */

/* Also if the name is protected. */
static int bind(PyObject *globals, const char *text, PyObject *value)
{
    PyObject *name = PyUnicode_InternFromString(text);
    if (name == NULL)
        return -1;
    space_allow((PyDictObject *)globals, name, value);
    const int result = PyDict_SetItem(globals, name, value);
    space_allow_no_more();
    Py_DECREF(name);
    return result;
}

/* What every module begins with. */
static int fill(PyObject *module)
{
    PyObject *globals = PyModule_GetDict(module);
    PyObject *annotations = PyDict_New();
    const struct {
        const char *name;
        PyObject *value;
    } names[] = {
        {"__name__", main_name}, {"__doc__", Py_None},  {"__package__", Py_None},
        {"__loader__", loader},  {"__spec__", Py_None}, {"__annotations__", annotations},
    };
    int result = annotations != NULL ? 0 : -1;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names) && result == 0; i++)
        result = bind(globals, names[i].name, names[i].value);
    Py_XDECREF(annotations);
    return result;
}

/* Makes "main" of the module `__main__`, others of a new one. */
static struct context *make(PyObject *name, struct context *parent, PyObject *module)
{
    struct context *context = calloc(1, sizeof *context);
    if (context == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    context->needs = 1; /* ours, until it is made */
    context->flags = (PyCompilerFlags)_PyCompilerFlags_INIT;
    context->depth = parent == space_root() ? 1 : parent->depth + 1;
    if (space_join(context, parent, PyModule_GetDict(module)) < 0 ||
        enter_in_registry(context, name, module) < 0) {
        space_drop_need(context);
        return NULL;
    }
    space_drop_need(context); /* the registry needs it now */
    return context;
}

struct context *registry_make(PyObject *name, struct context *parent)
{
    PyObject *module = PyModule_NewObject(main_name);
    struct context *made = NULL;
    if (parent == NULL)
        parent = space_root();
    if (module != NULL && fill(module) == 0 &&
        (parent != space_root() ||
         bind(PyModule_GetDict(module), "__builtins__", builtins_module) == 0))
        made = make(name, parent, module);
    Py_XDECREF(module);
    return made;
}

int registry_start(void)
{
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *name = PyUnicode_InternFromString(MAIN_NAME);
    main_name = PyUnicode_InternFromString("__main__");
    builtins_module = PyImport_ImportModule("builtins");
    if (module == NULL || name == NULL || main_name == NULL || builtins_module == NULL ||
        space_start() < 0)
        return -1;
    loader = PyDict_GetItemString(PyModule_GetDict(module), "__loader__");
    loader = Py_NewRef(loader != NULL ? loader : Py_None);
    struct context *made = make(name, space_root(), module);
    Py_DECREF(name);
    return made != NULL ? 0 : -1;
}

/* ------------------------------------------------------------------------------------------
 * Emptying it
 */

static void clear_globals(struct context *context)
{
    space_allow(context->globals, NULL, NULL);
    PyDict_Clear((PyObject *)context->globals);
    space_allow_no_more();
}

int registry_empty(struct context *context)
{
    PyObject *inherited = Py_XNewRef(context->inherited);
    context->flags = (PyCompilerFlags)_PyCompilerFlags_INIT;
    context_forget_shown(context);
    names_clear(&context->protected_names);
    for (int pass = 0; pass < PASSES && PyDict_GET_SIZE(context->globals) > 0; pass++)
        clear_globals(context);
    int result = fill(context->module);
    if (result == 0)
        result = bind((PyObject *)context->globals, "__builtins__",
                      inherited != NULL ? inherited : builtins_module);
    Py_XDECREF(inherited);
    return result;
}

/* Unbinds the names one by one, as destructors may still use what comes behind. */
static void end(struct context *context)
{
    static const char *const kept[] = {"__name__",   "__builtins__", "__doc__",
                                       "__loader__", "__spec__",     "__package__"};
    PyObject *globals = (PyObject *)context->globals;
    PyObject *names = PyDict_Keys(globals);
    names_clear(&context->protected_names);
    for (Py_ssize_t i = 0; names != NULL && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        int is_kept = 0;
        for (size_t k = 0; k < Py_ARRAY_LENGTH(kept) && PyUnicode_Check(name); k++)
            is_kept |= PyUnicode_EqualToUTF8(name, kept[k]);
        if (!is_kept && PyDict_Pop(globals, name, NULL) < 0)
            PyErr_Clear();
    }
    PyErr_Clear();
    Py_XDECREF(names);
}

void registry_end(void)
{
    for (struct context *each = last; each != NULL; each = each->previous) {
        struct context_visit visit;
        context_enter(each, &visit);
        end(each);
        context_leave(&visit);
    }
}
