/* The contexts that have names, and what the runtime asks to be done with them. */
#ifndef GUEST_REGISTRY_H
#define GUEST_REGISTRY_H

#include "guest_space.h"

/* Makes "main". 0, or -1 with an exception. */
int registry_start(void);

/* "main"; each context's `next` is the one that was made after it. */
struct context *registry_first(void);
uint32_t registry_count(void);

/* NULL: there is none of that name. */
struct context *registry_find(PyObject *name);

/* Makes one that has no names of the program's, with a parent or NULL; there is none of that name. NULL with an exception. */
struct context *registry_make(PyObject *name, struct context *parent);

/* The same with the names and the protection of another. */
struct context *registry_copy(PyObject *name, struct context *source);

/* Takes a context out that no other one inherits from, and in which no code runs. */
void registry_remove(struct context *context);

/* As it was when it was made. 0, or -1 with an exception: then it has less. */
int registry_empty(struct context *context);

/* All of them are emptied: the program's end. */
void registry_end(void);

#endif
