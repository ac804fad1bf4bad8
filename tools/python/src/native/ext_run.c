/* The box's methods that run guest code. */
#include "ext.h"

/* The callables of a run: those of the outermost stay with the box, as it may be resumed. */
struct run_callables {
    PyObject *output, *display, *refill, *trace;
};

static void swap(PyObject **a, PyObject **b)
{
    PyObject *old = *a;
    *a = *b;
    *b = old;
}

static void swap_callables(struct ext_box *box, struct run_callables *callables)
{
    swap(&box->run_output, &callables->output);
    swap(&box->run_display, &callables->display);
    swap(&box->refill, &callables->refill);
    swap(&box->trace, &callables->trace);
}

static pybox_status redirect(struct ext_box *box)
{
    if (box->run_output == NULL && box->run_display == NULL && !box->is_redirected)
        return PYBOX_OK;
    box->is_redirected = box->run_output != NULL || box->run_display != NULL;
    return pybox_box_redirect(
        box->box, box->run_output != NULL || box->output != NULL ? ext_callback_output : NULL, NULL,
        box->run_display != NULL || box->display != NULL ? ext_callback_display : NULL, NULL);
}

/* The box is entered, and gets the callables, of which each is a reference of its own; `callables` has the box's then.
 * A nested run writes to the streams of the run around it. */
static pybox_status run_begin(const struct ext_frame *frame, struct run_callables *callables)
{
    Py_XINCREF(callables->output);
    Py_XINCREF(callables->display);
    Py_XINCREF(callables->refill);
    Py_XINCREF(callables->trace);
    if (frame->around != NULL)
        return PYBOX_OK;
    swap_callables(frame->box, callables);
    return redirect(frame->box);
}

/* If the library did not run anything, a run that is pending goes on as it was. */
static PyObject *run_end(struct ext_frame *frame, pybox_status status, const pybox_result *result,
                         struct run_callables *callables)
{
    PyObject *made = status == PYBOX_OK ? ext_result(result) : NULL;
    made = ext_frame_leave(frame, status, made);
    if (status != PYBOX_OK && frame->around == NULL && frame->box->box != NULL) {
        swap_callables(frame->box, callables);
        redirect(frame->box);
    }
    Py_XDECREF(callables->output);
    Py_XDECREF(callables->display);
    Py_XDECREF(callables->refill);
    Py_XDECREF(callables->trace);
    return made;
}

static int parse_callables(struct run_callables *callables)
{
    return ext_callable_of(callables->output, "output", &callables->output) == 0 &&
                   ext_callable_of(callables->display, "display", &callables->display) == 0 &&
                   ext_callable_of(callables->refill, "refill", &callables->refill) == 0 &&
                   ext_callable_of(callables->trace, "trace", &callables->trace) == 0
               ? 0
               : -1;
}

static PyObject *leave_with(struct ext_frame *frame, pybox_status status, const pybox_result *result)
{
    return ext_frame_leave(frame, status, status == PYBOX_OK ? ext_result(result) : NULL);
}

static PyObject *do_run(struct ext_box *self, pybox_run *run, struct run_callables *callables)
{
    struct ext_frame frame;
    const pybox_result *result = NULL;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    pybox_status status = run_begin(&frame, callables);
    if (status == PYBOX_OK) {
        ext_frame_release(&frame);
        status = pybox_box_run(self->box, run, &result);
        ext_frame_retake(&frame);
    }
    return run_end(&frame, status, result, callables);
}

/* Source as text or as bytes. */
static int code_of(PyObject *code, struct ext_keep *keep, pybox_run *run)
{
    Py_ssize_t length;
    int failed = ext_source_of(keep, code, "code", &run->code, &length);
    run->code_length = failed ? 0 : (size_t)length;
    return failed;
}

static PyObject *box_run(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"code",   "mode",    "filename", "context", "form",         "limits",      "output",
                            "display", "refill", "profile",  "trace",   "trace_events", "trace_files", "trace_most",
                            NULL};
    PyObject *code, *limits = NULL;
    struct run_callables callables = {0};
    struct ext_keep keep = {0};
    int mode = 0, form = 0;
    pybox_run run = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|$izziOOOOpOIzO&:run", names, &code, &mode, &run.filename,
                                     &run.context, &form, &limits, &callables.output, &callables.display,
                                     &callables.refill, &run.profile, &callables.trace, &run.trace_events,
                                     &run.trace_files, ext_uint64_of, &run.trace_most) ||
        parse_callables(&callables) != 0 || ext_limits_of(limits, &run.limits) != 0)
        return NULL;
    run.mode = (pybox_mode)mode;
    run.form = (pybox_form_of_values)form;
    run.refill = callables.refill != NULL ? ext_callback_refill : NULL;
    run.refill_context = callables.refill;
    run.trace = callables.trace != NULL ? ext_callback_trace : NULL;
    run.trace_context = callables.trace;
    PyObject *made =
        code_of(code, &keep, &run) == 0 ? do_run((struct ext_box *)object, &run, &callables) : NULL;
    ext_keep_free(&keep);
    return made;
}

/* ---- calls ---- */

static int arguments_of(PyObject *given, struct ext_keep *keep, pybox_call *call)
{
    PyObject *sequence;
    Py_ssize_t count;
    if (ext_sequence_of(keep, given, "arguments", &sequence, &count) != 0)
        return -1;
    if (sequence == NULL)
        return 0;
    pybox_value *values = ext_keep_array(keep, count, sizeof *values);
    for (Py_ssize_t i = 0; values != NULL && i < count; i++)
        if (ext_value_of(keep, PyTuple_GetItem(sequence, i), &values[i]) != 0)
            return -1;
    call->arguments = values;
    call->argument_count = (size_t)count;
    return values != NULL ? 0 : -1;
}

static PyObject *do_call(struct ext_box *self, pybox_call *call, struct run_callables *callables)
{
    struct ext_frame frame;
    const pybox_result *result = NULL;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    pybox_status status = run_begin(&frame, callables);
    if (status == PYBOX_OK) {
        ext_frame_release(&frame);
        status = pybox_box_call(self->box, call, &result);
        ext_frame_retake(&frame);
    }
    return run_end(&frame, status, result, callables);
}

static PyObject *box_call(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"function", "arguments", "keywords", "context", "form",
                            "limits",   "output",    "display",  "refill",  NULL};
    PyObject *values = NULL, *limits = NULL;
    struct run_callables callables = {0};
    struct ext_keep keep = {0};
    Py_ssize_t keywords_length = 0;
    int form = 0;
    pybox_call call = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|Oz#$ziOOOO:call", names, &call.function, &values,
                                     &call.keywords, &keywords_length, &call.context, &form, &limits,
                                     &callables.output, &callables.display, &callables.refill) ||
        parse_callables(&callables) != 0 || ext_limits_of(limits, &call.limits) != 0)
        return NULL;
    call.keywords_length = (size_t)keywords_length;
    call.form = (pybox_form_of_values)form;
    call.refill = callables.refill != NULL ? ext_callback_refill : NULL;
    call.refill_context = callables.refill;
    PyObject *made =
        arguments_of(values, &keep, &call) == 0 ? do_call((struct ext_box *)object, &call, &callables) : NULL;
    ext_keep_free(&keep);
    return made;
}

/* ---- runs that wait ---- */

static PyObject *box_resume(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"fuel", "limits", NULL};
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    PyObject *limits = NULL;
    pybox_resume resume = {0};
    const pybox_result *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O&O:resume", names, ext_uint64_of, &resume.fuel, &limits) ||
        ext_limits_of(limits, &resume.limits) != 0 || ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_resume(self->box, &resume, &result);
    ext_frame_retake(&frame);
    return leave_with(&frame, status, result);
}

static PyObject *box_requests(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    const pybox_request *requests = NULL;
    size_t count = 0;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_requests(self->box, &requests, &count);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? ext_result_requests(requests, count) : NULL);
}

static PyObject *do_answer(struct ext_box *self, uint64_t id, const pybox_value *value)
{
    EXT_FRAME_CALL(self, pybox_box_answer(self->box, id, value));
}

static PyObject *box_answer(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"id", "value", NULL};
    PyObject *given = Py_None;
    struct ext_keep keep = {0};
    uint64_t id;
    pybox_value value;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O&|O:answer", names, ext_uint64_of, &id, &given))
        return NULL;
    PyObject *made =
        ext_value_of(&keep, given, &value) == 0 ? do_answer((struct ext_box *)object, id, &value) : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *box_answer_error(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"id", "type", "message", NULL};
    struct ext_box *self = (struct ext_box *)object;
    uint64_t id;
    const char *type, *message;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O&zs:answer_error", names, ext_uint64_of, &id, &type,
                                     &message))
        return NULL;
    EXT_FRAME_CALL(self, pybox_box_answer_error(self->box, id, type, message));
}

/* ---- ends ---- */

static PyObject *whole_run(PyObject *object, pybox_status (*call)(pybox_box *, const pybox_result **))
{
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    const pybox_result *result = NULL;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = call(self->box, &result);
    ext_frame_retake(&frame);
    return leave_with(&frame, status, result);
}

static PyObject *box_finish(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    return whole_run(object, pybox_box_finish);
}

static PyObject *box_start(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    return whole_run(object, pybox_box_start);
}

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

const PyMethodDef ext_run_methods[] = {
    {"run", KEYWORDS(box_run), "Runs code, until it ends, waits or is stopped."},
    {"call", KEYWORDS(box_call), "Calls a function of the guest's."},
    {"resume", KEYWORDS(box_resume), "Goes on with a run that is PENDING."},
    {"requests", box_requests, METH_NOARGS, "What the box asks the host, and has got no answer to."},
    {"answer", KEYWORDS(box_answer), "Answers a request with a value."},
    {"answer_error", KEYWORDS(box_answer_error), "Answers a request with an exception."},
    {"finish", box_finish, METH_NOARGS, "Ends the program in the box, as the interpreter's exit does."},
    {"start", box_start, METH_NOARGS, "Runs the _start of a command module, once."},
    {NULL, NULL, 0, NULL},
};
