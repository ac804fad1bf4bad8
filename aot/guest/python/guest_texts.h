/*
 * A reply's texts without an allocation, for when there is no memory or the interpreter is in the middle of something.
 * Each is a 32-bit length and UTF-8; what does not fit is cut off.
 */
#ifndef GUEST_TEXTS_H
#define GUEST_TEXTS_H

#include <Python.h>

#include <stdint.h>

/* Start with `used` = 0. */
struct guest_texts {
    uint32_t used;
    char bytes[4096];
};

/* At most that much of one text, in bytes. */
#define GUEST_TEXT_MOST 1000

void texts_put(struct guest_texts *texts, const char *text);
void texts_put_number(struct guest_texts *texts, uint32_t number);

/* `text` may be NULL or no str: then it is empty. A lone surrogate becomes "?". */
void texts_put_unicode(struct guest_texts *texts, PyObject *text);

#endif
