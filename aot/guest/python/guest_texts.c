#include "guest_texts.h"

#include <string.h>

/* Where a text begins; its length is written when it ends. */
static uint32_t open_text(struct guest_texts *texts)
{
    const uint32_t start = texts->used;
    texts->used += sizeof(uint32_t);
    return start;
}

static void close_text(struct guest_texts *texts, uint32_t start)
{
    const uint32_t length = texts->used - start - (uint32_t)sizeof length;
    memcpy(texts->bytes + start, &length, sizeof length);
}

static int has_room(const struct guest_texts *texts, uint32_t start, uint32_t more)
{
    return texts->used + more <= sizeof texts->bytes && texts->used + more - start <= GUEST_TEXT_MOST;
}

void texts_put(struct guest_texts *texts, const char *text)
{
    const uint32_t start = open_text(texts);
    while (*text != '\0' && has_room(texts, start, 1))
        texts->bytes[texts->used++] = *text++;
    close_text(texts, start);
}

void texts_put_number(struct guest_texts *texts, uint32_t number)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    texts_put(texts, first);
}

static uint32_t encode(Py_UCS4 c, char out[4])
{
    if (c >= 0xd800 && c <= 0xdfff)
        c = '?';
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const uint32_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3; /* bytes after the first */
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[more] | c >> (6 * more));
    for (uint32_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

void texts_put_unicode(struct guest_texts *texts, PyObject *text)
{
    const uint32_t start = open_text(texts);
    const Py_ssize_t length = text != NULL && PyUnicode_Check(text) ? PyUnicode_GET_LENGTH(text) : 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        char encoded[4];
        const uint32_t bytes = encode(PyUnicode_READ_CHAR(text, i), encoded);
        if (!has_room(texts, start, bytes))
            break;
        memcpy(texts->bytes + texts->used, encoded, bytes);
        texts->used += bytes;
    }
    close_text(texts, start);
}
