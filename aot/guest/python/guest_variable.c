/* Variables of a context, and calls of what they hold: the export pybox_value. */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>

#include <string.h>

#include "guest_async.h"
#include "guest_context.h"
#include "guest_main.h"
#include "guest_reply.h"
#include "guest_stop.h"
#include "guest_value.h"

/* A request, in the request buffer. */
struct request {
    struct guest_value_request head;
    struct context *context;
    PyObject *names; /* the context's; borrowed */
    const char *name;
    const char *parts, *texts; /* arrays of struct guest_value_part, and of what they have */
    struct value_options options;
};

/* A bytes object that the runtime writes to before it asks for it to be bound: no copy is made of what may be large. */
static PyObject *room;

GUEST_EXPORT(GUEST_EXPORT_ROOM) uint32_t pybox_room(uint32_t bytes)
{
    Py_XSETREF(room, PyBytes_FromStringAndSize(NULL, (Py_ssize_t)bytes));
    if (room == NULL)
        PyErr_Clear();
    return room != NULL ? (uint32_t)(uintptr_t)PyBytes_AS_STRING(room) : 0;
}

/* 0, or the address of the reply: there is no such context. */
static uint32_t open_request(struct request *r)
{
    const char *at = guest_request;
    memcpy(&r->head, at, sizeof r->head);
    r->parts = at + sizeof r->head;
    at = r->parts + r->head.count * sizeof(struct guest_value_part) + 1;
    r->context = context_find(at);
    r->name = at + r->head.context_bytes + 1;
    r->texts = r->name + r->head.name_bytes + 1;
    if (r->context == NULL)
        return reply_refused(GUEST_REFUSED_ARGUMENT, "the box has no context %.200s", at);
    r->names = context_globals(r->context);
    r->options = (struct value_options){
        .form = (enum guest_value_form)r->head.form,
        .names = r->names,
        .frozen = r->head.frozen != 0,
    };
    return 0;
}

/* The next part as an object. */
static PyObject *take_part(struct request *r)
{
    struct guest_value_part part;
    memcpy(&part, r->parts, sizeof part);
    const char *const bytes = r->texts;
    r->parts += sizeof part;
    r->texts += part.bytes + 1;
    switch (part.kind) {
    case GUEST_VALUE_JSON:
        return value_decode(bytes, part.bytes, &r->options);
    case GUEST_VALUE_BYTES:
        return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)part.bytes);
    case GUEST_VALUE_IN_ROOM:
        r->texts = bytes + 1;
        if (room != NULL) {
            PyObject *value = room;
            room = NULL;
            return value;
        }
        break;
    }
    Py_RETURN_NONE;
}

/* The reply to a request with a value that is none; `what` names it. A stop is that of the run. */
static uint32_t refuse_value(const char *what)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return reply_exception();
    const int no_memory = PyErr_ExceptionMatches(PyExc_MemoryError);
    PyObject *exception = PyErr_GetRaisedException();
    PyObject *text = PyObject_Str(exception);
    const char *why = text != NULL ? PyUnicode_AsUTF8(text) : NULL;
    PyErr_Clear();
    const uint32_t address =
        no_memory ? reply_refused(GUEST_REFUSED_LIMIT, "the box has no memory left for %s; raise its memory limit", what)
                  : reply_refused(GUEST_REFUSED_ARGUMENT, "%s cannot be made: %.700s", what, why != NULL ? why : "?");
    Py_XDECREF(text);
    Py_DECREF(exception);
    return address;
}

/* A name by the rules of code at the top level of the context: a new reference, or NULL with a NameError. */
static PyObject *find_name(const struct request *r, PyObject *name)
{
    PyObject *value = context_look_up(r->context, name);
    if (value == NULL && !PyErr_Occurred())
        PyErr_Format(PyExc_NameError, "name '%U' is not defined", name);
    return value;
}

/* ---- variables ---- */

static uint32_t done(void)
{
    stop_code_ended();
    reply_flush_streams();
    return reply_with(GUEST_REPLY_DONE, NULL);
}

static uint32_t set_variable(struct request *r, PyObject *name)
{
    PyObject *value = take_part(r);
    if (value == NULL)
        return refuse_value("the value");
    const int failed = context_bind(r->context, name, value);
    Py_DECREF(value);
    if (failed < 0)
        return refuse_value("the variable");
    return stop_swallowed() ? reply_exception() : done();
}

static uint32_t get_variable(struct request *r, PyObject *name)
{
    PyObject *value = find_name(r, name);
    return value != NULL ? reply_object(value, &r->options, 0) : reply_exception();
}

static uint32_t delete_variable(struct request *r, PyObject *name)
{
    if (context_bind(r->context, name, NULL) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError))
            return refuse_value("the variable");
        PyErr_Clear();
        return reply_refused(GUEST_REFUSED_ARGUMENT, "the context %.200s has no variable %.200s of its own",
                             context_name(r->context), r->name);
    }
    return stop_swallowed() ? reply_exception() : done();
}

/* ---- calls ---- */

/* The function that a dotted path names. */
static PyObject *find_function(const struct request *r)
{
    PyObject *function = NULL;
    for (const char *name = r->name; name != NULL;) {
        const char *const dot = strchr(name, '.');
        PyObject *part = context_variable(name, dot != NULL ? dot - name : (Py_ssize_t)strlen(name));
        PyObject *found = part == NULL ? NULL : function == NULL ? find_name(r, part) : PyObject_GetAttr(function, part);
        Py_XDECREF(part);
        Py_XSETREF(function, found);
        if (function == NULL)
            return NULL;
        name = dot != NULL ? dot + 1 : NULL;
    }
    return function;
}

static int has_text_keys(PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &position, &key, &value))
        if (!PyUnicode_Check(key))
            return 0;
    return 1;
}

/* Makes the arguments. 0; or the address of the reply that says why there are none. */
static uint32_t take_arguments(struct request *r, PyObject **arguments, PyObject **keywords)
{
    const uint32_t count = r->head.count - (r->head.has_keywords != 0);
    char what[40];
    *keywords = NULL;
    *arguments = PyTuple_New((Py_ssize_t)count);
    for (uint32_t i = 0; *arguments != NULL && i < count; i++) {
        PyObject *value = take_part(r);
        if (value == NULL) {
            PyOS_snprintf(what, sizeof what, "arguments[%u]", (unsigned)i);
            return refuse_value(what);
        }
        PyTuple_SET_ITEM(*arguments, (Py_ssize_t)i, value);
    }
    if (*arguments == NULL)
        return refuse_value("the arguments");
    if (!r->head.has_keywords)
        return 0;
    *keywords = take_part(r);
    if (*keywords == NULL)
        return refuse_value("keywords");
    return PyDict_Check(*keywords) && has_text_keys(*keywords)
               ? 0
               : reply_refused(GUEST_REFUSED_ARGUMENT, "keywords are no JSON object with names as keys");
}

static PyObject *call_named(const struct request *r, PyObject *arguments, PyObject *keywords)
{
    PyObject *function = find_function(r);
    PyObject *value = function != NULL ? PyObject_Call(function, arguments, keywords) : NULL;
    Py_XDECREF(function);
    return value;
}

/* What a coroutine comes to, which may have to wait for it. Takes the value, which may be NULL. */
static PyObject *await_result(PyObject *value, PyObject *names)
{
    if (value == NULL || !PyCoro_CheckExact(value))
        return value;
    PyObject *result = async_run(value, NULL, names);
    Py_DECREF(value);
    return result;
}

static uint32_t call_function(struct request *r)
{
    PyObject *arguments, *keywords, *value = NULL;
    uint32_t address = take_arguments(r, &arguments, &keywords);
    if (address == 0) {
        struct context_visit visit;
        context_enter(r->context, &visit);
        async_enter();
        value = await_result(call_named(r, arguments, keywords), r->names);
        async_leave();
        context_leave(&visit);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(keywords);
    if (address != 0)
        return address;
    if (value != NULL && stop_swallowed())
        Py_CLEAR(value);
    return reply_run(r->context, GUEST_MODE_CALL | (r->options.form == GUEST_VALUES_TAGGED ? GUEST_RUN_TAGGED : 0), value);
}

GUEST_EXPORT(GUEST_EXPORT_VALUE) uint32_t pybox_value(uint32_t op, uint32_t length)
{
    struct request r;
    if (async_waits())
        return reply_waits();
    reply_begin();
    uint32_t address = open_request(&r);
    if (address != 0) {
        stop_code_ended();
    } else if (op == GUEST_VALUE_CALL) {
        address = call_function(&r);
    } else {
        PyObject *name = context_variable(r.name, (Py_ssize_t)r.head.name_bytes);
        PyErr_Clear();
        if (name == NULL || !PyUnicode_IsIdentifier(name)) {
            address = reply_refused(GUEST_REFUSED_ARGUMENT, "%.200s is no identifier", r.name);
        } else {
            address = op == GUEST_VALUE_SET   ? set_variable(&r, name)
                      : op == GUEST_VALUE_GET ? get_variable(&r, name)
                                              : delete_variable(&r, name);
        }
        Py_XDECREF(name);
    }
    Py_CLEAR(room);
    request_shrink();
    return address;
}
