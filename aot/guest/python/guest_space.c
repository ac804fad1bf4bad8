#include "guest_space.h"

#include <stdlib.h>

#define QUIET UINT32_MAX           /* no context below has the name any more */
#define LEAST_GRANT 64u            /* contexts to be looked at */
#define MOST_GRANT (UINT32_C(1) << 20)

static struct context root; /* of the module builtins */
static struct space frozen;
static PyObject *protected_error, *builtins_name;
static PyObject *own_names[8];

/* The change that the hook lets pass. Nothing in it is held: it is only compared. */
static struct {
    PyDictObject *of;
    PyObject *key, *value;
} allowed;

struct context *space_root(void)
{
    return &root;
}

/* ------------------------------------------------------------------------------------------
 * The tree
 */

static void link_below(struct context *context, struct context *parent)
{
    context->parent = parent;
    context->next_sibling = parent->first_child;
    if (parent->first_child != NULL)
        parent->first_child->previous_sibling = context;
    parent->first_child = context;
}

static void unlink_from_tree(struct context *context)
{
    if (context->previous_sibling != NULL)
        context->previous_sibling->next_sibling = context->next_sibling;
    else if (context->parent != NULL)
        context->parent->first_child = context->next_sibling;
    if (context->next_sibling != NULL)
        context->next_sibling->previous_sibling = context->previous_sibling;
    context->parent = context->previous_sibling = context->next_sibling = NULL;
}

/* The one after `at` of those below `top`, each before those below it; without those below `at` if it is to be left. */
static struct context *next_below(struct context *at, const struct context *top, int leave)
{
    if (!leave && at->first_child != NULL)
        return at->first_child;
    for (; at != top; at = at->parent)
        if (at->next_sibling != NULL)
            return at->next_sibling;
    return NULL;
}

void space_drop_need(struct context *context)
{
    if (--context->needs == 0)
        free(context);
}

/* ------------------------------------------------------------------------------------------
 * What is allowed
 */

void space_allow(PyDictObject *of, PyObject *key, PyObject *value)
{
    allowed.of = of;
    allowed.key = key;
    allowed.value = value;
}

void space_allow_no_more(void)
{
    allowed.of = NULL;
}

static int is_same_name(PyObject *a, PyObject *b)
{
    return a == b || (a != NULL && b != NULL && PyUnicode_CheckExact(a) && PyUnicode_CheckExact(b) &&
                      PyUnicode_Compare(a, b) == 0);
}

static int is_allowed(const PyDictObject *of, PyObject *key, PyObject *value)
{
    if (allowed.of != of || allowed.value != value || !is_same_name(allowed.key, key))
        return 0;
    allowed.of = NULL;
    return 1;
}

/* The protected name that the key is or may be, of the context's or its parents'; NULL: none. */
static PyObject *find_protected(const struct context *context, PyObject *key, Py_hash_t hash)
{
    if (context->own.base.inherits != NULL && hash == PyObject_Hash(builtins_name) &&
        (!PyUnicode_CheckExact(key) || is_same_name(key, builtins_name)))
        return builtins_name;
    for (; context != NULL; context = context->parent) {
        const struct name *found = names_find(&context->protected_names, key, hash);
        if (found != NULL)
            return found->name;
    }
    return NULL;
}

/* The same of any that is bound in a context. */
static PyObject *find_protected_bound(const struct context *context)
{
    if (context->own.base.inherits != NULL)
        return builtins_name;
    uint32_t at = 0;
    for (const struct name *each; (each = names_next(&context->protected_names, &at)) != NULL;)
        if (_PyDict_GetItem_KnownHash((PyObject *)context->globals, each->name, each->hash) != NULL)
            return each->name;
    PyErr_Clear();
    return NULL;
}

static int refuse(PyObject *name)
{
    PyErr_Format(protected_error, "'%U' is protected: the host lets no code bind or delete it", name);
    return -1;
}

void space_watch(PyObject *name)
{
    ((PyASCIIObject *)name)->state.watched = 1;
}

/* ------------------------------------------------------------------------------------------
 * What contexts below have looked up
 */

/* None of this calls code of the program's: `inherited` has no keys but str, and what it lets go is still held by the
 * context that it is of, which has not changed yet. */

static int has_inherited(const struct context *context, const struct name *name)
{
    return context->inherited != NULL &&
           _PyDict_GetItem_KnownHash((PyObject *)context->inherited, name->name, name->hash) != NULL;
}

static void remove_below(struct context *context, struct name *held)
{
    for (struct context *each = context; (each = next_below(each, context, 0)) != NULL;) {
        if (!has_inherited(each, held))
            continue;
        space_allow(each->inherited, held->name, NULL);
        if (_PyDict_DelItem_KnownHash((PyObject *)each->inherited, held->name, held->hash) < 0)
            PyErr_Clear();
        space_allow_no_more();
    }
    held->budget = QUIET;
}

/* A context that has looked a name up and looks again when it has changed is told new values, so that what its code has
 * learnt of the name stays valid: for some time, as it may have lost interest. Returns how many were looked at, or 0 if it
 * cannot be said which of them have names of their own that hide the parent's. */
static uint32_t update_below(struct context *context, const struct name *held, PyObject *value)
{
    uint32_t count = 1;
    int leave = 0;
    for (struct context *each = context; (each = next_below(each, context, leave)) != NULL; count++) {
        if (has_inherited(each, held)) {
            space_allow(each->inherited, held->name, value);
            if (_PyDict_SetItem_KnownHash((PyObject *)each->inherited, held->name, value, held->hash) < 0)
                PyErr_Clear();
            space_allow_no_more();
        }
        leave = 0;
        if (each->first_child == NULL)
            continue;
        if (!DK_IS_UNICODE(each->globals->ma_keys))
            return 0;
        leave = _PyDict_GetItem_KnownHash((PyObject *)each->globals, held->name, held->hash) != NULL;
    }
    return count;
}

/* A name of the context's is about to change. */
static void tell_below(struct context *context, PyDict_WatchEvent event, PyObject *key, Py_hash_t hash,
                       PyObject *value)
{
    struct name *held = names_find(&context->held, key, hash);
    if (held == NULL || held->budget == QUIET)
        return;
    uint32_t looked_at = 0;
    if (event == PyDict_EVENT_MODIFIED && held->budget > 0 && PyUnicode_CheckExact(key))
        looked_at = update_below(context, held, value);
    if (looked_at == 0)
        remove_below(context, held);
    else
        held->budget -= looked_at < held->budget ? looked_at : held->budget;
}

static void tell_all_below(struct context *context)
{
    uint32_t at = 0;
    for (struct name *each; (each = names_next(&context->held, &at)) != NULL;)
        if (each->budget != QUIET)
            remove_below(context, each);
}

/* A context below is about to keep the name. 0, or -1: no memory. */
static int hold(struct context *context, PyObject *name)
{
    struct name *held = names_add(&context->held, name);
    if (held == NULL)
        return -1;
    if (held->budget == QUIET) {
        held->grant = held->grant == 0           ? LEAST_GRANT
                      : held->grant < MOST_GRANT ? held->grant * 2
                                                 : MOST_GRANT;
        held->budget = held->grant;
    }
    space_watch(name);
    return 0;
}

/* Keeps what a name (interned) means, which `owner` says. Without memory for it, it is looked up again. */
static void keep_name(struct context *context, struct context *owner, PyObject *name, PyObject *value)
{
    struct context *each = space_is_own(name) ? owner : context->parent;
    for (;; each = each->parent) {
        if (each == NULL || hold(each, name) < 0)
            return;
        if (each == owner)
            break;
    }
    space_allow(context->inherited, name, value);
    if (PyDict_SetItem((PyObject *)context->inherited, name, value) < 0)
        PyErr_Clear();
    space_allow_no_more();
}

static void keep(struct context *context, struct context *owner, PyObject *key, PyObject *value)
{
    PyObject *name = Py_NewRef(key);
    PyUnicode_InternInPlace(&name);
    if (PyUnicode_CHECK_INTERNED(name))
        keep_name(context, owner, name, value);
    Py_DECREF(name);
}

int space_is_own(PyObject *name)
{
    if (PyUnicode_GET_LENGTH(name) < 4 || PyUnicode_READ_CHAR(name, 0) != '_' ||
        PyUnicode_READ_CHAR(name, 1) != '_')
        return 0;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(own_names); i++)
        if (is_same_name(name, own_names[i]))
            return 1;
    return 0;
}

/* Looks a name up in what the context inherits. Code of the program's may run where keys are not all str; then nothing
 * is kept, as anything may have changed. */
static int look_up(struct context *context, PyObject *key, Py_hash_t hash, PyObject **value)
{
    struct context *owner = space_is_own(key) || context->parent == NULL ? &root : context->parent;
    int found = 0, is_plain = 1;
    PyObject *globals = Py_NewRef(owner->globals);
    for (;;) {
        is_plain &= DK_IS_UNICODE(((PyDictObject *)globals)->ma_keys);
        found = _PyDict_GetItemRef_KnownHash((PyDictObject *)globals, key, hash, value);
        if (found != 0 || owner->parent == NULL)
            break;
        owner = owner->parent;
        Py_SETREF(globals, Py_NewRef(owner->globals)); /* which keeps the owner */
    }
    if (found > 0 && is_plain && context->inherited != NULL && context->parent != NULL)
        keep(context, owner, key, *value);
    Py_DECREF(globals);
    return found;
}

/* ------------------------------------------------------------------------------------------
 * The hooks
 */

static int on_miss(PyDictObject *mp, PyObject *key, Py_hash_t hash, PyObject **value)
{
    struct context *context = ((struct space *)mp->ma_space)->context;
    *value = NULL;
    if (((struct space *)mp->ma_space)->kind != SPACE_INHERITED || !PyUnicode_CheckExact(key))
        return 0;
    context->needs++;
    const int found = look_up(context, key, hash, value);
    space_drop_need(context);
    return found;
}

static void on_end(struct space *space, PyDictObject *mp)
{
    struct context *context = space->context;
    mp->ma_space = NULL;
    if (space->kind == SPACE_OWN) {
        PyObject *inherits = context->own.base.inherits;
        context->own.base.inherits = NULL;
        context->globals = NULL;
        unlink_from_tree(context);
        names_clear(&context->held);
        names_clear(&context->protected_names);
        space_drop_need(context);
        Py_XDECREF(inherits);
    } else if (space->kind == SPACE_INHERITED) {
        context->inherited = NULL;
        space_drop_need(context);
    }
}

/* A context's own names, or those of the module builtins. */
static int on_own_change(struct context *context, PyDict_WatchEvent event, PyObject *key, Py_hash_t hash,
                         PyObject *value)
{
    if (event == PyDict_EVENT_CLEARED) {
        PyObject *name = find_protected_bound(context);
        if (name != NULL && !is_allowed(context->globals, NULL, NULL))
            return refuse(name);
        tell_all_below(context);
        return 0;
    }
    PyObject *name = find_protected(context, key, hash);
    if (name != NULL && !is_allowed(context->globals, key, value))
        return refuse(name);
    tell_below(context, event, key, hash, value);
    return 0;
}

static int on_change(PyDict_WatchEvent event, PyDictObject *mp, PyObject *key, Py_hash_t hash,
                     PyObject *value)
{
    struct space *space = (struct space *)mp->ma_space;
    if (event == PyDict_EVENT_DEALLOCATED) {
        on_end(space, mp);
        return 0;
    }
    if (space->kind == SPACE_OWN || space->kind == SPACE_BUILTINS)
        return on_own_change(space->context, event, key, hash, value);
    if (space->kind == SPACE_INHERITED && is_allowed(mp, key, value))
        return 0;
    PyErr_SetString(PyExc_TypeError,
                    space->kind == SPACE_FROZEN
                        ? "this dictionary is frozen: a value of the host's that cannot be changed; dict() makes "
                          "one of it that can"
                        : "the built-ins of a context that inherits are kept by the library; change the module "
                          "builtins instead");
    return -1;
}

/* ------------------------------------------------------------------------------------------
 * Beginnings
 */

void space_freeze(PyObject *dictionary)
{
    ((PyDictObject *)dictionary)->ma_space = &frozen.base;
}

int space_join(struct context *context, struct context *parent, PyObject *globals)
{
    if (parent != &root) {
        PyObject *inherited = PyDict_New();
        if (inherited == NULL || PyDict_SetItem(globals, builtins_name, inherited) < 0) {
            Py_XDECREF(inherited);
            return -1;
        }
        context->inherited = (PyDictObject *)inherited;
        context->inheriting = (struct space){
            .base = {.asks_always = 1, .is_inherited = 1}, .kind = SPACE_INHERITED, .context = context};
        context->inherited->ma_space = &context->inheriting.base;
        context->needs++;
        Py_DECREF(inherited);
        context->own.base.inherits = Py_NewRef(parent->globals);
    }
    context->own.kind = SPACE_OWN;
    context->own.context = context;
    context->globals = (PyDictObject *)globals;
    context->globals->ma_space = &context->own.base;
    context->needs++;
    link_below(context, parent);
    return 0;
}

/* The class pybox.ProtectedError, which no program changes. */
static PyObject *find_error(void)
{
    PyObject *module = PyImport_ImportModule("pybox");
    PyObject *found = module != NULL ? PyObject_GetAttrString(module, "ProtectedError") : NULL;
    Py_XDECREF(module);
    if (found != NULL)
        ((PyTypeObject *)found)->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    return found;
}

int space_start(void)
{
    static const char *const texts[Py_ARRAY_LENGTH(own_names)] = {
        "__name__",    "__doc__",  "__package__",  "__loader__",
        "__spec__",    "__file__", "__builtins__", "__annotations__"};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(own_names); i++) {
        own_names[i] = PyUnicode_InternFromString(texts[i]);
        if (own_names[i] == NULL)
            return -1;
    }
    builtins_name = PyUnicode_InternFromString("__builtins__");
    protected_error = find_error();
    if (builtins_name == NULL || protected_error == NULL)
        return -1;
    space_watch(builtins_name);
    frozen = (struct space){.base.asks_always = 1, .kind = SPACE_FROZEN};
    root.globals = (PyDictObject *)PyThreadState_Get()->interp->builtins;
    root.own.kind = SPACE_BUILTINS;
    root.own.context = &root;
    root.globals->ma_space = &root.own.base;
    _PyDict_SpaceHook = on_change;
    _PyDict_SpaceMiss = on_miss;
    return 0;
}
