/*
 * From objects to text. Exact built-in types are read as they lie in memory; of subclasses the plain form takes the data of
 * their base, and the tagged form asks the bridge (_pybox_values.py), as it does for all other types.
 *
 * The tagged form walks the value twice: the first time to find what is in it more than once, the second time to write.
 */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_value.h"

#include <math.h>

#include "internal/pycore_long.h"    /* _PyLong_Format */
#include "internal/pycore_pyerrors.h" /* _PyErr_CheckStop */
#include "internal/pycore_setobject.h" /* _PySet_NextEntry */

#include "guest_value_helper.h"
#include "guest_value_place.h"
#include "guest_value_share.h"
#include "guest_value_text.h"

#define POLL_ITEMS 1024

struct encoder {
    struct value_text *text;
    const struct value_options *options;
    struct value_share *share; /* the tagged form's; else NULL */
    int is_counting;           /* the first walk: nothing is written */
    uint32_t items;
    uint32_t depth;
};

static int encode(struct encoder *e, PyObject *value, const struct value_place *at);

static int refuse(struct encoder *e, PyObject *kind, const struct value_place *at, const char *what)
{
    e->text->refused = 1;
    return value_place_raise(kind, at, what);
}

static int refuse_type(struct encoder *e, const struct value_place *at, const char *format, PyObject *value)
{
    PyObject *name = PyType_GetFullyQualifiedName(Py_TYPE(value));
    const char *type = name != NULL ? PyUnicode_AsUTF8(name) : NULL;
    char what[300];
    PyErr_Clear();
    PyOS_snprintf(what, sizeof what, format, type != NULL ? type : "?");
    Py_XDECREF(name);
    return refuse(e, PyExc_TypeError, at, what);
}

static int put(struct encoder *e, const char *text)
{
    return e->is_counting ? 0 : value_text_put(e->text, text, strlen(text));
}

static int put_byte(struct encoder *e, char byte)
{
    return e->is_counting ? 0 : value_text_byte(e->text, byte);
}

/* One more value of the text. */
static int count(struct encoder *e, const struct value_place *at)
{
    if (++e->items > GUEST_VALUE_ITEMS_MOST)
        return refuse(e, PyExc_ValueError, at, "the value has more than 4,000,000 items; pass parts of it");
    return e->items % POLL_ITEMS == 0 ? _PyErr_CheckStop() : 0;
}

static int open_container(struct encoder *e, char bracket, PyObject *container, const struct value_place *at)
{
    if (++e->depth > GUEST_VALUE_DEPTH_MOST) {
        const int cycle = value_place_repeats(at, container);
        return refuse(e, PyExc_ValueError, at,
                      cycle ? "a container that contains itself has no plain JSON form; use the tagged form"
                            : "the value is nested more than 200 deep as JSON; pass parts of it");
    }
    if (e->depth == 1 && Py_EnterRecursiveCall(" while a value is written as JSON"))
        return -1;
    return put_byte(e, bracket);
}

static int close_container(struct encoder *e, char bracket)
{
    if (--e->depth == 0)
        Py_LeaveRecursiveCall();
    return put_byte(e, bracket);
}

/* ---- scalars ---- */

static int put_surrogates(struct encoder *e, PyObject *string, const struct value_place *at)
{
    if (e->share == NULL)
        return refuse(e, PyExc_ValueError, at,
                      "a str with half a pair of surrogates has no plain JSON form; use the tagged form, "
                      "or str.encode('utf-8', 'surrogatepass')");
    PyObject *bytes = PyUnicode_AsEncodedString(string, "utf-8", "surrogatepass");
    if (bytes == NULL)
        return -1;
    e->items++;
    int done = put(e, "{\"$str\":");
    if (done == 0)
        done = value_text_base64(e->text, (const unsigned char *)PyBytes_AS_STRING(bytes),
                                 (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return done == 0 ? put_byte(e, '}') : done;
}

static int put_string(struct encoder *e, PyObject *string, const struct value_place *at)
{
    if (e->is_counting)
        return 0;
    const size_t start = e->text->length;
    const int done = value_text_string(e->text, string);
    if (done <= 0)
        return done;
    e->text->length = start;
    return put_surrogates(e, string, at);
}

static int put_int(struct encoder *e, PyObject *number, const struct value_place *at)
{
    if (e->is_counting)
        return 0;
    const int done = value_text_int(e->text, number);
    if (done <= 0)
        return done;
    if (e->share == NULL)
        return refuse(e, PyExc_ValueError, at,
                      "an int of more than 4,300 digits has no plain JSON form; use the tagged form, or hex()");
    PyObject *hex = _PyLong_Format(number, 16);
    if (hex == NULL)
        return -1;
    e->items++;
    int failed = put(e, "{\"$int\":") < 0 || value_text_string(e->text, hex) != 0 || put_byte(e, '}') < 0;
    Py_DECREF(hex);
    return failed ? -1 : 0;
}

static const char *special_float(double number)
{
    return isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
}

static int put_float(struct encoder *e, double number, const struct value_place *at)
{
    char what[160];
    if (isfinite(number))
        return e->is_counting ? 0 : value_text_float(e->text, number);
    e->items++;
    PyOS_snprintf(what, sizeof what,
                  e->share != NULL ? "{\"$float\":\"%s\"}"
                                   : "the float %s has no plain JSON form; use the tagged form, or None",
                  special_float(number));
    return e->share != NULL ? put(e, what) : refuse(e, PyExc_ValueError, at, what);
}

static int put_base64(struct encoder *e, const char *tag, const char *bytes, Py_ssize_t length)
{
    if (e->is_counting)
        return 0;
    e->items++;
    if (put(e, tag) < 0 ||
        value_text_base64(e->text, (const unsigned char *)bytes, (size_t)length) < 0)
        return -1;
    return put_byte(e, '}');
}

static int put_blob(struct encoder *e, PyObject *bytes)
{
    char text[40];
    if (e->is_counting)
        return 0;
    e->items++;
    PyOS_snprintf(text, sizeof text, "{\"$blob\":%zd}", PyList_GET_SIZE(e->options->blobs));
    return PyList_Append(e->options->blobs, bytes) < 0 ? -1 : put(e, text);
}

/* ---- containers ---- */

/* The items of a list or a tuple, which code of the program's may change meanwhile. */
static int put_items(struct encoder *e, PyObject *sequence, const struct value_place *at)
{
    struct value_place place = {.outer = at, .container = sequence};
    int done = open_container(e, '[', sequence, at);
    for (Py_ssize_t i = 0; done == 0 && i < Py_SIZE(sequence); i++) {
        PyObject *item = Py_NewRef(PyList_Check(sequence) ? PyList_GET_ITEM(sequence, i)
                                                          : PyTuple_GET_ITEM(sequence, i));
        place.index = i;
        if (i > 0)
            done = put_byte(e, ',');
        if (done == 0)
            done = encode(e, item, &place);
        Py_DECREF(item);
    }
    return done == 0 ? close_container(e, ']') : done;
}

static int put_set(struct encoder *e, PyObject *set, const struct value_place *at)
{
    struct value_place place = {.outer = at, .container = set};
    Py_ssize_t position = 0;
    Py_hash_t hash;
    PyObject *item;
    int done = open_container(e, '[', set, at);
    while (done == 0 && _PySet_NextEntry(set, &position, &item, &hash)) {
        Py_INCREF(item);
        if (place.index++ > 0)
            done = put_byte(e, ',');
        if (done == 0)
            done = encode(e, item, &place);
        Py_DECREF(item);
    }
    return done == 0 ? close_container(e, ']') : done;
}

/* Whether the tagged form can write the keys as those of a JSON object. */
static int has_plain_keys(PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &position, &key, &value)) {
        if (!PyUnicode_CheckExact(key) ||
            (PyUnicode_GET_LENGTH(key) > 0 && PyUnicode_READ_CHAR(key, 0) == '$'))
            return 0;
        if (!PyUnicode_IS_ASCII(key) && PyUnicode_AsUTF8(key) == NULL) {
            PyErr_Clear();
            return 0;
        }
    }
    return 1;
}

/* One member, with the comma before it. */
static int put_member(struct encoder *e, PyObject *key, PyObject *value, const struct value_place *place)
{
    if (!PyUnicode_Check(key))
        return refuse_type(e, place->outer,
                           "a dict with a key of type %s has no plain JSON form; use the tagged form, or str keys",
                           key);
    if ((place->index > 0 && put_byte(e, ',') < 0) || put_string(e, key, place) < 0 || put_byte(e, ':') < 0)
        return -1;
    return encode(e, value, place);
}

/* The same as a pair of the tagged form. */
static int put_pair(struct encoder *e, PyObject *key, PyObject *value, const struct value_place *place)
{
    struct value_place in_key = *place;
    in_key.is_key = 1;
    if ((place->index > 0 && put_byte(e, ',') < 0) || count(e, place) < 0 ||
        open_container(e, '[', place->container, place) < 0 || encode(e, key, &in_key) < 0 ||
        put_byte(e, ',') < 0 || encode(e, value, place) < 0)
        return -1;
    return close_container(e, ']');
}

typedef int put_entry(struct encoder *e, PyObject *key, PyObject *value, const struct value_place *place);

/* The entries of a dict in its own order: that of an OrderedDict may be another than that of the dict it is made of. */
static int put_ordered(struct encoder *e, PyObject *dict, put_entry *entry, struct value_place *place)
{
    PyObject *keys = PyODict_Type.tp_iter(dict), *key;
    int done = keys == NULL ? -1 : 0;
    while (done == 0 && (key = Py_TYPE(keys)->tp_iternext(keys)) != NULL) {
        PyObject *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
        place->key = key;
        done = value == NULL ? (PyErr_Occurred() ? -1 : 0) : entry(e, key, value, place);
        place->index++;
        Py_XDECREF(value);
        Py_DECREF(key);
    }
    Py_XDECREF(keys);
    return done == 0 && PyErr_Occurred() ? -1 : done;
}

static int put_entries(struct encoder *e, PyObject *dict, put_entry *entry, const struct value_place *at)
{
    struct value_place place = {.outer = at, .container = dict};
    Py_ssize_t position = 0;
    PyObject *key, *value;
    if (PyODict_Check(dict) && has_plain_keys(dict)) /* whose hash is no code of the program's */
        return put_ordered(e, dict, entry, &place);
    int done = 0;
    while (done == 0 && PyDict_Next(dict, &position, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        place.key = key;
        done = entry(e, key, value, &place);
        place.index++;
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return done;
}

static int put_object(struct encoder *e, PyObject *dict, const struct value_place *at)
{
    int done = open_container(e, '{', dict, at);
    if (done == 0)
        done = put_entries(e, dict, put_member, at);
    return done == 0 ? close_container(e, '}') : done;
}

static int put_pairs(struct encoder *e, PyObject *dict, const struct value_place *at)
{
    int done = open_container(e, '[', dict, at);
    if (done == 0)
        done = put_entries(e, dict, put_pair, at);
    return done == 0 ? close_container(e, ']') : done;
}

/* ---- the tagged form ---- */

static int put_payload(struct encoder *e, PyObject *value, const struct value_place *at)
{
    if (count(e, at) < 0)
        return -1;
    if (PyAnySet_CheckExact(value))
        return put_set(e, value, at);
    if (PyDict_CheckExact(value))
        return put_pairs(e, value, at);
    if (PyByteArray_CheckExact(value))
        return e->is_counting ? 0
                              : value_text_base64(e->text, (const unsigned char *)PyByteArray_AS_STRING(value),
                                                  (size_t)PyByteArray_GET_SIZE(value));
    return put_items(e, value, at);
}

/* An object whose members come from a description: (is_shared, key, payload, ...). */
static int put_description(struct encoder *e, PyObject *description, const struct value_place *at)
{
    for (Py_ssize_t i = 1; i + 1 < PyTuple_GET_SIZE(description); i += 2) {
        const struct value_place place = {.outer = at, .container = description,
                                          .key = PyTuple_GET_ITEM(description, i)};
        if ((i > 1 && put_byte(e, ',') < 0) || put_string(e, place.key, at) < 0 || put_byte(e, ':') < 0 ||
            encode(e, PyTuple_GET_ITEM(description, i + 1), &place) < 0)
            return -1;
    }
    return 0;
}

static const char *tag_of(PyObject *value)
{
    PyTypeObject *const type = Py_TYPE(value);
    return type == &PyTuple_Type       ? "\"$tuple\":"
           : type == &PySet_Type       ? "\"$set\":"
           : type == &PyFrozenSet_Type ? "\"$frozenset\":"
           : type == &PyByteArray_Type ? "\"$bytearray\":"
           : type == &PyDict_Type      ? "\"$dict\":"
                                       : "\"$list\":";
}

/* Whether there is no other object like it, so that nothing is said by where else it is. */
static int is_one_of_a_kind(PyObject *value)
{
    return (PyTuple_CheckExact(value) && PyTuple_GET_SIZE(value) == 0) ||
           (PyFrozenSet_CheckExact(value) && PySet_GET_SIZE(value) == 0);
}

/* A container, or what the bridge has described, in the tagged form. */
static int put_shared(struct encoder *e, PyObject *value, PyObject *description,
                      const struct value_place *at)
{
    char id[40];
    struct value_seen *seen = value_share_find(e->share, value, e->is_counting);
    if (seen == NULL && e->is_counting)
        return -1;
    if (e->is_counting) {
        if (seen->times++ > 0)
            return 0;
        if (description != NULL && seen->description == NULL)
            seen->description = Py_NewRef(description);
    } else if (seen != NULL && seen->id > 0) {
        e->items++;
        PyOS_snprintf(id, sizeof id, "{\"$ref\":%u}", (unsigned)seen->id);
        return put(e, id);
    }
    const int is_twice = !e->is_counting && seen != NULL && seen->times > 1 && !is_one_of_a_kind(value);
    if (description == NULL && !is_twice) {
        if (PyList_CheckExact(value))
            return put_items(e, value, at);
        if (PyDict_CheckExact(value) && has_plain_keys(value))
            return put_object(e, value, at);
    }
    int done = open_container(e, '{', value, at);
    if (done == 0 && is_twice) {
        seen->id = ++e->share->ids;
        e->items++;
        PyOS_snprintf(id, sizeof id, "\"$id\":%u,", (unsigned)seen->id);
        done = put(e, id);
    }
    if (done == 0 && description != NULL)
        done = put_description(e, description, at);
    else if (done == 0)
        done = put(e, tag_of(value)) < 0 ? -1 : put_payload(e, value, at);
    return done == 0 ? close_container(e, '}') : done;
}

/* What the bridge says of a value: a description, asked for once. A new reference. */
static PyObject *description_of(struct encoder *e, PyObject *value, const struct value_place *at)
{
    struct value_seen *seen = value_share_find(e->share, value, 0);
    if (seen != NULL && seen->description != NULL)
        return Py_NewRef(seen->description);
    PyObject *description = value_helper_describe(value, e->options->names);
    if (description == NULL)
        return NULL;
    if (PyUnicode_CheckExact(description)) { /* why there is none */
        const char *what = PyUnicode_AsUTF8(description);
        refuse(e, PyExc_TypeError, at, what != NULL ? what : "it has no tagged form");
        Py_CLEAR(description);
    }
    return description;
}

static int put_tagged(struct encoder *e, PyObject *value, const struct value_place *at)
{
    if (PyList_CheckExact(value) || PyTuple_CheckExact(value) || PyDict_CheckExact(value) ||
        PyAnySet_CheckExact(value) || PyByteArray_CheckExact(value))
        return put_shared(e, value, NULL, at);
    if (PyBytes_CheckExact(value))
        return put_base64(e, "{\"$bytes\":", PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    PyObject *description = description_of(e, value, at);
    if (description == NULL)
        return -1;
    int done;
    if (PyTuple_GET_ITEM(description, 0) == Py_True || e->is_counting) {
        done = put_shared(e, value, description, at);
    } else { /* a scalar, equal wherever it is */
        done = open_container(e, '{', value, at);
        if (done == 0)
            done = put_description(e, description, at);
        if (done == 0)
            done = close_container(e, '}');
    }
    Py_DECREF(description);
    return done;
}

/* ---- the plain form ---- */

static int put_plain(struct encoder *e, PyObject *value, const struct value_place *at)
{
    if (PyList_Check(value) || PyTuple_Check(value))
        return put_items(e, value, at);
    if (PyDict_Check(value))
        return put_object(e, value, at);
    if (PyUnicode_Check(value))
        return put_string(e, value, at);
    if (PyLong_Check(value))
        return put_int(e, value, at);
    if (PyFloat_Check(value))
        return put_float(e, PyFloat_AS_DOUBLE(value), at);
    if (PyAnySet_Check(value))
        return refuse_type(e, at, "a %s has no plain JSON form; use the tagged form, or a list", value);
    if (PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value))
        return refuse_type(e, at,
                           "%s within another value has no plain JSON form; use the tagged form, or pass it alone",
                           value);
    return refuse_type(e, at,
                       "an object of type %s has no plain JSON form; use the tagged form if docs/VALUES.md "
                       "lists it, or pass its data",
                       value);
}

static int encode(struct encoder *e, PyObject *value, const struct value_place *at)
{
    PyTypeObject *const type = Py_TYPE(value);
    if (count(e, at) < 0)
        return -1;
    if (type == &PyUnicode_Type)
        return put_string(e, value, at);
    if (type == &PyLong_Type)
        return put_int(e, value, at);
    if (value == Py_None)
        return put(e, "null");
    if (type == &PyBool_Type)
        return put(e, value == Py_True ? "true" : "false");
    if (type == &PyFloat_Type)
        return put_float(e, PyFloat_AS_DOUBLE(value), at);
    if (type == &PyBytes_Type && e->options->blobs != NULL)
        return put_blob(e, value);
    return e->share != NULL ? put_tagged(e, value, at) : put_plain(e, value, at);
}

static int walk(struct encoder *e, PyObject *value)
{
    e->items = e->depth = 0;
    const int done = encode(e, value, NULL);
    if (done < 0 && e->depth > 0)
        Py_LeaveRecursiveCall();
    return done;
}

int value_encode(PyObject *value, const struct value_options *options, struct value_text *text)
{
    struct value_share share = {0};
    struct encoder e = {.text = text, .options = options};
    text->length = 0;
    text->refused = 0;
    int done = 0;
    if (options->form == GUEST_VALUES_TAGGED) {
        e.share = &share;
        e.is_counting = 1;
        done = walk(&e, value);
        e.is_counting = 0;
    }
    if (done == 0)
        done = walk(&e, value);
    value_share_clear(&share);
    return done < 0 ? -1 : 0;
}
