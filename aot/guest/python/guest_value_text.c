#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_value_text.h"

#include "internal/pycore_interp.h" /* long_state */
#include "internal/pycore_long.h"   /* _PyLong_IsCompact */

#include <stdint.h>
#include <stdlib.h>

#define FIRST_BYTES 512

void value_text_free(struct value_text *text)
{
    free(text->bytes);
    *text = (struct value_text){0};
}

int value_text_grow(struct value_text *text, size_t more)
{
    if (more > GUEST_VALUE_BYTES_MOST || text->length + more > GUEST_VALUE_BYTES_MOST) {
        text->refused = 1;
        PyErr_SetString(PyExc_ValueError, "the value takes more than 64 MiB as JSON; pass parts of it");
        return -1;
    }
    size_t capacity = text->capacity > 0 ? text->capacity : FIRST_BYTES;
    while (capacity < text->length + more)
        capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return 0;
}

/* ---- strings ---- */

static int is_special(Py_UCS4 c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The length of the first part of ASCII text that can be written as it is. */
static size_t plain_part(const unsigned char *s, size_t length)
{
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, s + i, 8);
        const uint64_t quote = word ^ EACH('"'), backslash = word ^ EACH('\\');
        /* A byte's high bit: it is below 0x20, or a quote, or a backslash (or stands behind one that is). */
        if ((((word - EACH(0x20)) | (quote - EACH(1)) | (backslash - EACH(1))) & EACH(0x80)) != 0)
            break;
    }
    while (i < length && !is_special(s[i]))
        i++;
    return i;
}

static size_t escape(unsigned char c, char out[6])
{
    static const char shorts[] = "b\bf\fn\nr\rt\t\"\"\\\\";
    static const char hex[] = "0123456789abcdef";
    out[0] = '\\';
    for (const char *s = shorts; *s != '\0'; s += 2) {
        if ((unsigned char)s[1] == c) {
            out[1] = s[0];
            return 2;
        }
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    return 6;
}

static int put_ascii(struct value_text *text, const unsigned char *s, size_t length)
{
    while (length > 0) {
        const size_t part = plain_part(s, length);
        if (value_text_put(text, (const char *)s, part) < 0)
            return -1;
        s += part;
        length -= part;
        if (length == 0)
            break;
        char out[6];
        if (value_text_put(text, out, escape(*s, out)) < 0)
            return -1;
        s++;
        length--;
    }
    return 0;
}

static size_t utf8(Py_UCS4 c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3; /* bytes after the first */
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[more] | c >> (6 * more));
    for (unsigned i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

static int put_wide(struct value_text *text, PyObject *string)
{
    const int kind = PyUnicode_KIND(string);
    const void *data = PyUnicode_DATA(string);
    const Py_ssize_t length = PyUnicode_GET_LENGTH(string);
    for (Py_ssize_t i = 0; i < length; i++) {
        const Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c >= 0xd800 && c <= 0xdfff)
            return 1;
        if (value_text_room(text, 6) < 0)
            return -1;
        char *const to = text->bytes + text->length;
        text->length += is_special(c) ? escape((unsigned char)c, to) : utf8(c, to);
    }
    return 0;
}

int value_text_string(struct value_text *text, PyObject *string)
{
    const size_t length = (size_t)PyUnicode_GET_LENGTH(string);
    if (value_text_byte(text, '"') < 0)
        return -1;
    const int done = PyUnicode_IS_ASCII(string) ? put_ascii(text, PyUnicode_1BYTE_DATA(string), length)
                                                : put_wide(text, string);
    return done != 0 ? done : value_text_byte(text, '"');
}

/* ---- numbers ---- */

static int put_number(struct value_text *text, int64_t number)
{
    char digits[20];
    char *const end = digits + sizeof digits, *first = end;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        *--first = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (number < 0)
        *--first = '-';
    return value_text_put(text, first, (size_t)(end - first));
}

int value_text_int(struct value_text *text, PyObject *number)
{
    if (_PyLong_IsCompact((const PyLongObject *)number))
        return put_number(text, _PyLong_CompactValue((const PyLongObject *)number));
    /* 10 ** 4300 has 14,285 bits. More takes quadratic time, whatever the program has set. */
    if (_PyLong_NumBits(number) > 14285)
        return 1;
    int *const limit = &PyInterpreterState_Get()->long_state.max_str_digits;
    const int before = *limit;
    *limit = 0;
    PyObject *digits = _PyLong_Format(number, 10);
    *limit = before;
    if (digits == NULL)
        return -1;
    const Py_ssize_t length = PyUnicode_GET_LENGTH(digits);
    const char *bytes = (const char *)PyUnicode_1BYTE_DATA(digits);
    const int done = length - (bytes[0] == '-') > GUEST_VALUE_DIGITS_MOST
                         ? 1
                         : value_text_put(text, bytes, (size_t)length);
    Py_DECREF(digits);
    return done;
}

int value_text_float(struct value_text *text, double number)
{
    char *spelled = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (spelled == NULL)
        return -1;
    const int done = value_text_put(text, spelled, strlen(spelled));
    PyMem_Free(spelled);
    return done;
}

int value_text_base64(struct value_text *text, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (value_text_room(text, length > GUEST_VALUE_BYTES_MOST ? length : (length + 2) / 3 * 4 + 2) < 0)
        return -1;
    char *to = text->bytes + text->length;
    *to++ = '"';
    size_t i = 0;
    for (; i + 3 <= length; i += 3) {
        const uint32_t three = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *to++ = digits[three >> shift & 63];
    }
    if (i < length) {
        const uint32_t rest = (uint32_t)bytes[i] << 16 | (i + 1 < length ? (uint32_t)bytes[i + 1] << 8 : 0);
        *to++ = digits[rest >> 18];
        *to++ = digits[rest >> 12 & 63];
        *to++ = i + 1 < length ? digits[rest >> 6 & 63] : '=';
        *to++ = '=';
    }
    *to++ = '"';
    text->length = (size_t)(to - text->bytes);
    return 0;
}
