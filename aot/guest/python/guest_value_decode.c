/*
 * From text to objects. What the runtime hands over has been checked to be JSON within the caps (runtime/value_check.c); what is
 * left to refuse here is what only the guest can tell. Everything is checked again all the same, as far as memory depends on it.
 */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_value_decode.h"

#include <math.h>
#include <stdlib.h>

#include "internal/pycore_interp.h"
#include "internal/pycore_pyerrors.h" /* _PyErr_CheckStop */

#include "guest_space.h"

#define POLL_ITEMS 1024

PyObject *value_decode_refuse(struct value_decoder *d, const char *at, const char *what)
{
    d->is_placed = 1;
    PyErr_Format(PyExc_ValueError, "at byte %zd: %s", (Py_ssize_t)(at - d->begin), what);
    return NULL;
}

static PyObject *refuse_json(struct value_decoder *d)
{
    return value_decode_refuse(d, d->at, d->at < d->end ? "this is no JSON" : "the JSON text ends too early");
}

static void skip_space(struct value_decoder *d)
{
    while (*d->at == ' ' || *d->at == '\n' || *d->at == '\t' || *d->at == '\r')
        d->at++;
}

int value_decode_take(struct value_decoder *d, char c)
{
    skip_space(d);
    if (*d->at != c)
        return 0;
    d->at++;
    return 1;
}

int value_decode_expect(struct value_decoder *d, char c)
{
    if (value_decode_take(d, c))
        return 0;
    refuse_json(d);
    return -1;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The UTF-16 unit of four digits, or -1. They end at the text's NUL at the latest. */
static int32_t hex_unit(const char *s)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(s[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    const unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(lead[more] | c >> (6 * more));
    for (unsigned i = more; i-- > 0;)
        *to++ = (char)(0x80 | (c >> (6 * i) & 0x3f));
    return to;
}

/* The escape behind the backslash at *from, which it moves behind it. The end of what it has written; NULL: it is none. */
static char *unescape(const char **from, char *to)
{
    static const char shorts[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    const char *s = *from + 1;
    if (*s != 'u') {
        for (const char *pair = shorts; *pair != '\0'; pair += 2) {
            if (*pair == *s) {
                *to++ = pair[1];
                *from = s + 1;
                return to;
            }
        }
        return NULL;
    }
    int32_t unit = hex_unit(s + 1);
    s += 5;
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return NULL;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        const int32_t low = s[0] == '\\' && s[1] == 'u' ? hex_unit(s + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return NULL;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        s += 6;
    }
    *from = s;
    return put_utf8(to, (uint32_t)unit);
}

/* The string from d->at to its quote, which has escapes. */
static PyObject *read_escaped(struct value_decoder *d, const char *close)
{
    char *const bytes = malloc((size_t)(close - d->at) + 1), *to = bytes; /* no escape is shorter than what it means */
    if (bytes == NULL)
        return PyErr_NoMemory();
    while (d->at < close) {
        const char *escape = memchr(d->at, '\\', (size_t)(close - d->at));
        const size_t part = (size_t)((escape != NULL ? escape : close) - d->at);
        memcpy(to, d->at, part);
        to += part;
        d->at += part;
        char *const after = escape != NULL ? unescape(&d->at, to) : to;
        if (after == NULL) {
            free(bytes);
            return value_decode_refuse(d, d->at, "no JSON escape, or half a pair of surrogates");
        }
        to = after;
    }
    PyObject *string = PyUnicode_DecodeUTF8(bytes, to - bytes, "strict");
    free(bytes);
    return string;
}

/* Where the string that begins at `s` ends; *kind: 0 plain ASCII, else bits 1 for escapes, 2 for other than ASCII. NULL: nowhere. */
static const char *find_quote(const struct value_decoder *d, const char *s, int *kind)
{
    *kind = 0;
    for (; s < d->end; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '"')
            return s;
        if (c == '\\') {
            *kind |= 1;
            s++;
        } else if (c >= 0x80) {
            *kind |= 2;
        } else if (c < 0x20) {
            break;
        }
    }
    return NULL;
}

static PyObject *ascii_string(const char *bytes, size_t length)
{
    PyObject *string = PyUnicode_New((Py_ssize_t)length, 0x7f);
    if (string != NULL)
        memcpy(PyUnicode_1BYTE_DATA(string), bytes, length);
    return string;
}

/* d->at is behind the opening quote. */
static PyObject *read_string(struct value_decoder *d)
{
    int kind;
    const char *const close = find_quote(d, d->at, &kind);
    if (close == NULL)
        return refuse_json(d);
    const size_t length = (size_t)(close - d->at);
    PyObject *string = kind == 0 ? ascii_string(d->at, length)
                       : kind & 1 ? read_escaped(d, close)
                                  : PyUnicode_DecodeUTF8(d->at, (Py_ssize_t)length, "strict");
    d->at = close + 1;
    return string;
}

/* Keys repeat: the same str for the same bytes has its hash already. */
static PyObject *read_key(struct value_decoder *d)
{
    const char *const s = d->at;
    const char *const most = d->end - s > VALUE_KEY_BYTES ? s + VALUE_KEY_BYTES : d->end;
    uint32_t hash = 0;
    const char *close = s;
    while (close < most && *close != '"' && *close != '\\' && (signed char)*close >= 0x20)
        hash = hash * 31 + (unsigned char)*close++;
    if (close >= most || *close != '"')
        return read_string(d);
    const size_t length = (size_t)(close - s);
    PyObject **const kept = &d->keys[(hash ^ hash >> 8) % VALUE_KEYS];
    d->at = close + 1;
    if (*kept != NULL && (size_t)PyUnicode_GET_LENGTH(*kept) == length &&
        memcmp(PyUnicode_1BYTE_DATA(*kept), s, length) == 0)
        return Py_NewRef(*kept);
    PyObject *key = ascii_string(s, length);
    if (key != NULL)
        Py_XSETREF(*kept, Py_NewRef(key));
    return key;
}

PyObject *value_decode_key(struct value_decoder *d)
{
    if (value_decode_expect(d, '"') < 0)
        return NULL;
    PyObject *key = read_key(d);
    if (key != NULL && value_decode_expect(d, ':') < 0)
        Py_CLEAR(key);
    return key;
}

/* ---- numbers ---- */

static PyObject *read_long_int(struct value_decoder *d, const char *start, size_t digits)
{
    if (digits > GUEST_VALUE_DIGITS_MOST)
        return value_decode_refuse(d, start, "a number of more than 4,300 digits");
    char copy[GUEST_VALUE_DIGITS_MOST + 2];
    const size_t length = (size_t)(d->at - start);
    memcpy(copy, start, length);
    copy[length] = '\0';
    int *const limit = &PyInterpreterState_Get()->long_state.max_str_digits;
    const int before = *limit;
    *limit = 0;
    PyObject *number = PyLong_FromString(copy, NULL, 10);
    *limit = before;
    return number;
}

/* The rest of a number with a fraction or an exponent. `mantissa` and `digits` are those of its integer part. */
static PyObject *read_float(struct value_decoder *d, const char *start, uint64_t mantissa, size_t digits)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int scale = 0, exponent = 0;
    if (*d->at == '.') {
        const char *const first = ++d->at;
        for (; *d->at >= '0' && *d->at <= '9'; d->at++, digits++)
            mantissa = mantissa * 10 + (uint64_t)(*d->at - '0');
        if (d->at == first)
            return refuse_json(d);
        scale = (int)(d->at - first);
    }
    const int has_exponent = *d->at == 'e' || *d->at == 'E';
    if (has_exponent) {
        d->at++;
        d->at += *d->at == '+' || *d->at == '-';
        const char *const first = d->at;
        for (; *d->at >= '0' && *d->at <= '9'; d->at++)
            exponent++;
        if (d->at == first)
            return refuse_json(d);
    }
    if (digits + (size_t)exponent > GUEST_VALUE_DIGITS_MOST)
        return value_decode_refuse(d, start, "a number of more than 4,300 digits");
    /* Exact, as both parts are: 2 ** 53 > 10 ** 15. */
    if (digits <= 15 && !has_exponent) {
        const double number = (double)mantissa / powers[scale];
        return PyFloat_FromDouble(*start == '-' ? -number : number);
    }
    const double number = PyOS_string_to_double(start, (char **)&d->at, NULL);
    if (number == -1.0 && PyErr_Occurred())
        return NULL;
    return isfinite(number) ? PyFloat_FromDouble(number)
                            : value_decode_refuse(d, start, "a number beyond the range of a float");
}

static PyObject *read_number(struct value_decoder *d)
{
    const char *const start = d->at;
    uint64_t number = 0;
    d->at += *d->at == '-';
    const char *const first = d->at;
    for (; *d->at >= '0' && *d->at <= '9'; d->at++)
        number = number * 10 + (uint64_t)(*d->at - '0');
    const size_t digits = (size_t)(d->at - first);
    if (digits == 0 || (digits > 1 && *first == '0'))
        return refuse_json(d);
    if (*d->at == '.' || *d->at == 'e' || *d->at == 'E')
        return read_float(d, start, number, digits);
    if (digits > 18)
        return read_long_int(d, start, digits);
    return PyLong_FromLongLong(*start == '-' ? -(long long)number : (long long)number);
}

/* ---- containers ---- */

static int push(struct value_decoder *d, PyObject *value)
{
    if (d->depth_used == d->stack_capacity) {
        const size_t capacity = d->stack_capacity > 0 ? 2 * d->stack_capacity : 256;
        PyObject **stack = realloc(d->stack, capacity * sizeof *stack);
        if (stack == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        d->stack = stack;
        d->stack_capacity = capacity;
    }
    d->stack[d->depth_used++] = value;
    return 0;
}

/* Reads the items of an array, behind its bracket, onto the stack; 0, or -1 with those that were read on it. */
static int read_items(struct value_decoder *d)
{
    if (value_decode_take(d, ']'))
        return 0;
    do {
        PyObject *item = value_decode_value(d);
        if (item == NULL)
            return -1;
        if (push(d, item) < 0) {
            Py_DECREF(item);
            return -1;
        }
    } while (value_decode_take(d, ','));
    return value_decode_expect(d, ']');
}

PyObject *value_decode_array(struct value_decoder *d, enum value_array kind, PyObject *into)
{
    const size_t start = d->depth_used;
    PyObject *array = NULL;
    if (value_decode_expect(d, '[') < 0 || value_decode_deepen(d) < 0)
        return NULL;
    const int failed = read_items(d);
    d->depth--;
    const Py_ssize_t count = (Py_ssize_t)(d->depth_used - start);
    if (failed == 0 && into != NULL && PyTuple_GET_SIZE(into) != count)
        value_decode_refuse(d, d->at, "a tuple has other items than it had");
    else if (failed == 0)
        array = into != NULL ? Py_NewRef(into) : kind == VALUE_LIST ? PyList_New(count) : PyTuple_New(count);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = d->stack[start + (size_t)i];
        if (array == NULL)
            Py_DECREF(item);
        else if (PyList_CheckExact(array))
            PyList_SET_ITEM(array, i, item);
        else
            PyTuple_SET_ITEM(array, i, item);
    }
    d->depth_used = start;
    return array;
}

int value_decode_members(struct value_decoder *d, PyObject *dict)
{
    do {
        PyObject *key = value_decode_key(d);
        PyObject *value = key != NULL ? value_decode_value(d) : NULL;
        const int failed = value == NULL ? -1 : PyDict_SetItem(dict, key, value);
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (failed < 0)
            return -1;
    } while (value_decode_take(d, ','));
    return value_decode_expect(d, '}');
}

static PyObject *read_object(struct value_decoder *d)
{
    d->at++;
    if (value_decode_deepen(d) < 0)
        return NULL;
    skip_space(d);
    PyObject *object;
    if (d->options->form == GUEST_VALUES_TAGGED && d->at[0] == '"' && d->at[1] == '$') {
        object = value_decode_tagged(d);
    } else {
        object = PyDict_New();
        if (object != NULL && !value_decode_take(d, '}') && value_decode_members(d, object) < 0)
            Py_CLEAR(object);
        if (object != NULL && d->options->frozen)
            space_freeze(object);
    }
    d->depth--;
    return object;
}

/* ---- values ---- */

int value_decode_deepen(struct value_decoder *d)
{
    if (++d->depth <= GUEST_VALUE_DEPTH_MOST)
        return 0;
    value_decode_refuse(d, d->at, "the value is nested more than 200 deep");
    return -1;
}

static PyObject *read_word(struct value_decoder *d, const char *word, PyObject *value)
{
    const size_t length = strlen(word);
    if (strncmp(d->at, word, length) != 0)
        return refuse_json(d);
    d->at += length;
    return Py_NewRef(value);
}

PyObject *value_decode_value(struct value_decoder *d)
{
    skip_space(d);
    if (++d->items > GUEST_VALUE_ITEMS_MOST)
        return value_decode_refuse(d, d->at, "the value has more than 4,000,000 items");
    if (d->items % POLL_ITEMS == 0 && _PyErr_CheckStop() < 0)
        return NULL;
    switch (*d->at) {
    case '"':
        d->at++;
        return read_string(d);
    case '{':
        return read_object(d);
    case '[':
        return value_decode_array(d, d->options->frozen ? VALUE_TUPLE : VALUE_LIST, NULL);
    case 'n':
        return read_word(d, "null", Py_None);
    case 't':
        return read_word(d, "true", Py_True);
    case 'f':
        return read_word(d, "false", Py_False);
    default:
        return read_number(d);
    }
}

PyObject *value_decode(const char *bytes, size_t length, const struct value_options *options)
{
    struct value_decoder d = {.begin = bytes, .at = bytes, .end = bytes + length, .options = options};
    const int collects = PyGC_Disable(); /* its callbacks may be the program's */
    PyObject *value = value_decode_value(&d);
    if (value != NULL) {
        skip_space(&d);
        if (d.at != d.end) {
            Py_CLEAR(value);
            refuse_json(&d);
        }
    }
    if (collects)
        PyGC_Enable();
    for (int i = 0; i < VALUE_KEYS; i++)
        Py_XDECREF(d.keys[i]);
    free(d.stack);
    value_decode_forget(&d);
    return value;
}
