#include "ext.h"

#include <errno.h>
#include <fcntl.h>

PyTypeObject *ext_image_type;

static PyObject *image_take(PyTypeObject *type, struct ext_module *module, pybox_image *image)
{
    struct ext_image *self = ext_type_alloc(type);
    if (self == NULL) {
        pybox_image_close(image);
        return NULL;
    }
    Py_INCREF(module);
    self->module = module;
    self->image = image;
    self->generation = ext_process_generation();
    return (PyObject *)self;
}

PyObject *ext_image_wrap(struct ext_module *module, pybox_image *image)
{
    return image_take(ext_image_type, module, image);
}

/* From a file that was named, or the base image. */
static PyObject *image_load(PyTypeObject *type, struct ext_module *module, PyObject *given, PyObject *folders,
                            pybox_image_options *options)
{
    struct ext_keep keep = {0};
    const char *path = NULL, **names;
    pybox_image *image = NULL;
    pybox_status status = PYBOX_OK;
    int failed = ext_process_check(module->generation) != 0 ||
                 ext_paths_of(&keep, folders, "folders", &names, &options->folder_count) != 0 ||
                 (given != Py_None && ext_path_of(&keep, given, &path) != 0);
    if (!failed) {
        options->folders = names;
        EXT_WITHOUT_GIL(status = pybox_image_load(module->module, path, options, &image));
    }
    ext_keep_free(&keep);
    if (status != PYBOX_OK)
        return ext_error_raise(status);
    return failed ? NULL : image_take(type, module, image);
}

static PyObject *image_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"module", "path", "folders", "trusted", "memory_bytes", "files_bytes", NULL};
    struct ext_module *module;
    PyObject *path = Py_None, *folders = Py_None;
    pybox_image_options options = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!|O$OpO&O&:Image", names, ext_module_type, &module, &path,
                                     &folders, &options.trusted, ext_uint64_of, &options.memory_bytes, ext_uint64_of,
                                     &options.files_bytes))
        return NULL;
    return image_load(type, module, path, folders, &options);
}

static void image_dealloc(PyObject *object)
{
    struct ext_image *self = (struct ext_image *)object;
    if (ext_process_is_alive(self->generation))
        pybox_image_close(self->image);
    Py_XDECREF(self->module);
    ext_type_free(object);
}

struct ext_image *ext_image_default(void)
{
    static struct ext_image *made;
    if (made == NULL || !ext_process_is_alive(made->generation)) {
        struct ext_module *module = ext_module_default();
        pybox_image_options options = {0};
        made = module != NULL
                   ? (struct ext_image *)image_load(ext_image_type, module, Py_None, Py_None, &options)
                   : NULL;
        Py_XDECREF(module);
    }
    Py_XINCREF(made);
    return made;
}

static int choose_module(PyObject *given, struct ext_module **module)
{
    if (given == Py_None) {
        *module = ext_module_default();
        return *module != NULL ? 0 : -1;
    }
    if (!PyObject_TypeCheck(given, ext_module_type)) {
        PyErr_SetString(PyExc_TypeError, "module is no Module");
        return -1;
    }
    Py_INCREF(given);
    *module = (struct ext_module *)given;
    return ext_process_check((*module)->generation);
}

static int choose_image(PyObject *given, struct ext_module *module, struct ext_image **image)
{
    if (given != Py_None) {
        Py_INCREF(given);
        *image = (struct ext_image *)given;
        return ext_process_check((*image)->generation);
    }
    struct ext_module *usual = ext_module_default();
    pybox_image_options options = {0};
    *image = module == usual
                 ? ext_image_default()
                 : (struct ext_image *)image_load(ext_image_type, module, Py_None, Py_None, &options);
    Py_XDECREF(usual);
    return *image != NULL ? 0 : -1;
}

int ext_image_choose(PyObject *module, PyObject *image, int from_nothing, struct ext_module **chosen_module,
                     struct ext_image **chosen_image)
{
    *chosen_module = NULL;
    *chosen_image = NULL;
    if (image != Py_None && !PyObject_TypeCheck(image, ext_image_type)) {
        PyErr_SetString(PyExc_TypeError, "image is no Image");
        return -1;
    }
    if (from_nothing && (image != Py_None || module == Py_None)) {
        PyErr_SetString(PyExc_ValueError, "a start from nothing takes a module, and no image");
        return -1;
    }
    if (module == Py_None && image != Py_None)
        module = (PyObject *)((struct ext_image *)image)->module;
    if (choose_module(module, chosen_module) == 0 &&
        (from_nothing || choose_image(image, *chosen_module, chosen_image) == 0))
        return 0;
    Py_CLEAR(*chosen_module);
    Py_CLEAR(*chosen_image);
    return -1;
}

/* ---- methods ---- */

static PyObject *image_digest(PyObject *object, void *ignored)
{
    (void)ignored;
    struct ext_image *self = (struct ext_image *)object;
    const char *digest;
    if (ext_process_check(self->generation) != 0)
        return NULL;
    EXT_WITHOUT_GIL(digest = pybox_image_digest(self->image));
    return digest[0] != '\0' ? ext_string(digest) : PyErr_NoMemory();
}

static PyObject *image_module(PyObject *object, void *ignored)
{
    (void)ignored;
    PyObject *module = (PyObject *)((struct ext_image *)object)->module;
    Py_INCREF(module);
    return module;
}

/* With the GIL: it is short, and rarely called. */
static int add_difference(void *context, uint64_t offset, uint64_t length, uint64_t differing)
{
    PyObject *item = Py_BuildValue("KKK", (unsigned long long)offset, (unsigned long long)length,
                                   (unsigned long long)differing);
    int failed = item == NULL || PyList_Append(context, item) != 0;
    Py_XDECREF(item);
    return failed;
}

static PyObject *image_compare(PyObject *object, PyObject *given)
{
    struct ext_image *self = (struct ext_image *)object, *other = (struct ext_image *)given;
    if (!PyObject_TypeCheck(given, ext_image_type))
        return PyErr_Format(PyExc_TypeError, "expected an Image");
    if (ext_process_check(self->generation) != 0 || ext_process_check(other->generation) != 0)
        return NULL;
    PyObject *list = PyList_New(0);
    pybox_status status =
        list != NULL ? pybox_image_compare(self->image, other->image, add_difference, list) : PYBOX_OK;
    if (status != PYBOX_OK)
        ext_error_raise(status);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

static PyObject *image_share(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_image *self = (struct ext_image *)object;
    pybox_status status;
    int descriptor = -1;
    if (ext_process_check(self->generation) != 0)
        return NULL;
    EXT_WITHOUT_GIL(status = pybox_image_share(self->image, &descriptor));
    if (status != PYBOX_OK)
        return ext_error_raise(status);
    descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    return descriptor >= 0 ? PyLong_FromLong(descriptor) : PyErr_SetFromErrno(PyExc_OSError);
}

static PyObject *image_receive(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    static char *names[] = {"module", "descriptor", NULL};
    struct ext_module *module;
    int descriptor;
    pybox_image *image = NULL;
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!i:receive", names, ext_module_type, &module,
                                     &descriptor) ||
        ext_process_check(module->generation) != 0)
        return NULL;
    EXT_WITHOUT_GIL(status = pybox_image_receive(module->module, descriptor, &image));
    return status == PYBOX_OK ? ext_image_wrap(module, image) : ext_error_raise(status);
}

static PyObject *default_image(PyObject *self, PyObject *ignored)
{
    (void)self;
    (void)ignored;
    return (PyObject *)ext_image_default();
}

static PyMethodDef default_method = {"default_image", default_image, METH_NOARGS, "Its base image, opened once."};

static PyGetSetDef image_facts[] = {
    {"digest", image_digest, NULL, "names the content, in hex", NULL},
    {"module", image_module, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef image_methods[] = {
    {"compare", image_compare, METH_O, "The runs of pages in which the memories differ."},
    {"share", image_share, METH_NOARGS, "A new file descriptor of the image's sealed memory."},
    {"receive", (PyCFunction)(void (*)(void))image_receive, METH_VARARGS | METH_KEYWORDS | METH_STATIC,
     "Opens an image that another process shares."},
    {NULL, NULL, 0, NULL},
};

int ext_image_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"A decoded snapshot of a started guest, shared by many boxes. Shareable by threads."},
        {Py_tp_new, image_new},
        {Py_tp_dealloc, image_dealloc},
        {Py_tp_getset, image_facts},
        {Py_tp_methods, image_methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"pybox._native.Image", sizeof(struct ext_image), 0, Py_TPFLAGS_DEFAULT, slots};
    ext_image_type = ext_type_make(module, &spec);
    PyObject *function = PyCFunction_NewEx(&default_method, NULL, NULL);
    if (function == NULL || PyModule_AddObject(module, default_method.ml_name, function) != 0)
        return -1;
    return ext_image_type != NULL ? 0 : -1;
}
