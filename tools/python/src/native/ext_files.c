/* The box's methods on its files. The guest's paths are any bytes: those that are no UTF-8 become surrogates and back,
 * as with os.fsdecode(). */
#include "ext.h"

static PyTypeObject *file_type, *copied_type;

static int guest_path_of(struct ext_keep *keep, PyObject *given, const char **path)
{
    if (!PyUnicode_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "a path in the box is a str");
        return -1;
    }
    return ext_path_take(keep, PyUnicode_AsEncodedString(given, "utf-8", "surrogateescape"), path);
}

static PyObject *file_of(const pybox_file *file)
{
    PyObject *const fields[] = {
        PyUnicode_DecodeUTF8(file->path, (Py_ssize_t)strlen(file->path), "surrogateescape"),
        PyLong_FromLong(file->type),
        PyLong_FromUnsignedLongLong(file->bytes),
        PyLong_FromUnsignedLongLong(file->modified_ns),
        PyBool_FromLong(file->writable),
    };
    return ext_record(file_type, 5, fields);
}

/* ---- write, make, remove ---- */

/* A method whose only argument is a path of the guest's. */
static PyObject *with_path(PyObject *object, PyObject *arguments, PyObject *keywords, char **names, const char *format,
                           PyObject *(*act)(struct ext_box *self, const char *path))
{
    struct ext_keep keep = {0};
    PyObject *given;
    const char *path;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, format, names, &given))
        return NULL;
    PyObject *made = guest_path_of(&keep, given, &path) == 0 ? act((struct ext_box *)object, path) : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *do_write(struct ext_box *self, const char *path, const char *bytes, Py_ssize_t length)
{
    EXT_FRAME_CALL(self, pybox_box_file_write(self->box, path, bytes, (size_t)length));
}

static PyObject *file_write(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "content", NULL};
    struct ext_keep keep = {0};
    PyObject *given, *content;
    const char *path, *bytes;
    Py_ssize_t length;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO:file_write", names, &given, &content))
        return NULL;
    PyObject *made = guest_path_of(&keep, given, &path) == 0 &&
                             ext_bytes_of(&keep, content, "content", &bytes, &length) == 0
                         ? do_write((struct ext_box *)object, path, bytes, length)
                         : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *do_make_folder(struct ext_box *self, const char *path)
{
    EXT_FRAME_CALL(self, pybox_box_file_make_folder(self->box, path));
}

static PyObject *file_make_folder(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", NULL};
    return with_path(object, arguments, keywords, names, "O:file_make_folder", do_make_folder);
}

static PyObject *do_remove(struct ext_box *self, const char *path, int recursive)
{
    EXT_FRAME_CALL(self, pybox_box_file_remove(self->box, path, recursive));
}

static PyObject *file_remove(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "recursive", NULL};
    struct ext_keep keep = {0};
    PyObject *given;
    const char *path;
    int recursive = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|p:file_remove", names, &given, &recursive))
        return NULL;
    PyObject *made =
        guest_path_of(&keep, given, &path) == 0 ? do_remove((struct ext_box *)object, path, recursive) : NULL;
    ext_keep_free(&keep);
    return made;
}

/* ---- read, stat, list ---- */

static PyObject *do_read(struct ext_box *self, const char *path, uint64_t max_bytes)
{
    struct ext_frame frame;
    pybox_bytes bytes = {0};
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_file_read(self->box, path, max_bytes, &bytes);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? ext_bytes(bytes) : NULL);
}

static PyObject *file_read(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "max_bytes", NULL};
    struct ext_keep keep = {0};
    PyObject *given;
    const char *path;
    uint64_t max_bytes = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O&:file_read", names, &given, ext_uint64_of, &max_bytes))
        return NULL;
    PyObject *made =
        guest_path_of(&keep, given, &path) == 0 ? do_read((struct ext_box *)object, path, max_bytes) : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *do_stat(struct ext_box *self, const char *path)
{
    struct ext_frame frame;
    const pybox_file *file = NULL;
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_file_stat(self->box, path, &file);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? file_of(file) : NULL);
}

static PyObject *file_stat(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", NULL};
    return with_path(object, arguments, keywords, names, "O:file_stat", do_stat);
}

/* Ends a callback that adds `item`, which is consumed, to a list; NULL: it could not be made. Whether that failed. */
static int end_adding(struct ext_frame *frame, PyObject *list, PyObject *item)
{
    int failed = item == NULL || PyList_Append(list, item) != 0;
    if (failed)
        ext_frame_stop(frame);
    Py_XDECREF(item);
    ext_frame_end_callback(frame);
    return failed;
}

/* The library calls this. Without the GIL. */
static int add_file(void *context, const pybox_file *file)
{
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 1;
    return end_adding(frame, context, file_of(file));
}

static PyObject *do_list(struct ext_box *self, const char *pattern)
{
    struct ext_frame frame;
    PyObject *list = PyList_New(0);
    if (list == NULL || ext_frame_enter(&frame, self) != 0) {
        Py_XDECREF(list);
        return NULL;
    }
    ext_frame_release(&frame);
    pybox_status status = pybox_box_file_list(self->box, pattern, add_file, list);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, list);
}

static PyObject *file_list(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"pattern", NULL};
    return with_path(object, arguments, keywords, names, "O:file_list", do_list);
}

/* ---- changes ---- */

static int add_change(void *context, const pybox_change *change)
{
    struct ext_frame *frame = ext_frame_begin_callback(EXT_OTHER_CALLBACK);
    if (frame == NULL)
        return 1;
    PyObject *file = file_of(&change->file);
    PyObject *item = file != NULL ? Py_BuildValue("iN", (int)change->kind, file) : NULL;
    return end_adding(frame, context, item);
}

static PyObject *do_changes(struct ext_box *self, const char *path, pybox_since since)
{
    struct ext_frame frame;
    PyObject *list = PyList_New(0);
    if (list == NULL || ext_frame_enter(&frame, self) != 0) {
        Py_XDECREF(list);
        return NULL;
    }
    ext_frame_release(&frame);
    pybox_status status = pybox_box_file_changes(self->box, path, since, add_change, list);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, list);
}

static PyObject *file_changes(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "since", NULL};
    struct ext_keep keep = {0};
    PyObject *given = Py_None;
    const char *path = NULL;
    int since = PYBOX_SINCE_RUN;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|Oi:file_changes", names, &given, &since))
        return NULL;
    PyObject *made = given == Py_None || guest_path_of(&keep, given, &path) == 0
                         ? do_changes((struct ext_box *)object, path, (pybox_since)since)
                         : NULL;
    ext_keep_free(&keep);
    return made;
}

/* ---- copies out and in ---- */

static PyObject *copied_of(const pybox_copied *copied)
{
    PyObject *const fields[] = {
        PyLong_FromUnsignedLongLong(copied->files), PyLong_FromUnsignedLongLong(copied->folders),
        PyLong_FromUnsignedLongLong(copied->links), PyLong_FromUnsignedLongLong(copied->bytes),
        PyLong_FromUnsignedLongLong(copied->skipped),
    };
    return ext_record(copied_type, 5, fields);
}

static PyObject *do_export(struct ext_box *self, const char *path, const char *host_path,
                           const pybox_export_options *options)
{
    struct ext_frame frame;
    pybox_copied copied = {0};
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_file_export(self->box, path, host_path, options, &copied);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? copied_of(&copied) : NULL);
}

static PyObject *file_export(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"path", "host_path", "replace", "only_changes", "since", "max_bytes", "max_files", NULL};
    struct ext_keep keep = {0};
    PyObject *given, *host;
    const char *path, *host_path;
    int since = PYBOX_SINCE_RUN;
    pybox_export_options options = {0};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|$ppiO&O&:file_export", names, &given, &host,
                                     &options.replace, &options.only_changes, &since, ext_uint64_of,
                                     &options.max_bytes, ext_uint64_of, &options.max_files))
        return NULL;
    options.since = (pybox_since)since;
    PyObject *made = guest_path_of(&keep, given, &path) == 0 && ext_path_of(&keep, host, &host_path) == 0
                         ? do_export((struct ext_box *)object, path, host_path, &options)
                         : NULL;
    ext_keep_free(&keep);
    return made;
}

static PyObject *do_import(struct ext_box *self, const char *host_path, const char *path)
{
    struct ext_frame frame;
    pybox_copied copied = {0};
    if (ext_frame_enter(&frame, self) != 0)
        return NULL;
    ext_frame_release(&frame);
    pybox_status status = pybox_box_file_import(self->box, host_path, path, &copied);
    ext_frame_retake(&frame);
    return ext_frame_leave(&frame, status, status == PYBOX_OK ? copied_of(&copied) : NULL);
}

static PyObject *file_import(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"host_path", "path", NULL};
    struct ext_keep keep = {0};
    PyObject *host, *given;
    const char *host_path, *path;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO:file_import", names, &host, &given))
        return NULL;
    PyObject *made = ext_path_of(&keep, host, &host_path) == 0 && guest_path_of(&keep, given, &path) == 0
                         ? do_import((struct ext_box *)object, host_path, path)
                         : NULL;
    ext_keep_free(&keep);
    return made;
}

/* ---- types ---- */

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

const PyMethodDef ext_files_methods[] = {
    {"file_write", KEYWORDS(file_write), "Makes a file, and the folders above it, or replaces its content."},
    {"file_read", KEYWORDS(file_read), "The content of a file."},
    {"file_stat", KEYWORDS(file_stat), "What is at a path."},
    {"file_make_folder", KEYWORDS(file_make_folder), "Makes a folder, and those above it."},
    {"file_remove", KEYWORDS(file_remove), "Removes a file or a folder."},
    {"file_list", KEYWORDS(file_list), "The entries of a folder, or what matches a pattern."},
    {"file_changes", KEYWORDS(file_changes), "The files that were changed, and how."},
    {"file_export", KEYWORDS(file_export), "Copies a file or a folder to the host."},
    {"file_import", KEYWORDS(file_import), "Copies a file or a folder of the host into the box."},
    {NULL, NULL, 0, NULL},
};

int ext_files_init(PyObject *module)
{
    static PyStructSequence_Field fields[] = {
        {"path", NULL}, {"type", NULL}, {"bytes", NULL}, {"modified_ns", NULL}, {"writable", NULL}, {NULL, NULL},
    };
    static PyStructSequence_Field counts[] = {
        {"files", NULL}, {"folders", NULL}, {"links", NULL}, {"bytes", NULL}, {"skipped", NULL}, {NULL, NULL},
    };
    static PyStructSequence_Desc file = {"pybox._native.FileInfo", "What is at a path of a box.", fields, 5};
    static PyStructSequence_Desc copied = {"pybox._native.Copied", "What was copied out of a box, or into it.",
                                           counts, 5};
    file_type = ext_record_make(module, &file);
    copied_type = ext_record_make(module, &copied);
    return file_type != NULL && copied_type != NULL ? 0 : -1;
}
