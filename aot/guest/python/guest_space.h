/*
 * What is behind a context: its dictionaries' spaces (see the patch dict-spaces), through which the guest's changes of them
 * are asked about.
 *
 * A context that inherits looks its parents' names up as built-ins: its `__builtins__` is a dictionary, `inherited`, of what it has
 * asked for so far, its parents' names first, then those of the module builtins. It is filled when a name is not found, and a name is
 * removed from it (or gets its new value) before a parent changes that name. Which names those are, parents know: `held`.
 */
#ifndef GUEST_SPACE_H
#define GUEST_SPACE_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>

#include "internal/pycore_dict.h" /* struct _PyDictSpace */

#include "guest_abi.h"
#include "guest_context.h"
#include "guest_names.h"

enum space_kind {
    SPACE_OWN,       /* a context's own names: its globals */
    SPACE_INHERITED, /* what it has looked up of its parents' */
    SPACE_BUILTINS,  /* the module builtins: the parent of contexts without one */
    SPACE_FROZEN,
};

struct space {
    struct _PyDictSpace base; /* first: ma_space points to it */
    enum space_kind kind;
    struct context *context; /* NULL: FROZEN */
};

/* Lives as long as the registry or one of its two dictionaries needs it: functions may outlive their context. */
struct context {
    struct guest_context_entry entry; /* as long as it is registered */
    struct space own, inheriting;
    PyDictObject *globals;   /* NULL: gone */
    PyDictObject *inherited; /* NULL: none (it has no parent), or gone */
    uint32_t needs;          /* who does: at most three */

    /* As long as its globals live, which keep the parent's alive. */
    struct context *parent; /* at last the one of the module builtins, which has none */
    struct context *first_child, *previous_sibling, *next_sibling;

    struct names protected_names; /* watched, as those that are held are */
    struct names held; /* that `inherited` of contexts below it may have of it or its parents */

    /* As long as it is registered, else NULL (guest_context.c). */
    PyObject *name, *module;
    PyObject *shown; /* `_` of the module builtins, while code runs in another context */
    struct context *previous, *next; /* in the order in which they were made */
    uint32_t depth;  /* 1: without a parent */
    uint32_t visits; /* code runs in it */
    PyCompilerFlags flags;
};

/* Takes the module builtins as the parent of all, sets the hooks. 0, or -1 with an exception. */
int space_start(void);

/* The parent of contexts without one. */
struct context *space_root(void);

/* Makes globals the context's, below its parent; with a context as parent it gets its `inherited`, which is bound as `__builtins__`
 * there. 0, or -1 with an exception and nothing changed. */
int space_join(struct context *context, struct context *parent, PyObject *globals);

/* One that needs it does no more. */
void space_drop_need(struct context *context);

/* The hook lets one change pass, and only that: a value that is bound, one that is unbound (`value` NULL), or all (`key` too). From
 * there to the hook, code of the program's may run. */
void space_allow(PyDictObject *of, PyObject *key, PyObject *value);
void space_allow_no_more(void);

/* From now on nobody can change the dict, which is not a context's and was made by PyDict_New(). */
void space_freeze(PyObject *dictionary);

/* Changes of the name, an interned str, are asked about from now on. */
void space_watch(PyObject *name);

/* Whether a name is each context's own: no context inherits it. */
int space_is_own(PyObject *name);

#endif
