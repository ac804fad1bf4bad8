/* What the tagged form has come by: a table of objects by identity. */
#ifndef GUEST_VALUE_SHARE_H
#define GUEST_VALUE_SHARE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

struct value_seen {
    PyObject *object;      /* held, so that its address is not used again; NULL: a free slot */
    PyObject *description; /* the bridge's; or NULL */
    uint32_t times;
    uint32_t id; /* as it has been written; 0: not yet */
};

struct value_share {
    struct value_seen *slots;
    uint32_t capacity, used; /* a power of two */
    uint32_t ids;
};

/* The entry of an object; with `add`, a new one if there is none. NULL: none, or with `add` a MemoryError. Until the
 * next one is added. */
struct value_seen *value_share_find(struct value_share *share, PyObject *object, int add);

void value_share_clear(struct value_share *share);

#endif
