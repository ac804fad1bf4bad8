#include "ext.h"

static PyTypeObject *result_type, *request_type;

static PyStructSequence_Field result_fields[] = {
    {"outcome", "what the guest did"},
    {"exit_code", NULL},
    {"value", "JSON text, bytes or None"},
    {"value_repr", NULL},
    {"value_error", "why the value could not go; or ''"},
    {"error_type", NULL},
    {"error_message", NULL},
    {"error_traceback", NULL},
    {"error_user_traceback", NULL},
    {"error_object", "JSON, or ''"},
    {"error_hint", NULL},
    {"error_line", NULL},
    {"output", "captured standard output"},
    {"errors", "captured standard error"},
    {"output_bytes", NULL},
    {"limit", NULL},
    {"cut", NULL},
    {"fuel_used", NULL},
    {"fuel_left", NULL},
    {"host_calls", NULL},
    {"profile", "JSON, or ''"},
    {"wall_ns", NULL},
    {"cpu_ns", NULL},
    {"memory_bytes", NULL},
    {"displays", "(number, MIME type, data), in order"},
    {"wait", NULL},
    {"wake_ns", NULL},
    {"requests", NULL},
    {NULL, NULL},
};

#define RESULT_FIELDS ((int)(sizeof result_fields / sizeof result_fields[0]) - 1)

static PyStructSequence_Field request_fields[] = {
    {"id", NULL},
    {"function", "\"module.name\""},
    {"arguments", "a JSON object"},
    {NULL, NULL},
};

static PyObject *text_of(pybox_bytes bytes)
{
    return ext_text(bytes.bytes, bytes.length);
}

static PyObject *number_of(uint64_t number)
{
    return PyLong_FromUnsignedLongLong(number);
}

static PyObject *value_of(const pybox_result *result)
{
    if (result->value_kind == PYBOX_VALUE_BYTES)
        return ext_bytes(result->value);
    return result->value_kind == PYBOX_VALUE_JSON ? text_of(result->value) : ext_none();
}

static PyObject *displays_of(const pybox_display *displays, size_t count)
{
    PyObject *made = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; i < count && made != NULL; i++) {
        PyObject *item = Py_BuildValue("Isy#", (unsigned)displays[i].number, displays[i].mime, displays[i].data.bytes,
                                       (Py_ssize_t)displays[i].data.length);
        if (item == NULL || PyTuple_SetItem(made, (Py_ssize_t)i, item) != 0)
            Py_CLEAR(made);
    }
    return made;
}

static PyObject *request_of(const pybox_request *request)
{
    PyObject *const fields[] = {number_of(request->id), ext_string(request->function), text_of(request->arguments)};
    return ext_record(request_type, 3, fields);
}

PyObject *ext_result_requests(const pybox_request *requests, size_t count)
{
    PyObject *made = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; i < count && made != NULL; i++) {
        PyObject *item = request_of(&requests[i]);
        if (item == NULL || PyTuple_SetItem(made, (Py_ssize_t)i, item) != 0)
            Py_CLEAR(made);
    }
    return made;
}

PyObject *ext_result(const pybox_result *r)
{
    PyObject *const fields[] = {
        PyLong_FromLong(r->outcome),
        PyLong_FromLong(r->exit_code),
        value_of(r),
        text_of(r->value_repr),
        text_of(r->value_error),
        text_of(r->error.type),
        text_of(r->error.message),
        text_of(r->error.traceback),
        text_of(r->error.user_traceback),
        text_of(r->error.object),
        text_of(r->error.hint),
        PyLong_FromUnsignedLong(r->error.line),
        ext_bytes(r->output),
        ext_bytes(r->errors),
        number_of(r->output_bytes),
        text_of(r->limit),
        PyBool_FromLong(r->cut),
        number_of(r->fuel_used),
        number_of(r->fuel_left),
        number_of(r->host_calls),
        text_of(r->profile),
        number_of(r->wall_ns),
        number_of(r->cpu_ns),
        number_of(r->memory_bytes),
        displays_of(r->displays, r->display_count),
        PyLong_FromLong(r->wait),
        number_of(r->wake_ns),
        ext_result_requests(r->requests, r->request_count),
    };
    _Static_assert(sizeof fields / sizeof fields[0] == RESULT_FIELDS, "each has a name");
    return ext_record(result_type, RESULT_FIELDS, fields);
}

int ext_result_init(PyObject *module)
{
    static PyStructSequence_Desc result = {"pybox._native.Result", "What a run did: all of pybox_result, copied.",
                                           result_fields, RESULT_FIELDS};
    static PyStructSequence_Desc request = {
        "pybox._native.Request", "A call of a host function that the guest waits for.", request_fields, 3};
    result_type = ext_record_make(module, &result);
    request_type = ext_record_make(module, &request);
    return result_type != NULL && request_type != NULL ? 0 : -1;
}
