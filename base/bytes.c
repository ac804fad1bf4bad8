#include "bytes.h"

int bytes_are_zero(const void *bytes, size_t length)
{
    const uint8_t *b = bytes;
    size_t head = length < 16 ? length : 16;
    for (size_t i = 0; i < head; i++)
        if (b[i] != 0)
            return 0;
    /* Each byte equals the one 16 before it, and the first 16 are zero. */
    return length == head || memcmp(b, b + head, length - head) == 0;
}

/* The length of the well-formed sequence at b, of at most `left` bytes; 0 if there is none. */
static size_t bytes_utf8_sequence(const uint8_t *b, size_t left)
{
    uint8_t first = b[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length > left)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (b[1] < low || b[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

int bytes_are_utf8(const void *bytes, size_t length)
{
    const uint8_t *b = bytes;
    for (size_t at = 0; at < length;) {
        size_t step = bytes_utf8_sequence(b + at, length - at);
        if (step == 0)
            return 0;
        at += step;
    }
    return 1;
}
