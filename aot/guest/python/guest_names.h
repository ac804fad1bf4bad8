/*
 * A table of names in the guest, each with a few bytes of data: a hash table of our own, as a dict or a set could be
 * found by the program and changed. Names are str objects. A table of zeroes is empty.
 */
#ifndef GUEST_NAMES_H
#define GUEST_NAMES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

struct name {
    PyObject *name; /* exactly a str, held; NULL: a free place */
    Py_hash_t hash;
    union {
        struct context *context;
        struct {
            uint32_t budget; /* guest_space.c */
            uint32_t grant;
        };
    };
};

struct names {
    struct name *places; /* a power of two, at most half of them taken; NULL: none */
    uint32_t size, used;
    uint64_t mask; /* NAMES_BIT() of each name, perhaps more */
};

#define NAMES_BIT(hash) (UINT64_C(1) << ((uint32_t)(hash)&63))

/* The one of that name, or NULL. A key that is not exactly a str may be equal to anything with its hash. Calls no code of
 * the program's. */
struct name *names_find(const struct names *names, PyObject *key, Py_hash_t hash);

/* Adds a name (exactly a str) with data of zeroes, or finds it. NULL: no memory, without an exception. */
struct name *names_add(struct names *names, PyObject *name);

/* Whether it was there. */
int names_remove(struct names *names, PyObject *name);

void names_clear(struct names *names);

/* The next one from place *at on, which starts at 0; NULL: there are no more. */
struct name *names_next(const struct names *names, uint32_t *at);

#endif
