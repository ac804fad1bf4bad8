/*
 * Contexts: the named namespaces that code runs in. There is always "main", whose globals are those of `__main__`.
 *
 * A context is found by its name for each request. Pointers to one are good until it is destroyed, which only a request of the
 * runtime's does, and not while code runs in it (context_enter()).
 */
#ifndef GUEST_CONTEXT_H
#define GUEST_CONTEXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

struct context;

/* Makes "main". 0, or -1 with an exception. */
int context_start(void);

/* NULL: there is none of that name. No exception. */
struct context *context_find(const char *name);

const char *context_name(const struct context *context);

/* Its own names: a dict, borrowed. Bind there by context_bind() what the host binds: protection is for the guest. */
PyObject *context_globals(const struct context *context);

/* Binds a name, also a protected one; NULL unbinds it (KeyError if it is not bound). 0, or -1 with an exception. */
int context_bind(struct context *context, PyObject *name, PyObject *value);

/* A name that the host gives, as the compiler has it: identifiers are normalised (NFKC), and all are interned. A new
 * reference, or NULL with an exception. Calls no code of the program's. */
PyObject *context_variable(const char *text, Py_ssize_t bytes);

/* What a name means to code in the context: a new reference, or NULL, without an exception if it is not bound. */
PyObject *context_look_up(struct context *context, PyObject *name);

/* What statements given one by one have said so far: from __future__ import. */
PyCompilerFlags *context_flags(struct context *context);

/* From context_enter() to context_leave() code runs in a context, and sys.modules["__main__"] is its module. These nest. */
struct context_visit {
    struct context *outer;
    PyObject *module; /* that was `__main__`, to be put back; NULL: nothing is */
};
void context_enter(struct context *context, struct context_visit *visit);
void context_leave(struct context_visit *visit);

/* The one that code runs in, or NULL. */
struct context *context_current(void);

/* Of a context that goes or is emptied: what the interactive mode has shown there last. */
void context_forget_shown(struct context *context);

#endif
