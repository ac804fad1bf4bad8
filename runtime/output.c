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

int output_write(struct output *output, pybox_stream stream, const void *bytes, size_t length)
{
    uint64_t left = output->limit_bytes - output->written_bytes;
    size_t taken = length <= left ? length : (size_t)left;
    if (taken > 0) {
        int failed = output->callback != NULL
                         ? output->callback(output->context, stream, bytes, taken)
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
