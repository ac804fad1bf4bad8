#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_reply.h"

#include "internal/pycore_pymem.h" /* _PyMem_AllocationFailed */

#include "guest_async.h"
#include "guest_main.h"
#include "guest_stop.h"
#include "guest_texts.h"
#include "guest_value_reply.h"
#include "guest_where.h"

/* Enough to format a traceback when the program has used up the rest. */
#define RESERVE_BYTES (512 * 1024)
#define SMALL_BYTES (32 * 1024)

/* Frames. Beyond it, formatting all of them (about 50 us each) and then leaving most out would take too long. */
#define FULL_TRACEBACK 2000

static struct guest_reply reply;
static PyObject *payload; /* bytes behind reply.payload */
static void *reserve;     /* memory for saying that there is none; NULL if that is in use */

uint32_t reply_with(enum guest_reply_kind kind, PyObject *bytes)
{
    Py_XSETREF(payload, bytes);
    reply = (struct guest_reply){.kind = kind};
    if (bytes != NULL && PyBytes_Check(bytes)) {
        reply.payload = (uint32_t)(uintptr_t)PyBytes_AS_STRING(bytes);
        reply.payload_bytes = (uint32_t)PyBytes_GET_SIZE(bytes);
    } else if (kind != GUEST_REPLY_DONE) {
        PyErr_Clear();
        reply.kind = GUEST_REPLY_FAILED;
    }
    return (uint32_t)(uintptr_t)&reply;
}

uint32_t reply_exit(int code)
{
    reply_with(GUEST_REPLY_DONE, NULL);
    reply.kind = GUEST_REPLY_EXIT;
    reply.exit_code = code;
    return (uint32_t)(uintptr_t)&reply;
}

void reply_flush_streams(void)
{
    static const char *const names[] = {"stdout", "stderr"};
    for (int i = 0; i < 2; i++) {
        PyObject *stream = PySys_GetObject(names[i]);
        if (stream == NULL || stream == Py_None)
            continue;
        PyObject *done = PyObject_CallMethod(stream, "flush", NULL);
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
}

/* The exit status that SystemExit asks for, by the rules of the interpreter's own exit. */
static int exit_code_of(PyObject *exception)
{
    PyObject *code = PyObject_GetAttrString(exception, "code");
    if (code == NULL) {
        PyErr_Clear();
        return 1;
    }
    int result = 1;
    if (code == Py_None)
        result = 0;
    else if (PyLong_Check(code))
        result = (int)PyLong_AsLong(code);
    else {
        PyObject *stream = PySys_GetObject("stderr");
        reply_flush_streams();
        if (stream != NULL && stream != Py_None &&
            (PyFile_WriteObject(code, stream, Py_PRINT_RAW) < 0 ||
             PyFile_WriteString("\n", stream) < 0))
            PyErr_Clear();
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();
        result = -1;
    }
    Py_DECREF(code);
    return result;
}

static void take_reserve(void)
{
    if (reserve == NULL)
        reserve = malloc(RESERVE_BYTES);
}

static void use_reserve(void)
{
    free(reserve);
    reserve = NULL;
}

void reply_on_no_memory(void)
{
    void *volatile some = malloc(SMALL_BYTES); /* or the compiler takes it for granted */
    if (some == NULL) {
        use_reserve();
        return;
    }
    free(some);
    take_reserve();
}

uint32_t reply_refused(enum guest_refusal refusal, const char *why, ...)
{
    static struct guest_texts texts;
    char text[GUEST_TEXT_MOST];
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(text, sizeof text, why, arguments);
    va_end(arguments);
    stop_code_ended();
    texts.used = 0;
    texts_put(&texts, text);
    reply_with(GUEST_REPLY_DONE, NULL);
    reply.kind = GUEST_REPLY_REFUSED;
    reply.exit_code = refusal;
    reply.payload = (uint32_t)(uintptr_t)texts.bytes;
    reply.payload_bytes = texts.used;
    return (uint32_t)(uintptr_t)&reply;
}

/* The reply that the bridge would have made, with as little as possible and without an allocation. */
static uint32_t reply_undescribed(PyObject *exception)
{
    static struct guest_texts texts;
    const PyBaseExceptionObject *base = (const PyBaseExceptionObject *)exception;
    const char *type = Py_TYPE(exception)->tp_name;
    const int line = where_raised((const PyTracebackObject *)base->traceback);
    texts.used = 0;
    texts_put(&texts, type);
    if (base->args != NULL && PyTuple_GET_SIZE(base->args) > 0)
        texts_put_unicode(&texts, PyTuple_GET_ITEM(base->args, 0));
    else
        texts_put(&texts, "");
    texts_put(&texts, type);
    texts_put_number(&texts, line > 0 ? (uint32_t)line : 0);
    for (int i = 0; i < 3; i++) /* no traceback, object or hint */
        texts_put(&texts, "");
    reply_with(GUEST_REPLY_DONE, NULL);
    reply.kind = GUEST_REPLY_EXCEPTION;
    reply.payload = (uint32_t)(uintptr_t)texts.bytes;
    reply.payload_bytes = texts.used;
    return (uint32_t)(uintptr_t)&reply;
}

/* Lets go of what the frames that an exception has gone through still hold. */
static void clear_frames(PyObject *exception)
{
    PyObject *first = PyException_GetTraceback(exception);
    for (PyTracebackObject *step = (PyTracebackObject *)first; step != NULL; step = step->tb_next) {
        PyObject *done = PyObject_CallMethod((PyObject *)step->tb_frame, "clear", NULL);
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
    Py_XDECREF(first);
}

/* The bridge's payload for an exception, or NULL with another one. If it is to be brief, it calls no code of the
 * program's, and costs little memory and fuel. */
static PyObject *ask_for_description(PyObject *exception, int brief)
{
    PyTracebackObject *traceback =
        (PyTracebackObject *)((PyBaseExceptionObject *)exception)->traceback;
    if (where_depth(traceback) > FULL_TRACEBACK)
        brief = 1;
    PyObject *frames = brief ? where_frames(traceback) : Py_NewRef(Py_None);
    if (frames == NULL)
        return NULL;
    return PyObject_CallMethod(guest_bridge, "describe_exception", "(OiN)", exception,
                               where_raised(traceback), frames);
}

/* The payload for an exception, or NULL. A full description may fail for want of memory, or be stopped. */
static PyObject *describe_exception(PyObject *exception)
{
    PyObject *description = ask_for_description(exception, stop_was_raised());
    if (description == NULL) {
        PyObject *error = PyErr_GetRaisedException();
        if (PyErr_GivenExceptionMatches(error, PyExc_MemoryError))
            clear_frames(exception);
        Py_DECREF(error);
        description = ask_for_description(exception, 1);
        PyErr_Clear();
    }
    return description;
}

uint32_t reply_exception(void)
{
    PyObject *exception = PyErr_GetRaisedException();
    const int no_memory = _PyMem_AllocationFailed &&
                          PyErr_GivenExceptionMatches(exception, PyExc_MemoryError);
    stop_code_ended();
    if (_PyMem_AllocationFailed)
        use_reserve();
    if (PyErr_GivenExceptionMatches(exception, PyExc_SystemExit)) {
        int code = exit_code_of(exception);
        Py_DECREF(exception);
        reply_flush_streams();
        return reply_exit(code);
    }
    PyObject *description = describe_exception(exception);
    uint32_t address = description != NULL ? reply_with(GUEST_REPLY_EXCEPTION, description)
                                           : reply_undescribed(exception);
    Py_DECREF(exception); /* and what its frames hold, which may write */
    reply_flush_streams();
    if (no_memory)
        reply.flags |= GUEST_REPLY_NO_MEMORY;
    return address;
}

void reply_begin(void)
{
    value_reply_forget();
    take_reserve();
    _PyMem_AllocationFailed = 0;
    stop_code_begins();
}

uint32_t reply_object(PyObject *value, const struct value_options *options, int repr)
{
    struct value_reply made;
    const int failed = value_reply_make(value, options, repr, &made);
    Py_DECREF(value);
    if (failed < 0)
        return reply_exception();
    stop_code_ended();
    reply_flush_streams();
    reply_with(GUEST_REPLY_VALUE, made.texts);
    reply.value_kind = made.kind;
    reply.value = (uint32_t)(uintptr_t)made.bytes;
    reply.value_bytes = (uint32_t)made.length;
    return (uint32_t)(uintptr_t)&reply;
}

uint32_t reply_value(uint32_t mode, PyObject *value, PyObject *names)
{
    const struct value_options options = {
        .form = mode & GUEST_RUN_TAGGED ? GUEST_VALUES_TAGGED : GUEST_VALUES_PLAIN,
        .names = names,
    };
    const uint32_t kind = mode & GUEST_RUN_MODE;
    if (value != Py_None && (kind == GUEST_MODE_EVAL || kind == GUEST_MODE_CALL))
        return reply_object(value, &options, kind == GUEST_MODE_EVAL);
    Py_DECREF(value);
    stop_code_ended();
    reply_flush_streams();
    return reply_with(GUEST_REPLY_DONE, NULL);
}

uint32_t reply_waiting(void)
{
    stop_code_ended();
    reply_flush_streams();
    return reply_with(GUEST_REPLY_PENDING, async_requests());
}

void reply_add_profile(const char *profile, uint32_t bytes)
{
    reply.profile = (uint32_t)(uintptr_t)profile;
    reply.profile_bytes = bytes;
}
