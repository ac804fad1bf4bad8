#include "text_builder.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a NUL. Whether there is. */
static int text_builder_reserve(struct text_builder *text, size_t more)
{
    if (text->failed)
        return 0;
    if (text->capacity - text->length > more)
        return 1;
    size_t capacity = text->capacity > 0 ? text->capacity : 128;
    while (capacity - text->length <= more && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    char *grown = capacity - text->length > more ? realloc(text->bytes, capacity) : NULL;
    text->failed = grown == NULL;
    if (text->failed)
        return 0;
    text->bytes = grown;
    text->capacity = capacity;
    return 1;
}

void text_builder_add(struct text_builder *text, const char *bytes, size_t length)
{
    if (!text_builder_reserve(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_builder_add_text(struct text_builder *text, const char *string)
{
    text_builder_add(text, string, strlen(string));
}

void text_builder_format(struct text_builder *text, const char *format, ...)
{
    char small[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    if (length < 0)
        text->failed = 1;
    else if ((size_t)length < sizeof small)
        text_builder_add(text, small, (size_t)length);
    else if (text_builder_reserve(text, (size_t)length)) {
        va_start(arguments, format);
        vsnprintf(text->bytes + text->length, text->capacity - text->length, format, arguments);
        va_end(arguments);
        text->length += (size_t)length;
    }
}

void text_builder_add_json(struct text_builder *text, const char *bytes, size_t length)
{
    text_builder_add(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            text_builder_format(text, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_builder_format(text, "\\u%04x", c);
        else
            text_builder_add(text, bytes + i, 1);
    }
    text_builder_add(text, "\"", 1);
}

char *text_builder_take(struct text_builder *text)
{
    text_builder_add(text, "", 0);
    char *bytes = text->failed ? NULL : text->bytes;
    if (text->failed)
        free(text->bytes);
    *text = (struct text_builder){0};
    return bytes;
}

void text_builder_free(struct text_builder *text)
{
    free(text->bytes);
    *text = (struct text_builder){0};
}
