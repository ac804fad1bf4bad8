#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_host.h"

#include <stddef.h>
#include <string.h>

#include "guest_abi.h"
#include "guest_async.h"
#include "guest_context.h"
#include "guest_main.h"
#include "guest_nest.h"
#include "guest_reply.h"
#include "guest_value.h"

#define ANSWER_BYTES 1024 /* a longer answer is asked for */
#define TEXT_BYTES 512    /* longer arguments are allocated */
#define MOST_PARAMETERS 100
#define NO_NUMBER UINT32_MAX

__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_HOST_CALL))) uint32_t
import_host_call(uint32_t number, struct guest_host_call *call);
__attribute__((import_module(GUEST_IMPORT_MODULE), import_name(GUEST_IMPORT_HOST_TAKE))) uint32_t
import_host_take(char *to, uint32_t capacity);

static PyObject *host_error; /* pybox.HostError */

/* ------------------------------------------------------------------------------------------
 * Errors
 */

/* By enum guest_error. */
#define ERROR_CLASS(name) &PyExc_##name,
static PyObject **const classes[GUEST_ERROR_COUNT] = {&host_error, GUEST_ERRORS(ERROR_CLASS)};
#undef ERROR_CLASS

PyObject *host_raise(uint32_t error, const char *message, uint32_t bytes)
{
    PyObject *class = *classes[error < GUEST_ERROR_COUNT ? error : GUEST_ERROR_HOST];
    PyObject *text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)bytes, "replace");
    PyObject *exception = text != NULL ? PyObject_CallOneArg(class, text) : NULL;
    Py_XDECREF(text);
    if (exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------
 * Arguments as JSON
 */

struct text {
    char *bytes;
    size_t length, capacity;
    char small[TEXT_BYTES];
};

static void text_begin(struct text *text)
{
    text->bytes = text->small;
    text->length = 0;
    text->capacity = sizeof text->small;
}

static void text_end(struct text *text)
{
    if (text->bytes != text->small)
        PyMem_RawFree(text->bytes);
}

static int text_add(struct text *text, const char *bytes, size_t length)
{
    if (text->capacity - text->length < length) {
        size_t capacity = text->capacity * 2 + length;
        char *grown = PyMem_RawMalloc(capacity);
        if (grown == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(grown, text->bytes, text->length);
        if (text->bytes != text->small)
            PyMem_RawFree(text->bytes);
        text->bytes = grown;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return 0;
}

/* ------------------------------------------------------------------------------------------
 * A host function, as an object that is called with all of its parameters
 */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    uint32_t number;  /* in the host's set; NO_NUMBER: the host has it no more */
    int variable;     /* the parameter that is a tuple of further arguments, or -1 */
    int is_async;
    enum guest_value_form form;
    PyObject *name;   /* "module.name" */
    PyObject *keys;   /* a tuple: for each parameter the bytes that stand before its value */
} HostFunction;

static PyTypeObject host_function_type;

/* Where classes of `__main__` are looked for. */
static PyObject *names_here(void)
{
    const struct context *context = context_current();
    return context_globals(context != NULL ? context : context_find("main"));
}

/* A value that has no such form: the exception is made to say of which argument. */
static void refuse_value(const HostFunction *function, Py_ssize_t parameter)
{
    PyObject *why = PyErr_GetRaisedException();
    PyObject *key = PyTuple_GET_ITEM(function->keys, parameter);
    const int length = PyBytes_GET_SIZE(key) > 4 ? (int)PyBytes_GET_SIZE(key) - 4 : 0;
    PyErr_Format((PyObject *)Py_TYPE(why), "argument %.*s of %U cannot go to the host: %S", length,
                 PyBytes_AS_STRING(key) + 2, function->name, why);
    Py_DECREF(why);
}

static int text_add_value(struct text *text, const HostFunction *function, Py_ssize_t parameter, PyObject *value)
{
    if (value == Py_None)
        return text_add(text, "null", 4);
    if (value == Py_True)
        return text_add(text, "true", 4);
    if (value == Py_False)
        return text_add(text, "false", 5);
    const struct value_options options = {.form = function->form, .names = names_here()};
    struct value_text encoded = {0};
    int failed = value_encode(value, &options, &encoded);
    if (failed == 0)
        failed = text_add(text, encoded.bytes, encoded.length);
    else if (encoded.refused)
        refuse_value(function, parameter);
    value_text_free(&encoded);
    return failed;
}

/* {"$bytes": "base64"}: for a request, which lasts longer than the bytes beside a call. */
static int text_add_base64(struct text *text, PyObject *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = (const unsigned char *)PyBytes_AS_STRING(bytes);
    int failed = text_add(text, "{\"$bytes\":\"", 11);
    for (Py_ssize_t left = PyBytes_GET_SIZE(bytes); left > 0 && !failed; left -= 3, from += 3) {
        const uint32_t bits = (uint32_t)from[0] << 16 | (left > 1 ? (uint32_t)from[1] << 8 : 0) |
                              (left > 2 ? from[2] : 0);
        const char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                              left > 1 ? digits[bits >> 6 & 63] : '=', left > 2 ? digits[bits & 63] : '='};
        failed = text_add(text, four, 4);
    }
    return failed ? failed : text_add(text, "\"}", 2);
}

/* Without `blobs`, bytes go into the text. */
static int add_argument(struct text *text, const HostFunction *function, Py_ssize_t parameter, PyObject *value,
                        struct guest_blob *blobs, uint32_t *blob_count)
{
    if (PyBytes_CheckExact(value) && blobs == NULL)
        return text_add_base64(text, value);
    if (PyBytes_CheckExact(value)) {
        char place[32];
        int length = snprintf(place, sizeof place, "{\"$blob\":%u}", (unsigned)*blob_count);
        blobs[(*blob_count)++] = (struct guest_blob){(uint32_t)(uintptr_t)PyBytes_AS_STRING(value),
                                                     (uint32_t)PyBytes_GET_SIZE(value)};
        return text_add(text, place, (size_t)length);
    }
    if (parameter != function->variable || !PyTuple_Check(value))
        return text_add_value(text, function, parameter, value);
    PyObject *list = PySequence_List(value);
    int failed = list == NULL ? -1 : text_add_value(text, function, parameter, list);
    Py_XDECREF(list);
    return failed;
}

static int add_arguments(const HostFunction *function, struct text *text, PyObject *const *arguments,
                         struct guest_blob *blobs, uint32_t *blob_count)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(function->keys);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key = PyTuple_GET_ITEM(function->keys, i);
        if (text_add(text, PyBytes_AS_STRING(key), (size_t)PyBytes_GET_SIZE(key)) < 0 ||
            add_argument(text, function, i, arguments[i], blobs, blob_count) < 0)
            return -1;
    }
    return text_add(text, count > 0 ? "}" : "{}", count > 0 ? 1 : 2);
}

/* What the answer's bytes say. */
static PyObject *answer_value(const HostFunction *function, uint32_t kind,
                              const struct guest_host_call *call, const char *bytes)
{
    switch (kind) {
    case GUEST_ANSWER_NONE:
        Py_RETURN_NONE;
    case GUEST_ANSWER_JSON:
        return value_decode(bytes, call->answer_bytes,
                            &(struct value_options){.form = function->form, .names = names_here()});
    case GUEST_ANSWER_BYTES:
        return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)call->answer_bytes);
    case GUEST_ANSWER_ERROR:
        return host_raise(call->error, bytes, call->answer_bytes);
    case GUEST_ANSWER_GONE:
        PyErr_Format(host_error, "the host has no function %U", function->name);
        return NULL;
    default:
        PyErr_Format(host_error, "the host's answer to %U is of an unknown kind", function->name);
        return NULL;
    }
}

/* The same for an answer that was too long for the buffer on the stack. */
static PyObject *answer_long(const HostFunction *function, uint32_t kind,
                             const struct guest_host_call *call)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)call->answer_bytes);
    if (bytes == NULL)
        return NULL;
    if (import_host_take(PyBytes_AS_STRING(bytes), call->answer_bytes) != 0) {
        Py_DECREF(bytes);
        PyErr_Format(host_error, "the host's answer to %U is lost", function->name);
        return NULL;
    }
    if (kind == GUEST_ANSWER_BYTES)
        return bytes;
    PyObject *value = answer_value(function, kind, call, PyBytes_AS_STRING(bytes));
    Py_DECREF(bytes);
    return value;
}

/* The answer to a request, of which bridge/_pybox_async.py says what it is: its value, or NULL with an exception. */
static PyObject *host_function_answer(PyObject *self, PyObject *answer)
{
    const HostFunction *function = (const HostFunction *)self;
    struct guest_host_call call = {0};
    unsigned int kind;
    PyObject *object;
    if (!PyArg_ParseTuple(answer, "IS", &kind, &object))
        return NULL;
    const char *bytes = PyBytes_AS_STRING(object); /* and a NUL */
    Py_ssize_t length = PyBytes_GET_SIZE(object);
    if (kind == GUEST_ANSWER_ERROR && length >= (Py_ssize_t)sizeof call.error) {
        memcpy(&call.error, bytes, sizeof call.error);
        bytes += sizeof call.error;
        length -= (Py_ssize_t)sizeof call.error;
    }
    call.answer_bytes = (uint32_t)length;
    return answer_value(function, kind, &call, bytes);
}

/* The host answers later. Of an async function something to await, of another one the answer, which is waited for. */
static PyObject *ask_later(HostFunction *function, uint64_t id, PyObject *const *arguments)
{
    struct text text;
    text_begin(&text);
    PyObject *value = NULL;
    if (add_arguments(function, &text, arguments, NULL, NULL) == 0)
        value = async_ask(function->is_async, id, function->name, text.bytes, text.length, (PyObject *)function);
    text_end(&text);
    if (value == NULL || function->is_async)
        return value;
    PyObject *result = host_function_answer((PyObject *)function, value);
    Py_DECREF(value);
    return result;
}

/* The answer's value. *id is the call's if the host answers later, else 0. */
static PyObject *call_host(const HostFunction *function, const struct text *text,
                           const struct guest_blob *blobs, uint32_t blob_count, uint64_t *id)
{
    char buffer[ANSWER_BYTES + 1]; /* and a NUL */
    struct nest nest;
    struct guest_host_call call = {
        .arguments = (uint32_t)(uintptr_t)text->bytes,
        .arguments_bytes = (uint32_t)text->length,
        .blobs = (uint32_t)(uintptr_t)blobs,
        .blob_count = blob_count,
        .answer = (uint32_t)(uintptr_t)buffer,
        .answer_capacity = ANSWER_BYTES,
        .id = async_new_id(),
    };
    nest_begin(&nest);
    uint32_t kind = import_host_call(function->number, &call);
    if (nest_end(&nest) < 0)
        return NULL;
    *id = kind == GUEST_ANSWER_LATER ? call.id : 0;
    if (*id != 0)
        return NULL;
    if (call.answer_bytes > ANSWER_BYTES)
        return answer_long(function, kind, &call);
    buffer[call.answer_bytes] = '\0';
    return answer_value(function, kind, &call, buffer);
}

static PyObject *host_function_call(PyObject *self, PyObject *const *arguments, size_t flagged_count,
                                    PyObject *names)
{
    const HostFunction *function = (const HostFunction *)self;
    struct guest_blob blobs[MOST_PARAMETERS];
    uint32_t blob_count = 0;
    struct text text;
    if (PyVectorcall_NARGS(flagged_count) != PyTuple_GET_SIZE(function->keys) || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "a host function is called by its Python function");
        return NULL;
    }
    text_begin(&text);
    Py_INCREF(self);
    PyObject *value = NULL;
    uint64_t id = 0;
    if (add_arguments(function, &text, arguments, blobs, &blob_count) == 0)
        value = call_host(function, &text, blobs, blob_count, &id);
    text_end(&text);
    if (id != 0)
        value = ask_later((HostFunction *)self, id, arguments);
    Py_DECREF(self);
    return value;
}

static void host_function_free(PyObject *self)
{
    HostFunction *function = (HostFunction *)self;
    Py_XDECREF(function->name);
    Py_XDECREF(function->keys);
    PyObject_Free(self);
}

static PyObject *host_function_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<host function %U>", ((HostFunction *)self)->name);
}

static PyMethodDef host_function_methods[] = {
    {"answer", host_function_answer, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject host_function_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_pybox_host.HostFunction",
    .tp_basicsize = sizeof(HostFunction),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_vectorcall_offset = offsetof(HostFunction, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = host_function_free,
    .tp_repr = host_function_repr,
    .tp_methods = host_function_methods,
};

/* ------------------------------------------------------------------------------------------
 * The module
 */

/* make(number, name, keys, variable, is_async, is_tagged) -> HostFunction */
static PyObject *module_make(PyObject *module, PyObject *arguments)
{
    unsigned int number;
    PyObject *name, *keys;
    int variable, is_async, is_tagged;
    if (!PyArg_ParseTuple(arguments, "IUO!ipp", &number, &name, &PyTuple_Type, &keys, &variable,
                          &is_async, &is_tagged))
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(keys);
    int good = count <= MOST_PARAMETERS;
    for (Py_ssize_t i = 0; good && i < count; i++)
        good = PyBytes_CheckExact(PyTuple_GET_ITEM(keys, i));
    if (!good) {
        PyErr_SetString(PyExc_TypeError, "keys: expected at most 100 bytes objects");
        return NULL;
    }
    HostFunction *made = PyObject_New(HostFunction, &host_function_type);
    if (made == NULL)
        return NULL;
    made->vectorcall = host_function_call;
    made->number = number;
    made->variable = variable;
    made->is_async = is_async;
    made->form = is_tagged ? GUEST_VALUES_TAGGED : GUEST_VALUES_PLAIN;
    made->name = Py_NewRef(name);
    made->keys = Py_NewRef(keys);
    return (PyObject *)made;
}

/* renumber(function, number): it has another number in the host's set now, or -1 if it is not there. */
static PyObject *module_renumber(PyObject *module, PyObject *arguments)
{
    PyObject *function;
    int number;
    if (!PyArg_ParseTuple(arguments, "O!i", &host_function_type, &function, &number))
        return NULL;
    ((HostFunction *)function)->number = number < 0 ? NO_NUMBER : (uint32_t)number;
    Py_RETURN_NONE;
}

static PyMethodDef module_methods[] = {
    {"make", module_make, METH_VARARGS, NULL},
    {"renumber", module_renumber, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_pybox_host", .m_size = -1, .m_methods = module_methods};

static PyObject *module_init(void)
{
    if (PyType_Ready(&host_function_type) < 0)
        return NULL;
    return PyModule_Create(&module_definition);
}

PyStatus host_register(void)
{
    if (PyImport_AppendInittab("_pybox_host", module_init) < 0)
        return PyStatus_NoMemory();
    return PyStatus_Ok();
}

static PyObject *find(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *found = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return found;
}

int host_start(void)
{
    host_error = find("pybox", "HostError");
    return host_error != NULL ? 0 : -1;
}

/* ------------------------------------------------------------------------------------------
 * The set that the guest has
 */

static uint64_t set_name[2];

GUEST_EXPORT(GUEST_EXPORT_FUNCTIONS_KNOWN) uint32_t pybox_functions_known(uint64_t a, uint64_t b)
{
    return set_name[0] == a && set_name[1] == b;
}

GUEST_EXPORT(GUEST_EXPORT_FUNCTIONS) uint32_t pybox_functions(uint64_t a, uint64_t b, uint32_t length)
{
    set_name[0] = set_name[1] = 0;
    PyObject *declarations = PyBytes_FromStringAndSize(guest_request, (Py_ssize_t)length);
    if (declarations == NULL) {
        reply_begin();
        return reply_exception();
    }
    uint32_t address = call_bridge("declare_functions", declarations);
    Py_DECREF(declarations);
    if (((const struct guest_reply *)(uintptr_t)address)->kind == GUEST_REPLY_DONE) {
        set_name[0] = a;
        set_name[1] = b;
    }
    return address;
}
