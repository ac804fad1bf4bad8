/* What the two halves of reading share: JSON itself (guest_value_decode.c) and the tagged form (guest_value_tag.c). Functions
 * return a new reference or NULL, or 0 or -1, with an exception on failure. */
#ifndef GUEST_VALUE_DECODE_H
#define GUEST_VALUE_DECODE_H

#include "guest_value.h"

#include <stdint.h>

#define VALUE_KEYS 256
#define VALUE_KEY_BYTES 32

struct value_decoder {
    const char *begin, *at, *end; /* *end is NUL */
    const struct value_options *options;
    uint32_t items, depth;
    PyObject **stack; /* items of the arrays that are being read */
    size_t depth_used, stack_capacity;
    PyObject *keys[VALUE_KEYS]; /* ASCII, lately read */
    PyObject *shared;           /* id -> object, of the tagged form; or NULL */
    int is_placed;              /* the exception names its place */
};

enum value_array { VALUE_LIST, VALUE_TUPLE };

PyObject *value_decode_refuse(struct value_decoder *d, const char *at, const char *what);

/* Whether `c` is next, behind white space; then it is taken. */
int value_decode_take(struct value_decoder *d, char c);
int value_decode_expect(struct value_decoder *d, char c);

PyObject *value_decode_value(struct value_decoder *d);

/* An array; `into` is a tuple without items that it is to become, or NULL. */
PyObject *value_decode_array(struct value_decoder *d, enum value_array kind, PyObject *into);

/* A key and its colon. */
PyObject *value_decode_key(struct value_decoder *d);

/* The rest of an object: members and the bracket. */
int value_decode_members(struct value_decoder *d, PyObject *dict);

/* One level more; d->depth-- leaves it. */
int value_decode_deepen(struct value_decoder *d);

/* An object of the tagged form, behind its bracket, whose first key begins with "$". */
PyObject *value_decode_tagged(struct value_decoder *d);

/* What the tagged form has kept for one text. */
void value_decode_forget(struct value_decoder *d);

#endif
