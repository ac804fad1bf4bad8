#include "ext.h"

static _Thread_local struct ext_frame *top; /* of this thread */
static atomic_int is_ending;                /* Python is: no callback may take the GIL any more */

int ext_frame_enter(struct ext_frame *frame, struct ext_box *box)
{
    const unsigned long thread = PyThread_get_thread_ident();
    struct ext_frame *around = box->frame;
    if (ext_process_check(box->generation) != 0)
        return -1;
    if (box->box == NULL) {
        ext_error_closed("box");
        return -1;
    }
    if (around != NULL && around->thread != thread) {
        ext_error_say(PYBOX_ERROR_BUSY, "another thread is in a call of this box: wait for it, or use another box");
        return -1;
    }
    if (around != NULL && around->callback != EXT_HOST_FUNCTION) {
        ext_error_say(PYBOX_ERROR_BUSY,
                      "the box is running: a callback may use other boxes, and only a host function this one");
        return -1;
    }
    *frame = (struct ext_frame){.box = box, .outer = top, .around = around, .thread = thread};
    ext_process_watch_faults();
    if (ext_process_is_main_thread()) {
        frame->is_watched = 1;
        ext_interrupt_watch(box->box, &frame->watched_before);
    }
    ext_process_enter();
    Py_INCREF(box);
    top = box->frame = frame;
    return 0;
}

void ext_frame_release(struct ext_frame *frame)
{
    frame->is_released = 1;
    frame->state = PyEval_SaveThread();
}

void ext_frame_retake(struct ext_frame *frame)
{
    PyEval_RestoreThread(frame->state);
    frame->is_released = 0;
}

/* Those of callbacks first, then those of signal handlers, then the status's. */
static int frame_raise(struct ext_frame *frame, pybox_status status, int was_signalled)
{
    if (frame->type != NULL) {
        PyErr_Restore(frame->type, frame->value, frame->traceback);
        return 1;
    }
    if (PyErr_Occurred())
        return 1;
    if (status != PYBOX_OK)
        ext_error_raise(status);
    if (!was_signalled)
        return status != PYBOX_OK;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyErr_CheckSignals() != 0) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return 1;
    }
    PyErr_Restore(type, value, traceback);
    return status != PYBOX_OK;
}

PyObject *ext_frame_leave(struct ext_frame *frame, pybox_status status, PyObject *made)
{
    struct ext_box *box = frame->box;
    box->frame = frame->around;
    top = frame->outer;
    ext_process_leave();
    const int was_signalled = frame->is_watched && ext_interrupt_end(frame->watched_before);
    if (frame_raise(frame, status, was_signalled))
        Py_CLEAR(made);
    Py_DECREF(box);
    return made;
}

struct ext_frame *ext_frame_begin_callback(enum ext_callback kind)
{
    struct ext_frame *frame = top;
    if (frame == NULL || !frame->is_released || atomic_load(&is_ending))
        return NULL;
    ext_frame_retake(frame);
    frame->callback = kind;
    return frame;
}

void ext_frame_end_callback(struct ext_frame *frame)
{
    frame->callback = EXT_NO_CALLBACK;
    if (frame->is_watched)
        ext_interrupt_renew();
    ext_frame_release(frame);
}

void ext_frame_stop(struct ext_frame *frame)
{
    if (frame->type != NULL)
        PyErr_Clear(); /* the first one counts */
    else
        PyErr_Fetch(&frame->type, &frame->value, &frame->traceback);
    /* The run around a nested one is stopped with it: what comes out of the host function is no answer then. */
    for (struct ext_frame *one = frame; one != NULL; one = one->around)
        one->is_stopping = 1;
    pybox_box_interrupt(frame->box->box, PYBOX_INTERRUPT_STOP);
}

static PyObject *end(PyObject *self, PyObject *ignored)
{
    (void)self;
    (void)ignored;
    atomic_store(&is_ending, 1);
    return ext_none();
}

static PyMethodDef end_method = {"_end", end, METH_NOARGS, NULL};

/* Daemon threads may run guests while the interpreter goes away. */
int ext_frame_init(PyObject *module)
{
    PyObject *atexit = PyImport_ImportModule("atexit");
    PyObject *function = atexit != NULL ? PyCFunction_NewEx(&end_method, module, NULL) : NULL;
    PyObject *done = function != NULL ? PyObject_CallMethod(atexit, "register", "O", function) : NULL;
    Py_XDECREF(done);
    Py_XDECREF(function);
    Py_XDECREF(atexit);
    return done != NULL ? 0 : -1;
}
