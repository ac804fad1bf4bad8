/*
 * The guest's C half: the exports that the runtime calls. The common case, a run without a value and without an exception, stays
 * in C; everything else asks the bridge (bridge/_pybox.py).
 *
 * Compiled for wasm32-wasip1 and linked with CPython's static libraries into a reactor.
 */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>

#include "internal/pycore_pylifecycle.h" /* _PyOS_NewRandomEpoch */

#include <time.h>
#include <wasi/api.h>

#include "guest_abi.h"
#include "guest_async.h"
#include "guest_display.h"
#include "guest_main.h"
#include "guest_profile.h"
#include "guest_registry.h"
#include "guest_reply.h"
#include "guest_run.h"
#include "guest_stop.h"
#include "guest_trace.h"

char *guest_request;
static uint32_t request_capacity;
static struct {
    uint32_t mode;
    struct context *context;
} waiting; /* of the run that waits */

/* A larger buffer is not kept, as it would be part of every snapshot. */
#define REQUEST_KEPT_BYTES (1u << 20)

/* Behind time.process_time(). wasi-libc's emulation of it, which this replaces, counts wall time. */
clock_t clock(void)
{
    __wasi_timestamp_t ns;
    if (__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &ns) != 0)
        return (clock_t)-1;
    return (clock_t)(ns / (1000000000 / (uint64_t)CLOCKS_PER_SEC));
}

GUEST_EXPORT(GUEST_EXPORT_BUFFER) uint32_t pybox_buffer(uint32_t bytes)
{
    if (bytes > request_capacity) {
        free(guest_request);
        guest_request = malloc(bytes);
        request_capacity = guest_request != NULL ? bytes : 0;
    }
    return (uint32_t)(uintptr_t)guest_request;
}

void request_shrink(void)
{
    if (request_capacity <= REQUEST_KEPT_BYTES)
        return;
    free(guest_request);
    guest_request = NULL;
    request_capacity = 0;
}

uint32_t reply_waits(void)
{
    return reply_refused(GUEST_REFUSED_BUSY, "the box waits for its host, as it did when it was saved: answer what "
                                             "pybox_box_requests() lists, and go on by pybox_box_resume()");
}

uint32_t reply_run(struct context *context, uint32_t mode, PyObject *value)
{
    const char *profile = NULL;
    uint32_t profile_bytes = 0;
    if (value == NULL && async_waits()) {
        waiting.mode = mode;
        waiting.context = context;
        return reply_waiting();
    }
    if (value != NULL && (mode & GUEST_RUN_MODE) == GUEST_MODE_EVAL && display_value(value) < 0)
        Py_CLEAR(value);
    if (mode & (GUEST_RUN_PROFILE | GUEST_RUN_TRACE)) {
        PyObject *exception = PyErr_GetRaisedException();
        stop_code_ended();
        if (mode & GUEST_RUN_TRACE)
            trace_end();
        if (mode & GUEST_RUN_PROFILE)
            profile = profile_end(&profile_bytes);
        PyErr_SetRaisedException(exception);
        mode &= ~(GUEST_RUN_PROFILE | GUEST_RUN_TRACE);
    }
    const uint32_t address = value != NULL ? reply_value(mode, value, context_globals(context))
                                           : reply_exception();
    if (profile != NULL)
        reply_add_profile(profile, profile_bytes);
    return address;
}

void request_put_aside(struct request_saved *saved)
{
    *saved = (struct request_saved){guest_request, request_capacity};
    guest_request = NULL;
    request_capacity = 0;
}

void request_take_back(const struct request_saved *saved)
{
    if (guest_request == NULL || saved->bytes != NULL) {
        free(guest_request);
        guest_request = saved->bytes;
        request_capacity = saved->capacity;
    }
}

GUEST_EXPORT(GUEST_EXPORT_RUN) uint32_t pybox_run(uint32_t mode, uint32_t code_length,
                                                  uint32_t filename_length)
{
    if (async_waits())
        return reply_waits();
    reply_begin();
    const char *name = run_context_name(code_length, filename_length);
    struct context *context = context_find(name);
    if (context == NULL)
        return reply_refused(GUEST_REFUSED_ARGUMENT, "the box has no context %.200s", name);
    if ((mode & GUEST_RUN_TRACE) && trace_begin() < 0)
        return reply_exception();
    if ((mode & GUEST_RUN_PROFILE) && profile_begin() < 0) {
        trace_end();
        return reply_exception();
    }
    async_enter();
    PyObject *value = run_request(context, mode & ~(GUEST_RUN_PROFILE | GUEST_RUN_TRACE), code_length, filename_length);
    async_leave();
    return reply_run(context, mode, value);
}

GUEST_EXPORT(GUEST_EXPORT_TRACE) void pybox_trace(uint32_t events, uint32_t pattern_length)
{
    trace_configure(events, guest_request, pattern_length);
}

GUEST_EXPORT(GUEST_EXPORT_RESUME) uint32_t pybox_resume(uint32_t length)
{
    struct context_visit visit;
    if (!async_waits())
        return reply_refused(GUEST_REFUSED_ARGUMENT, "no run waits for the host");
    reply_begin();
    if (waiting.mode & GUEST_RUN_PROFILE)
        profile_go_on();
    context_enter(waiting.context, &visit);
    async_enter();
    PyObject *value = async_go_on(guest_request, length);
    async_leave();
    context_leave(&visit);
    return reply_run(waiting.context, waiting.mode, value);
}

GUEST_EXPORT(GUEST_EXPORT_REQUESTS) uint32_t pybox_requests(void)
{
    return async_waits() ? reply_with(GUEST_REPLY_PENDING, async_requests())
                         : reply_with(GUEST_REPLY_DONE, NULL);
}

uint32_t call_bridge(const char *name, PyObject *argument)
{
    reply_begin();
    PyObject *done = argument != NULL ? PyObject_CallMethod(guest_bridge, name, "(O)", argument)
                                      : PyObject_CallMethod(guest_bridge, name, NULL);
    if (done == NULL)
        return reply_exception();
    Py_DECREF(done);
    reply_flush_streams();
    return reply_with(GUEST_REPLY_DONE, NULL);
}

GUEST_EXPORT(GUEST_EXPORT_CONFIGURE) uint32_t pybox_configure(uint32_t length)
{
    PyObject *text = PyBytes_FromStringAndSize(guest_request, (Py_ssize_t)length);
    if (text == NULL)
        return reply_exception();
    uint32_t result = call_bridge("configure", text);
    Py_DECREF(text);
    return result;
}

GUEST_EXPORT(GUEST_EXPORT_FINISH) uint32_t pybox_finish(void)
{
    reply_begin();
    PyObject *done = PyObject_CallMethod(guest_bridge, "finish", NULL);
    if (done == NULL)
        return reply_exception();
    Py_DECREF(done);
    registry_end();
    PyGC_Collect();
    reply_flush_streams();
    return reply_with(GUEST_REPLY_DONE, NULL);
}

GUEST_EXPORT(GUEST_EXPORT_RESTORE) void pybox_restore(void)
{
    _PyOS_NewRandomEpoch(); /* no two boxes may share random numbers */
}

GUEST_EXPORT(GUEST_EXPORT_SETTLE) void pybox_settle(void)
{
    profile_calibrate();
    call_bridge("settle", NULL);
    free(guest_request); /* the first run's buffer would be part of every image */
    guest_request = NULL;
    request_capacity = 0;
}
