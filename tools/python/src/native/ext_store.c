#include "ext.h"

struct ext_store {
    PyObject_HEAD
    pybox_store *store; /* NULL: closed */
    unsigned users;     /* calls in progress */
    unsigned generation;
};

static PyTypeObject *store_type, *session_type;

static int store_check(const struct ext_store *self)
{
    if (self->store == NULL) {
        ext_error_closed("store");
        return -1;
    }
    return ext_process_check(self->generation);
}

/* A call of the library's without the GIL, during which nobody closes the store. */
#define STORE_CALL(self, call)   \
    do {                         \
        (self)->users++;         \
        EXT_WITHOUT_GIL(call);   \
        (self)->users--;         \
    } while (0)

static PyObject *store_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"folder", NULL};
    struct ext_keep keep = {0};
    PyObject *given;
    const char *folder;
    pybox_status status = PYBOX_OK;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O:Store", names, &given))
        return NULL;
    struct ext_store *self = ext_path_of(&keep, given, &folder) == 0 ? ext_type_alloc(type) : NULL;
    if (self != NULL) {
        self->generation = ext_process_generation();
        EXT_WITHOUT_GIL(status = pybox_store_open(folder, &self->store));
    }
    ext_keep_free(&keep);
    if (status != PYBOX_OK) {
        ext_error_raise(status);
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static void store_destroy(struct ext_store *self)
{
    pybox_store *store = self->store;
    self->store = NULL;
    if (ext_process_is_alive(self->generation))
        pybox_store_close(store);
}

static void store_dealloc(PyObject *object)
{
    store_destroy((struct ext_store *)object);
    ext_type_free(object);
}

static PyObject *store_close(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_store *self = (struct ext_store *)object;
    if (self->users > 0)
        return ext_error_say(PYBOX_ERROR_BUSY, "another thread is in a call of this store");
    store_destroy(self);
    return ext_none();
}

static PyObject *store_park(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "box", "revision", NULL};
    struct ext_store *self = (struct ext_store *)object;
    struct ext_box *box;
    struct ext_frame frame;
    const char *name;
    uint64_t revision = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "sO!|O&:park", names, &name, ext_box_type, &box,
                                     ext_uint64_of, &revision) ||
        store_check(self) != 0 || ext_frame_enter(&frame, box) != 0)
        return NULL;
    self->users++;
    ext_frame_release(&frame);
    pybox_status status = pybox_store_park(self->store, name, box->box, &revision);
    ext_frame_retake(&frame);
    self->users--;
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? PyLong_FromUnsignedLongLong(revision) : NULL);
}

static PyObject *store_resume(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "module", NULL};
    struct ext_store *self = (struct ext_store *)object;
    struct ext_module *module;
    struct ext_image *ignored;
    PyObject *given = Py_None;
    const char *name;
    uint64_t revision = 0;
    pybox_image *image = NULL;
    pybox_status status = PYBOX_OK;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|O:resume", names, &name, &given) ||
        store_check(self) != 0)
        return NULL;
    if (given == Py_None)
        module = ext_module_default();
    else if (ext_image_choose(given, Py_None, 1, &module, &ignored) != 0)
        module = NULL;
    if (module == NULL)
        return NULL;
    STORE_CALL(self, status = pybox_store_resume(self->store, module->module, name, &image, &revision));
    PyObject *made = status == PYBOX_OK ? ext_image_wrap(module, image) : ext_error_raise(status);
    Py_DECREF(module);
    return made != NULL ? Py_BuildValue("NK", made, (unsigned long long)revision) : NULL;
}

/* With the GIL: the library's calls of this are short. */
static int add_session(void *context, const pybox_session_info *info)
{
    PyObject *const fields[] = {
        ext_string(info->name),
        ext_string(info->digest),
        PyLong_FromUnsignedLongLong(info->revision),
        PyLong_FromUnsignedLongLong(info->parked_ns),
        PyLong_FromUnsignedLongLong(info->bytes),
    };
    PyObject *item = ext_record(session_type, 5, fields);
    int failed = item == NULL || PyList_Append(context, item) != 0;
    Py_XDECREF(item);
    return failed;
}

static PyObject *store_list(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_store *self = (struct ext_store *)object;
    if (store_check(self) != 0)
        return NULL;
    PyObject *list = PyList_New(0);
    pybox_status status = list != NULL ? pybox_store_list(self->store, add_session, list) : PYBOX_OK;
    if (!PyErr_Occurred() && status != PYBOX_OK)
        ext_error_raise(status);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

static PyObject *store_remove(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", NULL};
    struct ext_store *self = (struct ext_store *)object;
    const char *name;
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s:remove", names, &name) || store_check(self) != 0)
        return NULL;
    STORE_CALL(self, status = pybox_store_remove(self->store, name));
    return status == PYBOX_OK ? ext_none() : ext_error_raise(status);
}

typedef pybox_status sweep(pybox_store *store, uint64_t age_ns, uint64_t *files, uint64_t *bytes);

static PyObject *store_sweep(PyObject *object, PyObject *arguments, PyObject *keywords, const char *format,
                             sweep *sweep_store)
{
    static char *names[] = {"age_ns", NULL};
    struct ext_store *self = (struct ext_store *)object;
    uint64_t age_ns = 0, files = 0, bytes = 0;
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, format, names, ext_uint64_of, &age_ns) ||
        store_check(self) != 0)
        return NULL;
    STORE_CALL(self, status = sweep_store(self->store, age_ns, &files, &bytes));
    return status == PYBOX_OK ? Py_BuildValue("KK", (unsigned long long)files, (unsigned long long)bytes)
                              : ext_error_raise(status);
}

static PyObject *store_collect(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    return store_sweep(self, arguments, keywords, "|O&:collect", pybox_store_collect);
}

static PyObject *store_survey(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    return store_sweep(self, arguments, keywords, "|O&:survey", pybox_store_survey);
}

static PyStructSequence_Field session_fields[] = {
    {"name", NULL}, {"digest", NULL}, {"revision", NULL}, {"parked_ns", NULL}, {"bytes", NULL}, {NULL, NULL},
};

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef store_methods[] = {
    {"park", KEYWORDS(store_park), "Parks a box as a session. Returns the new revision."},
    {"resume", KEYWORDS(store_resume), "(image, revision) of a session."},
    {"list", store_list, METH_NOARGS, "All sessions, by name."},
    {"remove", KEYWORDS(store_remove), "Removes a session."},
    {"collect", KEYWORDS(store_collect), "Deletes the snapshots that no session needs: (files, bytes)."},
    {"survey", KEYWORDS(store_survey), "What collect() would delete now."},
    {"close", store_close, METH_NOARGS, "Closes the store."},
    {NULL, NULL, 0, NULL},
};

int ext_store_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"Sessions on disk: a folder of snapshots by digest, and of sessions by name. Any thread."},
        {Py_tp_new, store_new},
        {Py_tp_dealloc, store_dealloc},
        {Py_tp_methods, store_methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Store", sizeof(struct ext_store), 0, Py_TPFLAGS_DEFAULT, slots};
    static PyStructSequence_Desc session = {"pybox._native.SessionInfo", "What a store says of a session.",
                                            session_fields, 5};
    store_type = ext_type_make(module, &spec);
    session_type = ext_record_make(module, &session);
    return store_type != NULL && session_type != NULL ? 0 : -1;
}
