#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES 65536 /* a buffer that output_trim() leaves */

/* Appends, growing by doubling; the capacity always has room for a NUL. 0, or ENOMEM. */
static int output_append(struct output_buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->capacity - buffer->length <= length) {
        size_t capacity = buffer->capacity > 0 ? buffer->capacity : 256;
        while (capacity - buffer->length <= length) {
            if (capacity > SIZE_MAX / 2)
                return ENOMEM;
            capacity *= 2;
        }
        char *grown = realloc(buffer->bytes, capacity);
        if (grown == NULL)
            return ENOMEM;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
    return 0;
}

/* How many bytes the character has that begins with this one; 1 for those that begin none. */
static size_t output_character_bytes(unsigned char first)
{
    return first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1;
}

static int output_continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Completes the character that waits, from what follows. *used: bytes of that. 0, or what the callback said. */
static int output_complete(struct output *output, pybox_stream stream, const char *bytes,
                           size_t length, size_t *used)
{
    struct output_rest *rest = &output->rests[stream - PYBOX_STDOUT];
    *used = 0;
    while (rest->length < rest->whole && *used < length && output_continues(bytes[*used]))
        rest->bytes[rest->length++] = bytes[(*used)++];
    if (rest->length < rest->whole && *used == length)
        return 0; /* still not all of it */
    const size_t complete = rest->length;
    rest->length = 0;
    return output->callback(output->context, stream, rest->bytes, complete);
}

/* Keeps the beginning of a character at the end. Returns how many bytes are before it. */
static size_t output_keep_rest(struct output_rest *rest, const char *bytes, size_t length)
{
    size_t at = length, most = length < 3 ? length : 3;
    while (length - at < most && output_continues(bytes[at - 1]))
        at--;
    if (at == 0 || length - at == most)
        return length; /* too many of them: no character */
    const size_t whole = output_character_bytes((unsigned char)bytes[at - 1]);
    if (whole <= length - at + 1)
        return length;
    rest->whole = whole;
    rest->length = length - at + 1;
    memcpy(rest->bytes, bytes + at - 1, rest->length);
    return at - 1;
}

/* 0, or what the callback said. */
static int output_pass(struct output *output, pybox_stream stream, const char *bytes, size_t length)
{
    struct output_rest *rest = &output->rests[stream - PYBOX_STDOUT];
    size_t used = 0;
    if (rest->length > 0) {
        int failed = output_complete(output, stream, bytes, length, &used);
        if (failed != 0 || used == length)
            return failed;
    }
    const size_t whole = output_keep_rest(rest, bytes + used, length - used);
    return whole > 0 ? output->callback(output->context, stream, bytes + used, whole) : 0;
}

void output_finish(struct output *output)
{
    for (int i = 0; i < 2; i++)
        if (output->rests[i].length > 0 && output->callback != NULL)
            output->callback(output->context, (pybox_stream)(PYBOX_STDOUT + i), output->rests[i].bytes,
                             output->rests[i].length);
    memset(output->rests, 0, sizeof output->rests);
}

int output_write(struct output *output, pybox_stream stream, const void *bytes, size_t length)
{
    uint64_t left = output->limit_bytes - output->written_bytes;
    size_t taken = length <= left ? length : (size_t)left;
    if (taken > 0) {
        int failed = output->callback != NULL
                         ? output_pass(output, stream, bytes, taken)
                         : output_append(&output->captured[stream - PYBOX_STDOUT], bytes, taken);
        if (failed != 0)
            return failed > 0 ? failed : EIO;
        output->written_bytes += taken;
    }
    return taken < length ? OUTPUT_IS_FULL : 0;
}

void output_reset(struct output *output)
{
    output->written_bytes = 0;
    memset(output->rests, 0, sizeof output->rests);
    for (int i = 0; i < 2; i++)
        output->captured[i].length = 0;
}

void output_trim(struct output *output)
{
    output_reset(output);
    for (int i = 0; i < 2; i++)
        if (output->captured[i].capacity > KEPT_BYTES) {
            free(output->captured[i].bytes);
            output->captured[i] = (struct output_buffer){0};
        }
}

void output_free(struct output *output)
{
    for (int i = 0; i < 2; i++)
        free(output->captured[i].bytes);
    memset(output->captured, 0, sizeof output->captured);
}

pybox_bytes output_captured(const struct output *output, pybox_stream stream)
{
    const struct output_buffer *buffer = &output->captured[stream - PYBOX_STDOUT];
    if (buffer->length == 0)
        return (pybox_bytes){"", 0};
    return (pybox_bytes){buffer->bytes, buffer->length};
}
