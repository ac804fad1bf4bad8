/* JSON text in a buffer that grows. Each function returns 0, or -1 with an exception. */
#ifndef GUEST_VALUE_TEXT_H
#define GUEST_VALUE_TEXT_H

#include "guest_value.h"

#include <string.h>

/* Makes room for `more` bytes. */
int value_text_grow(struct value_text *text, size_t more);

static inline int value_text_room(struct value_text *text, size_t more)
{
    return more <= text->capacity - text->length ? 0 : value_text_grow(text, more);
}

static inline int value_text_byte(struct value_text *text, char byte)
{
    if (value_text_room(text, 1) < 0)
        return -1;
    text->bytes[text->length++] = byte;
    return 0;
}

static inline int value_text_put(struct value_text *text, const char *bytes, size_t length)
{
    if (value_text_room(text, length) < 0)
        return -1;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return 0;
}

/* A str, in quotes. Returns 1 if it has a lone surrogate, and so no UTF-8; part of it may be written. */
int value_text_string(struct value_text *text, PyObject *string);

/* An int in decimal. Returns 1 if it has more than GUEST_VALUE_DIGITS_MOST digits. */
int value_text_int(struct value_text *text, PyObject *number);

/* A finite number as repr() has it. */
int value_text_float(struct value_text *text, double number);

/* In quotes. */
int value_text_base64(struct value_text *text, const unsigned char *bytes, size_t length);

#endif
