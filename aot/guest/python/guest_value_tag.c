/* Objects of the tagged form: {"$tuple": [...]} and the like. */
#define PY_SSIZE_T_CLEAN
#include "guest_value_decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guest_space.h"
#include "guest_value_helper.h"

/* ---- shared objects ---- */

static int keep(struct value_decoder *d, PyObject *id, PyObject *object)
{
    if (id == NULL)
        return 0;
    if (d->shared == NULL)
        d->shared = PyDict_New();
    return d->shared == NULL ? -1 : PyDict_SetItem(d->shared, id, object);
}

/* A number that names an object. */
static PyObject *read_id(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *id = value_decode_value(d);
    if (id == NULL || PyLong_CheckExact(id))
        return id;
    Py_DECREF(id);
    return value_decode_refuse(d, at, "expected a number that names an object");
}

static PyObject *read_reference(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *id = read_id(d);
    if (id == NULL)
        return NULL;
    PyObject *object = d->shared != NULL ? PyDict_GetItemWithError(d->shared, id) : NULL;
    Py_DECREF(id);
    if (object != NULL)
        return Py_NewRef(object);
    return PyErr_Occurred() ? NULL : value_decode_refuse(d, at, "no object with that $id comes before (or contains) this");
}

void value_decode_forget(struct value_decoder *d)
{
    Py_CLEAR(d->shared);
}

/* ---- containers ---- */

/* How many items the array at `s` has, as far as commas tell. */
static Py_ssize_t count_items(const char *s, const char *end)
{
    Py_ssize_t commas = 0;
    int depth = 0, is_empty = 1;
    for (; s < end; s++) {
        if (*s == '"') {
            for (s++; s < end && *s != '"'; s++)
                s += *s == '\\';
        } else if (*s == '[' || *s == '{') {
            if (depth++ == 0)
                continue;
        } else if (*s == ']' || *s == '}') {
            if (--depth <= 0)
                break;
        } else if (*s == ',' && depth == 1) {
            commas++;
        }
        is_empty &= strchr(" \t\r\n", *s) != NULL;
    }
    return is_empty ? 0 : commas + 1;
}

/* A tuple that is in itself is there before its items are: it holds None meanwhile, so that whoever sees it is safe. */
static PyObject *read_tuple(struct value_decoder *d, PyObject *id)
{
    if (id == NULL)
        return value_decode_array(d, VALUE_TUPLE, NULL);
    const Py_ssize_t count = count_items(d->at, d->end);
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(Py_None));
    PyObject *filled = keep(d, id, tuple) < 0 ? NULL : value_decode_array(d, VALUE_TUPLE, tuple);
    Py_DECREF(tuple);
    return filled;
}

typedef int add_item(PyObject *container, PyObject *item);

/* Adds the items of an array to a container one by one. Takes it. */
static PyObject *read_into(struct value_decoder *d, PyObject *id, PyObject *container, add_item *add)
{
    if (container == NULL || keep(d, id, container) < 0 || value_decode_expect(d, '[') < 0 ||
        value_decode_deepen(d) < 0)
        goto failed;
    if (!value_decode_take(d, ']')) {
        do {
            PyObject *item = value_decode_value(d);
            const int added = item == NULL ? -1 : add(container, item);
            Py_XDECREF(item);
            if (added < 0)
                goto failed;
        } while (value_decode_take(d, ','));
        if (value_decode_expect(d, ']') < 0)
            goto failed;
    }
    d->depth--;
    return container;
failed:
    Py_XDECREF(container);
    return NULL;
}

static PyObject *read_list(struct value_decoder *d, PyObject *id)
{
    return d->options->frozen ? read_tuple(d, id) : read_into(d, id, PyList_New(0), PyList_Append);
}

static PyObject *read_frozenset(struct value_decoder *d, PyObject *id)
{
    PyObject *items = value_decode_array(d, VALUE_LIST, NULL);
    PyObject *set = items != NULL ? PyFrozenSet_New(items) : NULL;
    Py_XDECREF(items);
    if (set != NULL && keep(d, id, set) < 0)
        Py_CLEAR(set);
    return set;
}

static PyObject *read_set(struct value_decoder *d, PyObject *id)
{
    return d->options->frozen ? read_frozenset(d, id) : read_into(d, id, PySet_New(NULL), PySet_Add);
}

static int add_pair(PyObject *dict, PyObject *pair)
{
    PyObject *const items = pair;
    if (PyTuple_CheckExact(items) && PyTuple_GET_SIZE(items) == 2)
        return PyDict_SetItem(dict, PyTuple_GET_ITEM(items, 0), PyTuple_GET_ITEM(items, 1));
    if (PyList_CheckExact(items) && PyList_GET_SIZE(items) == 2)
        return PyDict_SetItem(dict, PyList_GET_ITEM(items, 0), PyList_GET_ITEM(items, 1));
    PyErr_SetString(PyExc_ValueError, "expected pairs of key and value");
    return -1;
}

static PyObject *read_dict(struct value_decoder *d, PyObject *id)
{
    PyObject *dict = read_into(d, id, PyDict_New(), add_pair);
    if (dict != NULL && d->options->frozen)
        space_freeze(dict);
    return dict;
}

/* ---- scalars ---- */

static int base64_digit(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Decodes to `to`, of 3 bytes for 4 digits. How many bytes; -1: this is no base64. */
static Py_ssize_t decode_base64(const char *digits, Py_ssize_t length, char *to)
{
    char *const start = to;
    uint32_t bits = 0;
    int have = 0;
    if (length % 4 != 0)
        return -1;
    for (int i = 0; i < 2 && length > 0 && digits[length - 1] == '='; i++)
        length--;
    for (Py_ssize_t i = 0; i < length; i++) {
        const int digit = base64_digit(digits[i]);
        if (digit < 0)
            return -1;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *to++ = (char)(bits >> have & 255);
        }
    }
    return (bits & ((1u << have) - 1)) == 0 ? to - start : -1;
}

/* A string's ASCII; or NULL with an exception. */
static PyObject *read_ascii(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *text = value_decode_value(d);
    if (text == NULL || (PyUnicode_CheckExact(text) && PyUnicode_IS_ASCII(text)))
        return text;
    Py_DECREF(text);
    return value_decode_refuse(d, at, "expected a string of ASCII");
}

static PyObject *read_bytes(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *text = read_ascii(d);
    if (text == NULL)
        return NULL;
    const Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, length / 4 * 3);
    const Py_ssize_t used =
        bytes == NULL ? 0
                      : decode_base64((const char *)PyUnicode_1BYTE_DATA(text), length, PyBytes_AS_STRING(bytes));
    Py_DECREF(text);
    if (used < 0) {
        Py_DECREF(bytes);
        return value_decode_refuse(d, at, "this is no base64");
    }
    if (bytes != NULL && used < PyBytes_GET_SIZE(bytes))
        _PyBytes_Resize(&bytes, used);
    return bytes;
}

static PyObject *read_bytearray(struct value_decoder *d, PyObject *id)
{
    PyObject *bytes = read_bytes(d);
    if (bytes == NULL || d->options->frozen)
        return bytes;
    PyObject *array = PyByteArray_FromObject(bytes);
    Py_DECREF(bytes);
    if (array != NULL && keep(d, id, array) < 0)
        Py_CLEAR(array);
    return array;
}

static PyObject *read_surrogates(struct value_decoder *d)
{
    PyObject *bytes = read_bytes(d);
    if (bytes == NULL)
        return NULL;
    PyObject *text = PyUnicode_DecodeUTF8(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), "surrogatepass");
    Py_DECREF(bytes);
    return text;
}

static PyObject *read_special_float(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *text = read_ascii(d);
    if (text == NULL)
        return NULL;
    const char *const s = (const char *)PyUnicode_1BYTE_DATA(text);
    PyObject *number = strcmp(s, "nan") == 0    ? PyFloat_FromDouble(NAN)
                       : strcmp(s, "inf") == 0  ? PyFloat_FromDouble(INFINITY)
                       : strcmp(s, "-inf") == 0 ? PyFloat_FromDouble(-INFINITY)
                                                : value_decode_refuse(d, at, "expected nan, inf or -inf");
    Py_DECREF(text);
    return number;
}

static PyObject *read_hex_int(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *text = read_ascii(d);
    if (text == NULL)
        return NULL;
    const char *const s = (const char *)PyUnicode_1BYTE_DATA(text), *const digits = s + (*s == '-');
    PyObject *number = strncmp(digits, "0x", 2) == 0 && digits[2] != '\0' &&
                               strspn(digits + 2, "0123456789abcdef") == strlen(digits + 2)
                           ? PyLong_FromString(s, NULL, 16)
                           : value_decode_refuse(d, at, "expected an integer in hexadecimal digits, as hex() has it");
    Py_DECREF(text);
    return number;
}

/* ---- what the bridge makes ---- */

static PyObject *read_described(struct value_decoder *d, PyObject *tag, PyObject *id)
{
    PyObject *payload = value_decode_value(d), *members = NULL, *whole = NULL;
    PyObject *object = payload != NULL ? value_helper_create(tag, payload, d->options->names) : NULL;
    if (object == NULL || (!PyType_Check(object) && keep(d, id, object) < 0))
        goto out;
    members = PyDict_New();
    if (members == NULL)
        goto out;
    if (value_decode_take(d, ',')) {
        if (value_decode_members(d, members) < 0)
            goto out;
        d->at--; /* the bracket */
    }
    whole = value_helper_finish(tag, object, members, d->options->names);
    if (whole != NULL && whole != object && keep(d, id, whole) < 0)
        Py_CLEAR(whole);
out:
    Py_XDECREF(payload);
    Py_XDECREF(members);
    Py_XDECREF(object);
    return whole;
}

/* ---- tags ---- */

static PyObject *read_payload(struct value_decoder *d, PyObject *tag, PyObject *id)
{
    static const struct {
        const char *tag;
        PyObject *(*read_shared)(struct value_decoder *d, PyObject *id);
        PyObject *(*read)(struct value_decoder *d);
    } tags[] = {
        {"$tuple", read_tuple, NULL},         {"$list", read_list, NULL},
        {"$set", read_set, NULL},             {"$frozenset", read_frozenset, NULL},
        {"$dict", read_dict, NULL},           {"$bytearray", read_bytearray, NULL},
        {"$bytes", NULL, read_bytes},         {"$str", NULL, read_surrogates},
        {"$float", NULL, read_special_float}, {"$int", NULL, read_hex_int},
        {"$ref", NULL, read_reference},
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (PyUnicode_EqualToUTF8(tag, tags[i].tag))
            return tags[i].read != NULL ? tags[i].read(d) : tags[i].read_shared(d, id);
    return read_described(d, tag, id);
}

/* What was raised while the object at `at` was put together says so, and where. */
static void add_place(struct value_decoder *d, const char *at)
{
    if (d->is_placed || !PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError))
        return;
    PyObject *exception = PyErr_GetRaisedException();
    PyObject *text = PyObject_Str(exception);
    if (text != NULL && Py_IS_TYPE(exception, (PyTypeObject *)PyExc_ValueError))
        PyErr_Format(PyExc_ValueError, "at byte %zd: %U", (Py_ssize_t)(at - d->begin), text);
    else if (text != NULL)
        PyErr_Format(PyExc_ValueError, "at byte %zd: %s: %U", (Py_ssize_t)(at - d->begin),
                     Py_TYPE(exception)->tp_name, text);
    d->is_placed = 1;
    Py_XDECREF(text);
    Py_DECREF(exception);
}

PyObject *value_decode_tagged(struct value_decoder *d)
{
    const char *const at = d->at;
    PyObject *id = NULL, *value = NULL;
    PyObject *tag = value_decode_key(d);
    if (tag != NULL && PyUnicode_EqualToUTF8(tag, "$id")) {
        id = read_id(d);
        Py_DECREF(tag);
        tag = id != NULL && value_decode_expect(d, ',') == 0 ? value_decode_key(d) : NULL;
    }
    if (tag != NULL)
        value = read_payload(d, tag, id);
    if (value != NULL && value_decode_expect(d, '}') < 0)
        Py_CLEAR(value);
    if (value == NULL && PyErr_Occurred())
        add_place(d, at);
    Py_XDECREF(id);
    Py_XDECREF(tag);
    return value;
}
