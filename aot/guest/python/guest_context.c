#define PY_SSIZE_T_CLEAN
#include "guest_context.h"

#include "guest_main.h"

#define MAIN_NAME "main"

struct context {
    const char *name;
    PyObject *globals;
    PyCompilerFlags flags;
};

static struct context main_context = {.name = MAIN_NAME, .flags = _PyCompilerFlags_INIT};
static struct context *current;

int context_start(void)
{
    PyObject *module = PyImport_AddModule("__main__");
    if (module == NULL)
        return -1;
    main_context.globals = PyModule_GetDict(module);
    return 0;
}

struct context *context_find(const char *name)
{
    return strcmp(name, MAIN_NAME) == 0 ? &main_context : NULL;
}

const char *context_name(const struct context *context)
{
    return context->name;
}

PyObject *context_globals(const struct context *context)
{
    return context->globals;
}

int context_bind(struct context *context, PyObject *name, PyObject *value)
{
    return PyDict_SetItem(context->globals, name, value);
}

PyCompilerFlags *context_flags(struct context *context)
{
    return &context->flags;
}

void context_enter(struct context *context, struct context_visit *visit)
{
    *visit = (struct context_visit){.outer = current};
    current = context;
}

void context_leave(struct context_visit *visit)
{
    current = visit->outer;
}

struct context *context_current(void)
{
    return current;
}
