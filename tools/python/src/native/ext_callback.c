#include "ext.h"

#include <errno.h>
#include <string.h>

/* The box of a frame, or of the run around it, in whose place its callbacks are. */
static PyObject *chosen(PyObject *of_run, PyObject *of_box)
{
    PyObject *callable = of_run != NULL ? of_run : of_box;
    Py_XINCREF(callable); /* it may be given up meanwhile */
    return callable;
}

/* What the guest's write fails with: None, or a number. Takes the reference. */
static int errno_of(struct ext_frame *frame, PyObject *answer)
{
    long number = answer == NULL ? -1 : answer == Py_None ? 0 : PyLong_AsLong(answer);
    Py_XDECREF(answer);
    if (!PyErr_Occurred())
        return number >= 0 && number < 4096 ? (int)number : EIO;
    ext_frame_stop(frame);
    return EIO;
}

int ext_callback_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)context;
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 0;
    int failed = 0;
    PyObject *callable = chosen(frame->box->run_output, frame->box->output);
    if (callable != NULL)
        failed = errno_of(frame, PyObject_CallFunction(callable, "iy#", (int)stream, (const char *)bytes,
                                                       (Py_ssize_t)length));
    Py_XDECREF(callable);
    ext_frame_end_callback(frame);
    return failed;
}

int ext_callback_display(void *context, uint32_t number, const char *mime, const void *bytes, size_t length)
{
    (void)context;
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 0;
    int failed = 0;
    PyObject *callable = chosen(frame->box->run_display, frame->box->display);
    if (callable != NULL)
        failed = errno_of(frame, PyObject_CallFunction(callable, "Isy#", (unsigned)number, mime,
                                                       (const char *)bytes, (Py_ssize_t)length));
    Py_XDECREF(callable);
    ext_frame_end_callback(frame);
    return failed;
}

/* Copies what a callable gave. How much, or a negative errno. */
static ptrdiff_t input_take(struct ext_frame *frame, PyObject *given, void *bytes, size_t capacity)
{
    struct ext_keep keep = {0};
    const char *start = NULL;
    Py_ssize_t length = -EIO;
    if (given != NULL && ext_bytes_of(&keep, given, "what an input callback returns", &start, &length) == 0) {
        if ((size_t)length > capacity)
            PyErr_Format(PyExc_ValueError, "an input callback was asked for at most %zu bytes, and returned %zd",
                         capacity, length);
        else
            memcpy(bytes, start, (size_t)length);
    }
    ext_keep_free(&keep);
    Py_XDECREF(given);
    if (!PyErr_Occurred())
        return length;
    ext_frame_stop(frame);
    return -EIO;
}

ptrdiff_t ext_callback_input(void *context, void *bytes, size_t capacity)
{
    (void)context;
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 0;
    ptrdiff_t taken = 0;
    PyObject *callable = chosen(NULL, frame->box->input);
    if (callable != NULL)
        taken = input_take(frame, PyObject_CallFunction(callable, "n", (Py_ssize_t)capacity), bytes, capacity);
    Py_XDECREF(callable);
    ext_frame_end_callback(frame);
    return taken;
}

uint64_t ext_callback_refill(void *context, pybox_box *box, uint64_t used)
{
    (void)box;
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 0;
    uint64_t more = 0;
    PyObject *callable = chosen(context, NULL);
    PyObject *answer = PyObject_CallFunction(callable, "K", (unsigned long long)used);
    if (answer == NULL || !ext_uint64_of(answer, &more)) {
        ext_frame_stop(frame);
        more = 0;
    }
    Py_XDECREF(answer);
    Py_DECREF(callable);
    ext_frame_end_callback(frame);
    return more;
}

int ext_callback_trace(void *context, pybox_trace_event event, const char *file, uint32_t line, const char *function)
{
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 1;
    int stop = 1;
    PyObject *callable = chosen(context, NULL);
    PyObject *file_name = ext_string(file), *function_name = ext_string(function), *answer = NULL;
    if (file_name != NULL && function_name != NULL)
        answer = PyObject_CallFunction(callable, "iOIO", (int)event, file_name, (unsigned)line, function_name);
    if (answer != NULL)
        stop = PyObject_IsTrue(answer);
    if (PyErr_Occurred()) {
        ext_frame_stop(frame);
        stop = 1;
    }
    Py_XDECREF(answer);
    Py_XDECREF(function_name);
    Py_XDECREF(file_name);
    Py_DECREF(callable);
    ext_frame_end_callback(frame);
    return stop;
}
