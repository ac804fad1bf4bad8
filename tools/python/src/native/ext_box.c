#include "ext.h"

#include <stddef.h>
#include <string.h>

PyTypeObject *ext_box_type;

struct ext_box *ext_box_wrap(pybox_box *box, const struct ext_box *pattern, struct ext_pool *pool)
{
    struct ext_box *self = ext_type_alloc(ext_box_type);
    if (self == NULL) {
        if (pool != NULL)
            ext_pool_take_back(pool, box);
        else
            pybox_box_destroy(box);
        return NULL;
    }
    self->box = box;
    self->generation = ext_process_generation();
    self->module = pattern->module;
    self->functions = pattern->functions;
    self->output = pattern->output;
    self->display = pattern->display;
    self->input = pattern->input;
    self->pool = pool;
    Py_XINCREF(self->module);
    Py_XINCREF(self->functions);
    Py_XINCREF(self->output);
    Py_XINCREF(self->display);
    Py_XINCREF(self->input);
    Py_XINCREF((PyObject *)self->pool);
    return self;
}

static PyObject *box_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"module", "image", "from_nothing", EXT_OPTIONS_NAMES, NULL};
    PyObject *module = Py_None, *image = Py_None;
    int from_nothing = 0;
    struct ext_options options;
    struct ext_keep keep = {0};
    struct ext_module *chosen_module = NULL;
    struct ext_image *chosen_image = NULL;
    pybox_status status = PYBOX_OK;
    ext_options_start(&options);
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|OO$p" EXT_OPTIONS_FORMAT ":Box", names, &module, &image,
                                     &from_nothing, EXT_OPTIONS_PLACES(options)))
        return NULL;
    struct ext_box *self = NULL;
    if (ext_options_fill(&options, &keep) == 0 &&
        ext_image_choose(module, image, from_nothing, &chosen_module, &chosen_image) == 0)
        self = ext_type_alloc(type);
    if (self != NULL) {
        self->generation = ext_process_generation();
        self->module = chosen_module;
        Py_INCREF(chosen_module);
        ext_options_hold(&options, self);
        ext_options_use(&options);
        EXT_WITHOUT_GIL(status = pybox_box_create(chosen_module->module,
                                                  chosen_image != NULL ? chosen_image->image : NULL, &options.options,
                                                  &self->box));
        ext_options_used(&options);
    }
    if (status != PYBOX_OK) {
        ext_error_raise(status);
        Py_CLEAR(self);
    }
    ext_keep_free(&keep);
    Py_XDECREF(chosen_module);
    Py_XDECREF(chosen_image);
    return (PyObject *)self;
}

/* Frees the box, or gives it back. Its callables are held until then. */
static void box_destroy(struct ext_box *self)
{
    pybox_box *box = self->box;
    self->box = NULL;
    if (box == NULL || !ext_process_is_alive(self->generation))
        return;
    if (self->pool != NULL)
        ext_pool_take_back(self->pool, box);
    else
        pybox_box_destroy(box);
}

static int box_traverse(PyObject *object, visitproc visit, void *arg)
{
    const struct ext_box *self = (struct ext_box *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)self->functions);
    Py_VISIT((PyObject *)self->pool);
    Py_VISIT(self->output);
    Py_VISIT(self->display);
    Py_VISIT(self->input);
    Py_VISIT(self->run_output);
    Py_VISIT(self->run_display);
    Py_VISIT(self->refill);
    Py_VISIT(self->trace);
    return 0;
}

static int box_clear(PyObject *object)
{
    struct ext_box *self = (struct ext_box *)object;
    box_destroy(self);
    Py_CLEAR(self->functions);
    Py_CLEAR(self->pool);
    Py_CLEAR(self->output);
    Py_CLEAR(self->display);
    Py_CLEAR(self->input);
    Py_CLEAR(self->run_output);
    Py_CLEAR(self->run_display);
    Py_CLEAR(self->refill);
    Py_CLEAR(self->trace);
    return 0;
}

static void box_dealloc(PyObject *object)
{
    struct ext_box *self = (struct ext_box *)object;
    PyObject_GC_UnTrack(object);
    if (self->weak_references != NULL)
        PyObject_ClearWeakRefs(object);
    box_clear(object);
    Py_CLEAR(self->module);
    ext_type_free(object);
}

static PyObject *box_close(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    if (self->frame != NULL)
        return ext_error_say(PYBOX_ERROR_BUSY, "the box is running: interrupt() stops it");
    box_clear(object);
    return ext_none();
}

static PyObject *box_interrupt(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"how", NULL};
    struct ext_box *self = (struct ext_box *)object;
    int how = PYBOX_INTERRUPT_STOP;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|i:interrupt", names, &how))
        return NULL;
    if (self->box != NULL && ext_process_is_alive(self->generation))
        pybox_box_interrupt(self->box, (pybox_interrupt)how); /* it cannot go away: closing needs the GIL */
    return ext_none();
}

/* ---- facts ---- */

static PyObject *box_module(PyObject *object, void *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    Py_INCREF(self->module);
    return (PyObject *)self->module;
}

static PyObject *box_closed(PyObject *object, void *ignored)
{
    (void)ignored;
    return PyBool_FromLong(((struct ext_box *)object)->box == NULL);
}

static PyObject *box_running(PyObject *object, void *ignored)
{
    (void)ignored;
    return PyBool_FromLong(((struct ext_box *)object)->frame != NULL);
}

static PyObject *box_checkpoints(PyObject *object, void *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    PyObject *made = PyLong_FromUnsignedLong(pybox_box_checkpoints(self->box));
    return ext_frame_leave(&frame, PYBOX_OK, made);
}

static PyGetSetDef box_facts[] = {
    {"module", box_module, NULL, NULL, NULL},
    {"closed", box_closed, NULL, NULL, NULL},
    {"running", box_running, NULL, "a thread is in a call of the box's", NULL},
    {"checkpoints", box_checkpoints, NULL, "how many there are", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef box_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct ext_box, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static const PyMethodDef own_methods[] = {
    {"close", box_close, METH_NOARGS, "Frees the box now; one from a pool goes back."},
    {"interrupt", (PyCFunction)(void (*)(void))box_interrupt, METH_VARARGS | METH_KEYWORDS,
     "Stops the run that is in progress. Any thread."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef all_methods[64];

/* A type has one table of methods, and ours come from several files. */
static void join_methods(void)
{
    const PyMethodDef *const tables[] = {own_methods, ext_run_methods, ext_context_methods, ext_state_methods,
                                         ext_files_methods};
    size_t count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const PyMethodDef *method = tables[i]; method->ml_name != NULL; method++)
            all_methods[count++] = *method;
    all_methods[count] = (PyMethodDef){0};
}

int ext_box_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"One isolated running instance. One thread at a time; any thread."},
        {Py_tp_new, box_new},
        {Py_tp_dealloc, box_dealloc},
        {Py_tp_traverse, box_traverse},
        {Py_tp_clear, box_clear},
        {Py_tp_methods, all_methods},
        {Py_tp_members, box_members},
        {Py_tp_getset, box_facts},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Box", sizeof(struct ext_box), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    join_methods();
    ext_box_type = ext_type_make(module, &spec);
    return ext_box_type != NULL ? 0 : -1;
}
