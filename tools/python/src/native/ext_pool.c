#include "ext.h"

struct ext_pool {
    PyObject_HEAD
    pybox_pool *pool;        /* NULL: closed */
    struct ext_box *pattern; /* holds what the options hold; has no box */
    unsigned taken;          /* boxes, and calls of take() in progress */
    unsigned generation;
};

static PyTypeObject *pool_type;

static int pool_check(const struct ext_pool *self)
{
    if (self->pool == NULL) {
        ext_error_closed("pool");
        return -1;
    }
    return ext_process_check(self->generation);
}

static PyObject *pool_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"module", "image", "minimum_idle", "maximum", "idle_ns", EXT_OPTIONS_NAMES, NULL};
    PyObject *module = Py_None, *image = Py_None;
    struct ext_options options;
    pybox_pool_options pool_options = {0};
    struct ext_keep keep = {0};
    struct ext_module *chosen_module = NULL;
    struct ext_image *chosen_image = NULL;
    pybox_status status = PYBOX_OK;
    ext_options_start(&options);
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|OO$IIO&" EXT_OPTIONS_FORMAT ":Pool", names, &module,
                                     &image, &pool_options.minimum_idle, &pool_options.maximum, ext_uint64_of,
                                     &pool_options.idle_ns, EXT_OPTIONS_PLACES(options)))
        return NULL;
    struct ext_pool *self = NULL;
    if (ext_options_fill(&options, &keep) == 0 &&
        ext_image_choose(module, image, 0, &chosen_module, &chosen_image) == 0)
        self = ext_type_alloc(type);
    if (self != NULL) {
        self->generation = ext_process_generation();
        self->pattern = ext_type_alloc(ext_box_type);
    }
    if (self != NULL && self->pattern != NULL) {
        self->pattern->module = chosen_module;
        Py_INCREF(chosen_module);
        ext_options_hold(&options, self->pattern);
        ext_options_use(&options);
        EXT_WITHOUT_GIL(status = pybox_pool_create(chosen_module->module, chosen_image->image, &options.options,
                                                   &pool_options, &self->pool));
        ext_options_used(&options);
    }
    if (status != PYBOX_OK)
        ext_error_raise(status);
    if (PyErr_Occurred())
        Py_CLEAR(self);
    ext_keep_free(&keep);
    Py_XDECREF(chosen_module);
    Py_XDECREF(chosen_image);
    return (PyObject *)self;
}

void ext_pool_take_back(struct ext_pool *pool, pybox_box *box)
{
    pool->taken--;
    pybox_pool_give(pool->pool, box);
}

static void pool_destroy(struct ext_pool *self)
{
    pybox_pool *pool = self->pool;
    self->pool = NULL;
    if (ext_process_is_alive(self->generation))
        pybox_pool_destroy(pool);
}

static int pool_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)((struct ext_pool *)object)->pattern);
    return 0;
}

/* Not while boxes are taken: they hold the pool, and are cleared too. */
static int pool_clear(PyObject *object)
{
    struct ext_pool *self = (struct ext_pool *)object;
    if (self->taken == 0) {
        pool_destroy(self);
        Py_CLEAR(self->pattern);
    }
    return 0;
}

static void pool_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    pool_clear(object);
    ext_type_free(object);
}

static PyObject *pool_close(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_pool *self = (struct ext_pool *)object;
    if (self->taken > 0)
        return ext_error_say(PYBOX_ERROR_BUSY, "%u boxes of the pool are taken; close() gives one back", self->taken);
    pool_clear(object);
    return ext_none();
}

/* The main thread looks for signals this often while it waits. */
#define SLICE_NS UINT64_C(50000000)

/* BUSY: none in that time. Whether a signal handler raised. */
static int wait_for_box(struct ext_pool *self, uint64_t wait_ns, pybox_box **box, pybox_status *status)
{
    const int in_slices = ext_process_is_main_thread();
    for (;;) {
        const uint64_t slice_ns = in_slices && wait_ns > SLICE_NS ? SLICE_NS : wait_ns;
        EXT_WITHOUT_GIL(*status = pybox_pool_take(self->pool, slice_ns, box));
        if (*status != PYBOX_ERROR_BUSY || slice_ns == wait_ns)
            return 0;
        if (PyErr_CheckSignals() != 0)
            return 1;
        if (wait_ns != PYBOX_UNLIMITED)
            wait_ns -= slice_ns;
    }
}

static PyObject *pool_take(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"wait_ns", NULL};
    struct ext_pool *self = (struct ext_pool *)object;
    uint64_t wait_ns = 0;
    pybox_box *box = NULL;
    pybox_status status = PYBOX_OK;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O&:take", names, ext_uint64_of, &wait_ns) ||
        pool_check(self) != 0)
        return NULL;
    self->taken++; /* nobody closes the pool meanwhile */
    const int raised = wait_for_box(self, wait_ns, &box, &status);
    if (!raised && status == PYBOX_OK)
        return (PyObject *)ext_box_wrap(box, self->pattern, self);
    self->taken--;
    return raised ? NULL : ext_error_raise(status);
}

static PyObject *pool_statistics(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_pool *self = (struct ext_pool *)object;
    pybox_pool_statistics s = {0};
    if (pool_check(self) != 0)
        return NULL;
    self->taken++;
    EXT_WITHOUT_GIL(pybox_pool_describe(self->pool, &s));
    self->taken--;
    return Py_BuildValue("{sIsIsKsKsKsK}", "idle", s.idle, "taken", s.taken, "takes", (unsigned long long)s.takes,
                         "waits", (unsigned long long)s.waits, "created", (unsigned long long)s.created, "evicted",
                         (unsigned long long)s.evicted);
}

static PyMethodDef pool_methods[] = {
    {"take", (PyCFunction)(void (*)(void))pool_take, METH_VARARGS | METH_KEYWORDS,
     "A box in the state of its image; close() gives it back."},
    {"statistics", pool_statistics, METH_NOARGS, "What the pool has and has done."},
    {"close", pool_close, METH_NOARGS, "Destroys the idle boxes."},
    {NULL, NULL, 0, NULL},
};

int ext_pool_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"Boxes of one image, ready to be used. Any thread."},
        {Py_tp_new, pool_new},
        {Py_tp_dealloc, pool_dealloc},
        {Py_tp_traverse, pool_traverse},
        {Py_tp_clear, pool_clear},
        {Py_tp_methods, pool_methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Pool", sizeof(struct ext_pool), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    pool_type = ext_type_make(module, &spec);
    return pool_type != NULL ? 0 : -1;
}
