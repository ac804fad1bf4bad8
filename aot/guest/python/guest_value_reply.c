#include "guest_value_reply.h"

#include <string.h>

/* Longest repr() or reason that crosses, in characters. */
#define TEXT_MOST (1 << 20)

static struct value_text text; /* of the last reply */
static PyObject *bytes;        /* the same for a value that is bytes */

void value_reply_forget(void)
{
    value_text_free(&text);
    Py_CLEAR(bytes);
}

void value_reply_put_aside(struct value_saved *saved)
{
    *saved = (struct value_saved){text, bytes};
    text = (struct value_text){0};
    bytes = NULL;
}

void value_reply_take_back(const struct value_saved *saved)
{
    value_reply_forget();
    text = saved->text;
    bytes = saved->bytes;
}

/* Whether the exception that is set is the program's, and does not end the run. */
static int is_harmless(void)
{
    return PyErr_ExceptionMatches(PyExc_Exception);
}

/* str() of the exception that is set, which is cleared; with its type's name unless the encoder raised it. A new reference, or NULL. */
static PyObject *reason(int is_refused)
{
    PyObject *exception = PyErr_GetRaisedException();
    const char *type = Py_TYPE(exception)->tp_name;
    PyObject *why = NULL;
    if (PyErr_GivenExceptionMatches(exception, PyExc_MemoryError)) {
        why = PyUnicode_FromString("the box has no memory left to write the value as JSON; raise limits.memory_bytes");
    } else {
        PyObject *message = PyObject_Str(exception);
        if (message == NULL && is_harmless())
            PyErr_Clear();
        if (message != NULL || !PyErr_Occurred())
            why = is_refused ? Py_XNewRef(message)
                             : PyUnicode_FromFormat("taking the value apart raised %s: %V", type, message, "?");
        Py_XDECREF(message);
    }
    Py_DECREF(exception);
    return why;
}

/* A bytes object with the data of `value`; NULL with or without an exception: it has none. Calls no code of the program's. */
static PyObject *data_of(PyObject *value, enum guest_value_form form)
{
    if (PyBytes_CheckExact(value))
        return Py_NewRef(value);
    if (form != GUEST_VALUES_PLAIN)
        return NULL;
    if (PyBytes_Check(value))
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    if (PyByteArray_Check(value))
        return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value));
    return PyMemoryView_Check(value) ? PyBytes_FromObject(value) : NULL;
}

/* Bytes go as they are, if they are all of the value. 1: it is bytes. */
static int take_bytes(PyObject *value, const struct value_options *options, struct value_reply *reply)
{
    bytes = data_of(value, options->form);
    if (bytes == NULL && !PyErr_Occurred())
        return 0;
    if (bytes == NULL)
        return -1;
    reply->kind = GUEST_VALUE_BYTES;
    reply->bytes = PyBytes_AS_STRING(bytes);
    reply->length = (size_t)PyBytes_GET_SIZE(bytes);
    if (reply->length <= GUEST_VALUE_BYTES_MOST)
        return 1;
    Py_CLEAR(bytes);
    reply->kind = GUEST_VALUE_NONE;
    reply->length = 0;
    text.refused = 1;
    PyErr_SetString(PyExc_ValueError, "at $: bytes of more than 64 MiB; pass parts of them");
    return -1;
}

/* The value, or *why it has none. */
static int take_value(PyObject *value, const struct value_options *options, struct value_reply *reply,
                      PyObject **why)
{
    struct value_text made = {0}; /* the program's code may have other replies made meanwhile */
    int done = take_bytes(value, options, reply);
    int refused = done < 0 && text.refused;
    if (done == 0) {
        done = value_encode(value, options, &made);
        refused = made.refused;
        if (done == 0) {
            value_text_free(&text);
            text = made;
            reply->kind = GUEST_VALUE_JSON;
            reply->bytes = text.bytes;
            reply->length = text.length;
            return 0;
        }
        value_text_free(&made);
    }
    if (done > 0)
        return 0;
    if (!is_harmless())
        return -1;
    *why = reason(refused);
    return *why == NULL ? -1 : 0;
}

/* The beginning and the end of a long text. Takes it. */
static PyObject *shorten(PyObject *whole)
{
    const Py_ssize_t length = whole != NULL ? PyUnicode_GET_LENGTH(whole) : 0, half = TEXT_MOST / 2;
    if (length <= TEXT_MOST)
        return whole;
    PyObject *head = PyUnicode_Substring(whole, 0, half);
    PyObject *tail = PyUnicode_Substring(whole, length - half, length);
    PyObject *both = NULL;
    if (head != NULL && tail != NULL)
        both = PyUnicode_FromFormat("%U\n[... %zd characters left out ...]\n%U", head, length - 2 * half, tail);
    Py_XDECREF(head);
    Py_XDECREF(tail);
    Py_DECREF(whole);
    return both;
}

/* The value's repr(), which may be the program's code; NULL with an exception that ends the run. */
static PyObject *repr_of(PyObject *value)
{
    const char *type = Py_TYPE(value)->tp_name;
    PyObject *repr = shorten(PyObject_Repr(value));
    if (repr != NULL || !is_harmless())
        return repr;
    PyObject *exception = PyErr_GetRaisedException();
    const char *dot = strrchr(type, '.');
    repr = PyUnicode_FromFormat("<%s: repr() raised %s>", dot != NULL ? dot + 1 : type, Py_TYPE(exception)->tp_name);
    Py_DECREF(exception);
    return repr;
}

static PyObject *encoded(PyObject *string)
{
    return string != NULL ? PyUnicode_AsEncodedString(string, "utf-8", "backslashreplace") : PyBytes_FromString("");
}

/* Both texts, each behind its length. */
static PyObject *pack(PyObject *repr, PyObject *why)
{
    PyObject *const texts[] = {encoded(repr), encoded(why)};
    PyObject *payload = NULL;
    if (texts[0] != NULL && texts[1] != NULL)
        payload = PyBytes_FromStringAndSize(NULL, 8 + PyBytes_GET_SIZE(texts[0]) + PyBytes_GET_SIZE(texts[1]));
    char *to = payload != NULL ? PyBytes_AS_STRING(payload) : NULL;
    for (int i = 0; i < 2; i++) {
        if (to != NULL) {
            const uint32_t length = (uint32_t)PyBytes_GET_SIZE(texts[i]);
            memcpy(to, &length, sizeof length);
            memcpy(to + sizeof length, PyBytes_AS_STRING(texts[i]), length);
            to += sizeof length + length;
        }
        Py_XDECREF(texts[i]);
    }
    return payload;
}

int value_reply_make(PyObject *value, const struct value_options *options, int repr, struct value_reply *reply)
{
    PyObject *why = NULL, *shown = NULL;
    *reply = (struct value_reply){0};
    value_reply_forget();
    text.refused = 0;
    if (value == Py_None || (take_value(value, options, reply, &why) == 0)) {
        shown = repr && value != Py_None ? repr_of(value) : NULL;
        if (!PyErr_Occurred())
            reply->texts = pack(shown, why);
    }
    Py_XDECREF(why);
    Py_XDECREF(shown);
    return reply->texts != NULL ? 0 : -1;
}
