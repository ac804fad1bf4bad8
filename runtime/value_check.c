#include "value_check.h"

#include <stdint.h>
#include <string.h>

/* A value being read: all functions below move `at`, and set the fault if they return -1. */
struct value_reader {
    const unsigned char *begin, *at, *end;
    struct value_fault *fault;
};

static int value_refuse(struct value_reader *r, const unsigned char *at, const char *what, int is_cap)
{
    *r->fault = (struct value_fault){what, (size_t)(at - r->begin), is_cap};
    return -1;
}

static int value_next(const struct value_reader *r)
{
    return r->at < r->end ? *r->at : -1;
}

static void value_skip_space(struct value_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* ---- strings ---- */

static int value_hex_digit(int c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX at `s`, or -1. */
static int value_unit(const struct value_reader *r, const unsigned char *s)
{
    int unit = 0;
    if (r->end - s < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = value_hex_digit(s[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* r->at is at the backslash. */
static int value_check_escape(struct value_reader *r)
{
    const unsigned char *const start = r->at++;
    const int c = value_next(r);
    r->at++;
    if (c != 'u')
        return c > 0 && strchr("\"\\/bfnrt", c) != NULL ? 0 : value_refuse(r, start, "there is no such escape", 0);
    const int unit = value_unit(r, r->at);
    if (unit < 0)
        return value_refuse(r, start, "\\u needs four hexadecimal digits", 0);
    r->at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    const int low = unit <= 0xdbff && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u' ? value_unit(r, r->at + 2) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return value_refuse(r, start, "half a pair of surrogates is no character", 0);
    r->at += 6;
    return 0;
}

/* A character beyond ASCII. */
static int value_check_utf8(struct value_reader *r)
{
    const unsigned char *s = r->at;
    const size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || (size_t)(r->end - s) < length)
        return value_refuse(r, s, "this is no UTF-8", 0);
    /* The second byte's range keeps out overlong forms, surrogates, and what is over U+10FFFF. */
    unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < length; i++) {
        if (s[i] < low || s[i] > high)
            return value_refuse(r, s, "this is no UTF-8", 0);
        low = 0x80;
        high = 0xbf;
    }
    r->at += length;
    return 0;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Passes over ASCII that stands for itself, eight bytes at a time. */
static void value_skip_plain(struct value_reader *r)
{
    while (r->end - r->at >= 8) {
        uint64_t word;
        memcpy(&word, r->at, 8);
        const uint64_t quote = word ^ EACH('"'), backslash = word ^ EACH('\\');
        /* A byte's high bit: it is no ASCII, or below 0x20, or a quote, or a backslash (or stands behind one that is). */
        if (((word | (word - EACH(0x20)) | (quote - EACH(1)) | (backslash - EACH(1))) & EACH(0x80)) != 0)
            break;
        r->at += 8;
    }
}

/* r->at is at the opening quote. */
static int value_check_string(struct value_reader *r)
{
    const unsigned char *const start = r->at++;
    for (;;) {
        value_skip_plain(r);
        const int c = value_next(r);
        if (c == '"') {
            r->at++;
            return 0;
        }
        if (c < 0)
            return value_refuse(r, start, "the string does not end", 0);
        if (c < 0x20)
            return value_refuse(r, r->at, "a control character in a string must be an escape", 0);
        if (c == '\\' ? value_check_escape(r) < 0 : c >= 0x80 && value_check_utf8(r) < 0)
            return -1;
        if (c != '\\' && c < 0x80)
            r->at++;
    }
}

/* ---- other scalars ---- */

/* Digits, of which there must be one. How many. */
static int value_check_digits(struct value_reader *r, size_t *count)
{
    const unsigned char *const start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    *count += (size_t)(r->at - start);
    return r->at > start ? 0 : value_refuse(r, r->at, "a digit is expected", 0);
}

static int value_check_number(struct value_reader *r)
{
    const unsigned char *const start = r->at;
    size_t digits = 0;
    r->at += *r->at == '-';
    const unsigned char *const first = r->at;
    if (value_check_digits(r, &digits) < 0)
        return -1;
    if (*first == '0' && digits > 1)
        return value_refuse(r, first, "a number does not begin with 0", 0);
    if (value_next(r) == '.') {
        r->at++;
        if (value_check_digits(r, &digits) < 0)
            return -1;
    }
    if (value_next(r) == 'e' || value_next(r) == 'E') {
        r->at++;
        r->at += value_next(r) == '+' || value_next(r) == '-';
        if (value_check_digits(r, &digits) < 0)
            return -1;
    }
    return digits <= VALUE_DIGITS_MOST ? 0 : value_refuse(r, start, "a number has at most 4,300 digits", 1);
}

static int value_check_word(struct value_reader *r, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return value_refuse(r, r->at, "a value is expected", 0);
    r->at += length;
    return 0;
}

static int value_check_scalar(struct value_reader *r)
{
    switch (value_next(r)) {
    case '"':
        return value_check_string(r);
    case 'n':
        return value_check_word(r, "null");
    case 't':
        return value_check_word(r, "true");
    case 'f':
        return value_check_word(r, "false");
    case '-':
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return value_check_number(r);
    default:
        return value_refuse(r, r->at, "a value is expected", 0);
    }
}

/* ---- containers ---- */

/* A key and its colon. */
static int value_check_key(struct value_reader *r)
{
    value_skip_space(r);
    if (value_next(r) != '"')
        return value_refuse(r, r->at, "a key in quotes is expected", 0);
    if (value_check_string(r) < 0)
        return -1;
    value_skip_space(r);
    if (value_next(r) != ':')
        return value_refuse(r, r->at, "a colon is expected", 0);
    r->at++;
    return 0;
}

/* One value. Of the containers around a place only the closing brackets are kept. */
static int value_check_value(struct value_reader *r)
{
    unsigned char closing[PYBOX_VALUE_DEPTH_MOST];
    unsigned depth = 0;
    uint32_t items = 0;
    for (;;) {
        value_skip_space(r);
        if (++items > PYBOX_VALUE_ITEMS_MOST)
            return value_refuse(r, r->at, "a value has at most 4,000,000 items", 1);
        const int c = value_next(r);
        if (c == '[' || c == '{') {
            if (depth == PYBOX_VALUE_DEPTH_MOST)
                return value_refuse(r, r->at, "a value is nested at most 200 deep", 1);
            closing[depth++] = c == '[' ? ']' : '}';
            r->at++;
            value_skip_space(r);
            if (value_next(r) != closing[depth - 1]) {
                if (c == '{' && value_check_key(r) < 0)
                    return -1;
                continue;
            }
        } else if (value_check_scalar(r) < 0) {
            return -1;
        }
        /* Behind a value, or at the end of an empty container. */
        value_skip_space(r);
        while (depth > 0 && value_next(r) == closing[depth - 1]) {
            depth--;
            r->at++;
            value_skip_space(r);
        }
        if (depth == 0)
            return r->at == r->end ? 0 : value_refuse(r, r->at, "the value has ended here", 0);
        if (value_next(r) != ',')
            return value_refuse(r, r->at, "a comma or a closing bracket is expected", 0);
        r->at++;
        if (closing[depth - 1] == '}' && value_check_key(r) < 0)
            return -1;
    }
}

int value_check(const char *bytes, size_t length, struct value_fault *fault)
{
    const unsigned char *const begin = (const unsigned char *)bytes;
    struct value_reader reader = {begin, begin, begin + length, fault};
    if (length > PYBOX_VALUE_BYTES_MOST)
        return value_refuse(&reader, begin, "a value has at most 64 MiB", 1);
    return value_check_value(&reader);
}
