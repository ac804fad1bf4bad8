/* The box's methods on its state. */
#include "ext.h"

static PyObject *box_checkpoint(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    EXT_FRAME_CALL(self, pybox_box_checkpoint(self->box));
}

static PyObject *box_rollback(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    EXT_FRAME_CALL(self, pybox_box_rollback(self->box));
}

static PyObject *box_drop(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    EXT_FRAME_CALL(self, pybox_box_drop(self->box));
}

static PyObject *box_trim(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    EXT_FRAME_CALL(self, pybox_box_trim(self->box));
}

static PyObject *box_clone(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    pybox_box *clone = NULL;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_clone(self->box, NULL, &clone);
    ext_frame_retake(&frame);
    struct ext_box *made = status == PYBOX_OK ? ext_box_wrap(clone, self, NULL) : NULL;
    if (made != NULL) {
        made->is_redirected = self->is_redirected;
        made->run_output = self->run_output; /* of a run that is pending */
        made->run_display = self->run_display;
        Py_XINCREF(made->run_output);
        Py_XINCREF(made->run_display);
    }
    return ext_frame_leave(&frame, status, (PyObject *)made);
}

static PyObject *box_image(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    pybox_image *image = NULL;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_image_create(self->box, &image);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? ext_image_wrap(self->module, image) : NULL);
}

static PyObject *do_save(struct ext_box *self, const char *path, const pybox_save_options *options)
{
    EXT_FRAME_CALL(self, pybox_box_save(self->box, path, options));
}

static PyObject *box_save(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "form", "level", "metadata", "delta", NULL};
    struct ext_keep keep = {0};
    PyObject *given;
    const char *path;
    int form = 0;
    pybox_save_options options = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|$iizp:save", names, &given, &form, &options.level,
                                     &options.metadata, &options.delta))
        return NULL;
    options.form = (pybox_form)form;
    PyObject *made =
        ext_path_of(&keep, given, &path) == 0 ? do_save((struct ext_box *)object, path, &options) : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *box_lost_files(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    struct ext_box *self = (struct ext_box *)object;
    struct ext_frame frame;
    size_t count = 0;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    const char *const *paths = pybox_box_lost_files(self->box, &count);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; i < count && list != NULL; i++) {
        PyObject *path = ext_string(paths[i]);
        if (path == NULL || PyList_SetItem(list, (Py_ssize_t)i, path) != 0)
            Py_CLEAR(list);
    }
    return ext_frame_leave(&frame, PYBOX_OK, list);
}

const PyMethodDef ext_state_methods[] = {
    {"checkpoint", box_checkpoint, METH_NOARGS, "Keeps the state as it is now."},
    {"rollback", box_rollback, METH_NOARGS, "Returns to the last checkpoint, or to where the box began."},
    {"drop", box_drop, METH_NOARGS, "Forgets the last checkpoint."},
    {"trim", box_trim, METH_NOARGS, "Gives memory back, for a box that will not run for a while."},
    {"clone", box_clone, METH_NOARGS, "A box with the same state, callbacks and functions."},
    {"image", box_image, METH_NOARGS, "An image of the state, for boxes that start from there."},
    {"save", (PyCFunction)(void (*)(void))box_save, METH_VARARGS | METH_KEYWORDS, "Writes the state to a file."},
    {"lost_files", box_lost_files, METH_NOARGS, "Files that were open in the image, and are not there."},
    {NULL, NULL, 0, NULL},
};
