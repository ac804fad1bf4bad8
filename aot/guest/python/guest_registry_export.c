/* The export for contexts: the runtime's requests to the registry. */
#define PY_SSIZE_T_CLEAN
#include "guest_registry.h"

#include <string.h>

#include "guest_abi.h"
#include "guest_async.h"
#include "guest_main.h"
#include "guest_reply.h"

/* A request's texts, one after the other. */
struct request {
    const char *next;
    uint32_t left;
};

static const char *take(struct request *request)
{
    const char *text = request->next;
    if (request->left == 0)
        return "";
    request->left--;
    request->next += strlen(text) + 1;
    return text;
}

static PyObject *take_variable(struct request *request)
{
    const char *text = take(request);
    return context_variable(text, (Py_ssize_t)strlen(text));
}

static uint32_t done(void)
{
    reply_flush_streams(); /* destructors may have written */
    return reply_with(GUEST_REPLY_DONE, NULL);
}

/* For the exception that is set. */
static uint32_t fail(const char *what)
{
    PyObject *exception = PyErr_GetRaisedException();
    const char *type = Py_TYPE(exception)->tp_name;
    const int memory = PyErr_GivenExceptionMatches(exception, PyExc_MemoryError);
    const uint32_t reply =
        memory ? reply_refused(GUEST_REFUSED_LIMIT, "the box has no memory left to %s; raise its memory limit", what)
               : reply_refused(GUEST_REFUSED_ARGUMENT, "the box could not %s: %s was raised", what, type);
    Py_DECREF(exception);
    return reply;
}

static uint32_t refuse_unknown(const char *name)
{
    return reply_refused(GUEST_REFUSED_ARGUMENT, "the box has no context %.200s", name);
}

static uint32_t make(struct request *request, int as_copy)
{
    const char *name = take(request), *of_name = take(request);
    struct context *of = *of_name != '\0' ? context_find(of_name) : NULL;
    if (of == NULL && (as_copy || *of_name != '\0'))
        return refuse_unknown(of_name);
    if (context_find(name) != NULL)
        return reply_refused(GUEST_REFUSED_ARGUMENT, "the box has a context %.200s already", name);
    if (registry_count() >= GUEST_CONTEXTS_MOST)
        return reply_refused(GUEST_REFUSED_LIMIT, "a box has at most %d contexts", GUEST_CONTEXTS_MOST);
    if (!as_copy && of != NULL && of->depth >= GUEST_CONTEXT_DEPTH_MOST)
        return reply_refused(GUEST_REFUSED_LIMIT, "contexts inherit at most %d deep", GUEST_CONTEXT_DEPTH_MOST);
    PyObject *text = PyUnicode_FromString(name);
    struct context *made = text == NULL ? NULL : as_copy ? registry_copy(text, of) : registry_make(text, of);
    Py_XDECREF(text);
    return made != NULL ? done() : fail("make a context");
}

static uint32_t destroy(struct context *context)
{
    if (context == registry_first())
        return reply_refused(GUEST_REFUSED_ARGUMENT, "the context main is always there; pybox_context_reset() empties it");
    if (context->visits > 0)
        return reply_refused(GUEST_REFUSED_ARGUMENT, "the context %.200s runs code", context_name(context));
    for (const struct context *child = context->first_child; child != NULL; child = child->next_sibling)
        if (child->name != NULL)
            return reply_refused(GUEST_REFUSED_ARGUMENT, "the context %.200s inherits from %.200s",
                                 PyUnicode_AsUTF8(child->name), context_name(context));
    registry_remove(context);
    return done();
}

/* All names, or none. */
static uint32_t protect(struct context *context, struct request *request)
{
    PyObject *added = PyList_New(0);
    int result = added != NULL ? 0 : -1;
    while (result == 0 && request->left > 0) {
        PyObject *name = take_variable(request);
        if (name == NULL || names_find(&context->protected_names, name, PyObject_Hash(name)) == NULL)
            result = name != NULL ? PyList_Append(added, name) : -1;
        if (result == 0 && (!PyUnicode_CHECK_INTERNED(name) ||
                            names_add(&context->protected_names, name) == NULL)) {
            PyErr_NoMemory();
            result = -1;
        }
        if (result == 0)
            space_watch(name);
        Py_XDECREF(name);
    }
    for (Py_ssize_t i = 0; result < 0 && added != NULL && i < PyList_GET_SIZE(added); i++)
        names_remove(&context->protected_names, PyList_GET_ITEM(added, i));
    Py_XDECREF(added);
    return result == 0 ? done() : fail("protect names");
}

static uint32_t unprotect(struct context *context, struct request *request)
{
    if (request->left == 0)
        names_clear(&context->protected_names);
    while (request->left > 0) {
        PyObject *name = take_variable(request);
        if (name == NULL) {
            PyErr_Clear(); /* it is not among them, then */
            continue;
        }
        names_remove(&context->protected_names, name);
        Py_DECREF(name);
    }
    return done();
}

GUEST_EXPORT(GUEST_EXPORT_CONTEXT) uint32_t pybox_context(uint32_t act, uint32_t texts)
{
    struct request request = {.next = guest_request, .left = texts};
    reply_begin();
    if (async_waits())
        return reply_refused(GUEST_REFUSED_BUSY, "the box waits for its host, as it did when it was saved");
    if (act == GUEST_CONTEXT_CREATE || act == GUEST_CONTEXT_COPY)
        return make(&request, act == GUEST_CONTEXT_COPY);
    const char *name = take(&request);
    struct context *context = context_find(name);
    if (context == NULL)
        return refuse_unknown(name);
    switch (act) {
    case GUEST_CONTEXT_RESET:
        return registry_empty(context) == 0 ? done() : fail("empty a context");
    case GUEST_CONTEXT_DESTROY:
        return destroy(context);
    case GUEST_CONTEXT_PROTECT:
        return protect(context, &request);
    default:
        return unprotect(context, &request);
    }
}
