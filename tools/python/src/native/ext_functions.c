#include "ext.h"

#include <stdlib.h>
#include <string.h>

/* The context of one host function. Lives as long as the Functions object, which is held by its boxes; without a
 * callable the object has been cleared by the garbage collector. */
struct ext_function {
    struct ext_function *next;
    PyObject *callable;
};

PyTypeObject *ext_functions_type;
static PyTypeObject *call_type, *info_type, *later_type;
static PyObject *later;

/* ---- a call ---- */

static PyObject *blobs_of(const pybox_host_call *call)
{
    PyObject *blobs = PyTuple_New((Py_ssize_t)call->blob_count);
    for (size_t i = 0; i < call->blob_count && blobs != NULL; i++) {
        PyObject *blob = ext_bytes(call->blobs[i]);
        if (blob == NULL || PyTuple_SetItem(blobs, (Py_ssize_t)i, blob) != 0)
            Py_CLEAR(blobs);
    }
    return blobs;
}

static PyObject *call_of(struct ext_box *box, const pybox_host_call *call)
{
    Py_INCREF(box);
    PyObject *const fields[] = {
        (PyObject *)box,
        ext_string(call->function),
        ext_string(call->context),
        ext_text(call->arguments.bytes, call->arguments.length),
        blobs_of(call),
        PyLong_FromUnsignedLongLong(call->id),
    };
    return ext_record(call_type, 6, fields);
}

/* The name of a built-in exception class, which guests have too, or NULL; `name` holds it. */
static const char *builtin_name(PyObject *type, PyObject **name)
{
    const char *text = NULL, *module_name = NULL;
    PyObject *module = PyObject_GetAttrString(type, "__module__");
    *name = PyObject_GetAttrString(type, "__name__");
    if (module == NULL || *name == NULL || ext_text_of(module, "a module", &module_name, NULL) != 0 ||
        ext_text_of(*name, "a name", &text, NULL) != 0 || strcmp(module_name, "builtins") != 0)
        text = NULL;
    PyErr_Clear();
    Py_XDECREF(module);
    return text;
}

/* What an exception of the package's says for itself, as a new reference, or NULL. */
static PyObject *told_by(PyObject *value)
{
    PyObject *told = value != NULL ? PyObject_GetAttrString(value, "_pybox_told") : NULL;
    if (told != NULL && PyUnicode_Check(told))
        return told;
    PyErr_Clear();
    Py_XDECREF(told);
    return NULL;
}

/* What the guest is told: str(), with the name of the class if the guest does not have that. */
static PyObject *message_of(PyObject *value, PyObject *name, int is_builtin)
{
    PyObject *told = told_by(value);
    PyObject *text = told != NULL ? told : value != NULL ? PyObject_Str(value) : NULL;
    if (text == NULL) {
        PyErr_Clear();
        text = PyUnicode_FromString("");
    }
    PyObject *whole = text;
    if (text != NULL && told == NULL && name != NULL && !is_builtin)
        whole = PyUnicode_GetLength(text) > 0 ? PyUnicode_FromFormat("%U: %U", name, text) : PyUnicode_FromObject(name);
    if (whole != text)
        Py_XDECREF(text);
    PyObject *encoded = whole != NULL ? PyUnicode_AsEncodedString(whole, "utf-8", "replace") : NULL;
    Py_XDECREF(whole);
    return encoded;
}

/* The exception that is set goes to the guest. */
static void answer_exception(pybox_answer *answer)
{
    static const char unnamed[] = "the host function raised an exception that cannot be told";
    PyObject *type, *value, *traceback, *name;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    const char *builtin = builtin_name(type, &name);
    PyObject *message = message_of(value, name, builtin != NULL);
    char *text = NULL;
    if (message == NULL || PyBytes_AsStringAndSize(message, &text, NULL) != 0)
        text = NULL; /* a NUL character in it, or no memory */
    if (pybox_answer_error(answer, builtin, text != NULL ? text : unnamed) != PYBOX_OK &&
        pybox_answer_error(answer, NULL, text != NULL ? text : unnamed) != PYBOX_OK)
        pybox_answer_error(answer, NULL, unnamed);
    PyErr_Clear();
    Py_XDECREF(message);
    Py_XDECREF(name);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

/* Takes the reference. */
static void answer_value(pybox_answer *answer, PyObject *given)
{
    struct ext_keep keep = {0};
    pybox_value value;
    if (given == later)
        pybox_answer_later(answer);
    else if (ext_value_of(&keep, given, &value) == 0)
        pybox_answer_value(answer, &value); /* what is wrong with it the guest is told */
    ext_keep_free(&keep);
    Py_DECREF(given);
}

/* The library calls this. Without the GIL. */
static void run_function(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    struct ext_function *entry = context;
    struct ext_frame *frame = ext_frame_begin_callback(EXT_HOST_FUNCTION);
    if (frame == NULL) {
        pybox_answer_error(answer, NULL, "the host's Python is ending");
        return;
    }
    PyObject *callable = entry->callable;
    PyObject *given = NULL;
    if (callable != NULL) {
        Py_INCREF(callable);
        PyObject *argument = call_of(frame->box, call);
        given = argument != NULL ? PyObject_CallFunctionObjArgs(callable, argument, NULL) : NULL;
        Py_XDECREF(argument);
        Py_DECREF(callable);
    } else {
        PyErr_SetString(PyExc_RuntimeError, "the host function is gone");
    }
    if (given != NULL)
        answer_value(answer, given);
    if (PyErr_Occurred()) {
        if (frame->is_stopping || !PyErr_ExceptionMatches(PyExc_Exception)) {
            ext_frame_stop(frame);
            pybox_answer_error(answer, NULL, "the host has stopped this run");
        } else {
            answer_exception(answer);
        }
    }
    ext_frame_end_callback(frame);
}

/* ---- the set ---- */

static PyObject *functions_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, ":Functions", names))
        return NULL;
    struct ext_functions *self = ext_type_alloc(type);
    if (self == NULL)
        return NULL;
    self->generation = ext_process_generation();
    pybox_status status = pybox_functions_create(&self->functions);
    if (status != PYBOX_OK) {
        Py_DECREF(self);
        return ext_error_raise(status);
    }
    return (PyObject *)self;
}

static int functions_traverse(PyObject *object, visitproc visit, void *arg)
{
    const struct ext_functions *self = (struct ext_functions *)object;
    Py_VISIT(Py_TYPE(object));
    for (const struct ext_function *entry = self->entries; entry != NULL; entry = entry->next)
        Py_VISIT(entry->callable);
    return 0;
}

static int functions_clear(PyObject *object)
{
    struct ext_functions *self = (struct ext_functions *)object;
    for (struct ext_function *entry = self->entries; entry != NULL; entry = entry->next)
        Py_CLEAR(entry->callable);
    return 0;
}

static void functions_dealloc(PyObject *object)
{
    struct ext_functions *self = (struct ext_functions *)object;
    PyObject_GC_UnTrack(object);
    functions_clear(object);
    if (ext_process_is_alive(self->generation))
        pybox_functions_destroy(self->functions);
    while (self->entries != NULL) {
        struct ext_function *next = self->entries->next;
        free(self->entries);
        self->entries = next;
    }
    ext_type_free(object);
}

static PyObject *functions_add(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "function", "module", "signature", "schema", "documentation", "is_async", "form",
                            NULL};
    struct ext_functions *self = (struct ext_functions *)object;
    PyObject *callable;
    int form = 0;
    pybox_function added = {.function = run_function};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "sO|$zzzzpi:add", names, &added.name, &callable,
                                     &added.module, &added.signature, &added.schema, &added.documentation,
                                     &added.is_async, &form) ||
        ext_process_check(self->generation) != 0)
        return NULL;
    if (!PyCallable_Check(callable))
        return PyErr_Format(PyExc_TypeError, "function is not callable");
    if (self->users > 0)
        return ext_error_say(PYBOX_ERROR_BUSY, "another thread is making a box with this set of functions");
    struct ext_function *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return PyErr_NoMemory();
    added.form = (pybox_form_of_values)form;
    added.context = entry;
    pybox_status status = pybox_functions_add(self->functions, &added);
    if (status != PYBOX_OK) {
        free(entry);
        return ext_error_raise(status);
    }
    Py_INCREF(callable);
    *entry = (struct ext_function){self->entries, callable};
    self->entries = entry;
    return ext_none();
}

static int add_info(void *context, const pybox_function_info *info)
{
    PyObject *const fields[] = {
        ext_string(info->name),          ext_string(info->module), ext_string(info->signature),
        ext_string(info->documentation), ext_string(info->schema), PyBool_FromLong(info->is_async),
    };
    PyObject *item = ext_record(info_type, 6, fields);
    int failed = item == NULL || PyList_Append(context, item) != 0;
    Py_XDECREF(item);
    return failed;
}

static PyObject *functions_list(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_functions *self = (struct ext_functions *)object;
    if (ext_process_check(self->generation) != 0)
        return NULL;
    PyObject *list = PyList_New(0);
    if (list != NULL)
        pybox_functions_list(self->functions, add_info, list);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

static PyObject *functions_search(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"query", "most", NULL};
    struct ext_functions *self = (struct ext_functions *)object;
    const char *query;
    Py_ssize_t most = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|n:search", names, &query, &most) ||
        ext_process_check(self->generation) != 0)
        return NULL;
    if (most < 0)
        return PyErr_Format(PyExc_ValueError, "most is negative");
    PyObject *list = PyList_New(0);
    pybox_status status =
        list != NULL ? pybox_functions_search(self->functions, query, (size_t)most, add_info, list) : PYBOX_OK;
    if (status != PYBOX_OK)
        ext_error_raise(status);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

static PyObject *functions_stub(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"module", NULL};
    struct ext_functions *self = (struct ext_functions *)object;
    const char *module = NULL;
    char *text = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|z:stub", names, &module) ||
        ext_process_check(self->generation) != 0)
        return NULL;
    pybox_status status = pybox_functions_stub(self->functions, module, &text);
    if (status != PYBOX_OK)
        return ext_error_raise(status);
    PyObject *made = ext_string(text);
    pybox_text_free(text);
    return made;
}

static PyObject *later_repr(PyObject *self)
{
    (void)self;
    return PyUnicode_FromString("LATER");
}

/* ---- types ---- */

static PyStructSequence_Field call_fields[] = {
    {"box", NULL},
    {"function", "\"module.name\""},
    {"context", NULL},
    {"arguments", "a JSON object"},
    {"blobs", NULL},
    {"id", NULL},
    {NULL, NULL},
};

static PyStructSequence_Field info_fields[] = {
    {"name", NULL},   {"module", NULL},   {"signature", NULL}, {"documentation", NULL},
    {"schema", NULL}, {"is_async", NULL}, {NULL, NULL},
};

static PyMethodDef functions_methods[] = {
    {"add", (PyCFunction)(void (*)(void))functions_add, METH_VARARGS | METH_KEYWORDS, "Adds a host function."},
    {"list", functions_list, METH_NOARGS, "All functions, in the order of their adding."},
    {"search", (PyCFunction)(void (*)(void))functions_search, METH_VARARGS | METH_KEYWORDS,
     "Those that fit a query best, best first."},
    {"stub", (PyCFunction)(void (*)(void))functions_stub, METH_VARARGS | METH_KEYWORDS, "The text of a stub file."},
    {NULL, NULL, 0, NULL},
};

static int make_later(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"The type of LATER."},
        {Py_tp_new, ext_type_no_new},
        {Py_tp_dealloc, ext_type_free},
        {Py_tp_repr, later_repr},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Later", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
    later_type = ext_type_make(module, &spec);
    later = later_type != NULL ? ext_type_alloc(later_type) : NULL;
    return later != NULL ? PyObject_SetAttrString(module, "LATER", later) : -1;
}

int ext_functions_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"A set of host functions, for any number of boxes. Not changed once a box has it."},
        {Py_tp_new, functions_new},
        {Py_tp_dealloc, functions_dealloc},
        {Py_tp_traverse, functions_traverse},
        {Py_tp_clear, functions_clear},
        {Py_tp_methods, functions_methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Functions", sizeof(struct ext_functions), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    static PyStructSequence_Desc call = {"pybox._native.HostCall", "A call of a host function by the guest.",
                                         call_fields, 6};
    static PyStructSequence_Desc info = {"pybox._native.FunctionInfo", "What is known of a host function.",
                                         info_fields, 6};
    ext_functions_type = ext_type_make(module, &spec);
    call_type = ext_record_make(module, &call);
    info_type = ext_record_make(module, &info);
    if (ext_functions_type == NULL || call_type == NULL || info_type == NULL)
        return -1;
    return make_later(module);
}
